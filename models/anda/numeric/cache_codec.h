// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_CACHE_CODEC_H
#define ANDA_NUMERIC_CACHE_CODEC_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/cache_format.h>
#include <anda/numeric/fp16.h>

namespace anda {

// The keys, or the values, of one head in the formats of a key/value cache. A group is
//
//   integer  scale = FP16(max|x| / qmax), q = clamp(RNE(x / scale), −qmax, qmax), qmax = 2^(bits − 1) − 1, as for
//            weights; an element is FP32(q · scale). A group whose scale rounds to 0 is all 0.
//   anda     sign and a mantissa of bits − 1 bits under the largest exponent, cut off as for activations
//
// and lies along the head (axis token; the last group of a token may be shorter) or along the tokens (axis channel;
// tokens after the last whole group are FP16).

/// The codes of a group of finite numbers as integers; returns its scale.
Fp16 encode_integers(const Fp16* group, std::size_t count, std::uint32_t bits, std::int32_t* codes);
/// The mantissas of an Anda group with their signs; returns the power of two that they are multiples of. At most 8
/// bits.
Fp16 encode_mantissas(const Fp16* group, std::size_t count, std::uint32_t bits, std::int32_t* codes);

/// Element i of token t lies at values[t · stride + i].
struct CacheShape {
  std::size_t tokens = 0;
  std::size_t head_dim = 0;
  std::size_t stride = 0;
};

/// Error::input for a width outside 2 … 16 or a group that is no multiple of 8 in 8 … 256.
void check_format(const CacheFormat& format);

/// format.bytes(tokens, head_dim) bytes: a little-endian bit stream of the groups, token after token and along the head
/// (axis token), or group of tokens after group of tokens and in each channel after channel (axis channel). A group is
/// its elements, two's complement or the mantissa below its sign, then the scale (16 bits) or the exponent (5 bits). It
/// is filled up to whole bytes; FP16 tokens follow. Error::input for a value that is not finite, with its token and
/// element.
std::vector<std::uint8_t> encode_cache(const Fp16* values, const CacheShape& shape, const CacheFormat& format);

/// What encode_cache() has left, [tokens × head_dim] without gaps. Error::input for another number of bytes.
std::vector<float> decode_cache(const std::vector<std::uint8_t>& bytes, std::size_t tokens, std::size_t head_dim,
                                const CacheFormat& format);

/// Rounds in place to FP16 and then as encode_cache() and decode_cache() do, with the same bits. Returns tokens ·
/// head_dim, or the index token · head_dim + element of the first value that FP16 does not hold (NaN, 65520 and
/// above); the values then have no meaning.
std::size_t round_cache(float* values, const CacheShape& shape, const CacheFormat& format);

}  // namespace anda

#endif
