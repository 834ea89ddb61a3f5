// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_WEIGHT_FORMAT_H
#define ANDA_NUMERIC_WEIGHT_FORMAT_H

#include <cstdint>

#include <anda/base/math.h>

namespace anda {

inline constexpr std::uint32_t max_weight_bits = 8;

/// Weights are two's complement integers of `bits` (1 … 8), −2^(bits−1) … 2^(bits−1) − 1, with one FP16 scale per
/// `scale_group` consecutive weights along K; the last scale group may be shorter.
struct WeightFormat {
  std::uint32_t bits = 4;
  std::uint32_t scale_group = 128;

  /// Bytes of k × columns packed weights with their scales.
  std::uint64_t bytes(std::uint64_t k, std::uint64_t columns) const {
    return ceil_div(k * columns * bits, 8) + ceil_div(k, scale_group) * columns * 2;
  }
};

}  // namespace anda

#endif
