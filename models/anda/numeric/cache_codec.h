// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_CACHE_CODEC_H
#define ANDA_NUMERIC_CACHE_CODEC_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/cache_format.h>
#include <anda/numeric/fp16.h>

namespace anda {

// Encodes the keys or the values of one head in the formats of a key/value cache. A group is
//
//   integer  scale = FP16(max|x| / qmax), q = clamp(RNE(x / scale), −qmax, qmax), qmax = 2^(bits − 1) − 1, as for
//            weights; an element is FP32(q · scale). A group whose scale rounds to 0 is all 0.
//   anda     sign and a mantissa of bits − 1 bits under the largest exponent, truncated as for activations
//
// and runs along the head (axis token; the last group of a token may be shorter) or along the tokens (axis channel;
// tokens after the last whole group are FP16).

/// Encodes a group of finite numbers as integers; returns its scale.
Fp16 encode_integers(const Fp16* group, std::size_t count, std::uint32_t bits, std::int32_t* codes);
/// Encodes a group of finite numbers as signed Anda mantissas of at most 8 bits; returns the power of two that scales
/// them.
Fp16 encode_mantissas(const Fp16* group, std::size_t count, std::uint32_t bits, std::int32_t* codes);

/// Element i of token t lies at values[t · stride + i].
struct CacheShape {
  std::size_t tokens = 0;
  std::size_t head_dim = 0;
  std::size_t stride = 0;
};

/// Throws Error::input for a width outside 2 … 16 or a group size that is not a multiple of 8 in 8 … 256.
void check_format(const CacheFormat& format);

/// Returns format.bytes(tokens, head_dim) bytes: a little-endian bit stream of the groups, token by token along the
/// head (axis token), or by groups of tokens and channel by channel within each (axis channel). A group holds its
/// elements, in two's complement or as a mantissa below its sign, then the scale (16 bits) or the exponent (5 bits).
/// The stream is padded to whole bytes; FP16 tokens follow. Throws Error::input for a value that is not finite, with
/// its token and element.
std::vector<std::uint8_t> encode_cache(const Fp16* values, const CacheShape& shape, const CacheFormat& format);

/// Decodes the output of encode_cache() to [tokens × head_dim], without gaps. Throws Error::input for a wrong number of
/// bytes.
std::vector<float> decode_cache(const std::vector<std::uint8_t>& bytes, std::size_t tokens, std::size_t head_dim,
                                const CacheFormat& format);

/// Rounds in place to FP16 and then bit for bit as encode_cache() and decode_cache() do. Returns tokens · head_dim, or
/// the index token · head_dim + element of the first value that FP16 cannot hold (NaN, 65520 and above); the values are
/// then undefined.
std::size_t round_cache(float* values, const CacheShape& shape, const CacheFormat& format);

}  // namespace anda

#endif
