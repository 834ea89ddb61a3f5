// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/bit_plane_compressor.h>

#include <algorithm>

#include <anda/base/math.h>
#include <anda/numeric/panel_codec.h>

namespace anda {

BitPlaneCompressor::BitPlaneCompressor(sc_core::sc_module_name name, const CompressorConfig& config)
    : sc_module(name), config_(config) {
  counters_.add("compressor.groups", "groups", "groups of results converted to Anda", groups_);
  counters_.add("compressor.planes", "planes", "group planes put out, sign planes included", planes_);
}

std::uint64_t BitPlaneCompressor::cycles(std::uint64_t values, const ActivationFormat& format) const {
  const std::uint64_t in = intake_cycles(values);
  const std::uint64_t out =
      ceil_div(values * (format.mantissa_bits + 1), std::uint64_t{format.group_size} * config_.lanes);
  return std::max(in, out);
}

std::size_t BitPlaneCompressor::compress(Fp16* values, std::size_t rows, std::size_t columns,
                                         const ActivationFormat& format, std::uint8_t* bytes,
                                         NonFiniteCounts& saturated, std::uint64_t& zeroed) const {
  const std::size_t count = rows * columns;
  std::size_t first = count;
  for (std::size_t i = 0; i < count; ++i) {
    if (values[i].is_finite()) continue;
    first = std::min(first, i);
    values[i] = make_finite(values[i], NonFinite::saturate, {}, 0, saturated);
  }
  EncodingLoss loss;
  pack_activations(values, columns, rows, columns, format, bytes, loss);
  zeroed += loss.zeroed;
  return first;
}

}  // namespace anda
