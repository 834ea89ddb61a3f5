// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_ROUNDER_H
#define ANDA_NUMERIC_FORMAT_ROUNDER_H

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <anda/numeric/format/format_description.h>

namespace anda {

/// Rounds the numbers of a block to integers. A stochastic draw depends only on the seed, the block's values and the
/// position in it: it is the same on every machine, in any order and with any number of threads.
class Rounder {
 public:
  Rounder(const FormatDescription& format, const float* values, std::size_t count)
      : rounding_(format.rounding), state_(format.seed) {
    if (rounding_ != FormatRounding::stochastic) return;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &values[i], sizeof bits);
      state_ = mixed(state_ ^ bits);
    }
  }

  double operator()(double value, std::size_t place) const {
    if (rounding_ == FormatRounding::nearest) {
      // Same result as std::nearbyint(), without a call: above 2^52 a double has no fraction to round.
      constexpr double no_fraction = 0x1p52;
      const double size = std::abs(value);
      return size < no_fraction ? std::copysign((size + no_fraction) - no_fraction, value) : value;
    }
    const double whole = std::trunc(value);
    if (rounding_ == FormatRounding::truncate) return whole;
    constexpr double unit = 0x1p-53;
    const double draw = static_cast<double>(mixed(state_ + (place + 1) * step) >> 11) * unit;
    return draw < std::abs(value - whole) ? whole + std::copysign(1.0, value) : whole;
  }

 private:
  static constexpr std::uint64_t step = 0x9E3779B97F4A7C15u;

  /// SplitMix64.
  static std::uint64_t mixed(std::uint64_t x) {
    x += step;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
  }

  FormatRounding rounding_;
  std::uint64_t state_;
};

}  // namespace anda

#endif
