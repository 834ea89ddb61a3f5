// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/bit_plane_compressor.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

BitPlaneCompressor::BitPlaneCompressor(sc_core::sc_module_name name, const CompressorConfig& config)
    : sc_module(name), config_(config) {
  counters_.add("compressor.groups", "groups", "groups of results converted to Anda", groups_);
  counters_.add("compressor.planes", "planes", "group planes put out, sign planes included", planes_);
}

std::uint64_t BitPlaneCompressor::cycles(std::uint64_t values, const ActivationFormat& format) const {
  const std::uint64_t in = ceil_div(values, config_.values_per_cycle);
  const std::uint64_t out =
      ceil_div(values * (format.mantissa_bits + 1), std::uint64_t{format.group_size} * config_.lanes);
  return std::max(in, out);
}

}  // namespace anda
