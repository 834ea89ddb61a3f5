// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/weight.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <anda/base/error.h>

namespace anda {
namespace {

/// Returns the largest magnitude of the weights that have a code: of either sign, but with 1 bit only negative ones.
double extent(const float* weights, std::size_t count, std::uint32_t bits) {
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double weight = weights[i];
    largest = std::max(largest, bits == 1 ? -weight : std::abs(weight));
  }
  return largest;
}

/// The codes that a scale group uses, the code of 0, and the step between adjacent codes.
struct Grid {
  Fp16 scale;
  double zero;
  double lowest;
  double highest;
};

// A double is precise enough that a quotient rounds to FP16 or to an integer as if rounded once: a quotient of a 24-bit
// by an 11-bit number that is not a tie is farther from one than 2^−53 of its magnitude.

Grid symmetric_grid(const float* weights, std::size_t count, std::uint32_t bits) {
  const double highest = bits == 1 ? 0 : (1 << (bits - 1)) - 1;
  const double lowest = bits == 1 ? -1 : -highest;
  return {to_fp16(extent(weights, count, bits) / -lowest), 0, lowest, highest};
}

Grid asymmetric_grid(const float* weights, std::size_t count, std::uint32_t bits) {
  double low = 0;
  double high = 0;
  for (std::size_t i = 0; i < count; ++i) {
    low = std::min(low, double{weights[i]});
    high = std::max(high, double{weights[i]});
  }
  const double most = (1 << bits) - 1;
  const Fp16 scale = to_fp16((high - low) / most);
  const double step = to_float(scale);
  const double zero = step == 0 ? 0 : std::clamp(std::nearbyint(-low / step), 0.0, most);
  const double offset = 1 << (bits - 1);
  return {scale, zero - offset, -offset, offset - 1};
}

}  // namespace

void check_format(const WeightFormat& format) {
  if (format.bits < 1 || format.bits > max_weight_bits) {
    throw Error::input("weight_bits is " + std::to_string(format.bits) + ", must be 1 … " +
                       std::to_string(max_weight_bits));
  }
  if (format.scale_group == 0) throw Error::input("scale_group is 0, must be at least 1");
  if (format.has_zero_points() && format.zero_bits != format.bits) {
    throw Error::input("zero points have " + std::to_string(format.zero_bits) + " bits, must have " +
                       std::to_string(format.bits) + " as the weights");
  }
}

std::uint64_t packed_weight_bytes(std::uint64_t count, std::uint32_t bits) { return (count * bits + 7) / 8; }

Fp16 scale_of_exponent(std::uint32_t exponent, std::uint32_t bits) {
  return to_fp16(std::ldexp(1.0, static_cast<int>(exponent) - 13 - static_cast<int>(bits)));
}

std::uint32_t exponent_of_scale(Fp16 scale, std::uint32_t bits) {
  int power = 0;
  std::frexp(to_float(scale), &power);  // 2^(power − 1)
  const int exponent = power + 12 + static_cast<int>(bits);
  if (exponent < 0 || exponent > 31 || scale != scale_of_exponent(static_cast<std::uint32_t>(exponent), bits)) {
    throw Error::input("scale " + std::to_string(to_float(scale)) + " is no power of two that a shared exponent has");
  }
  return static_cast<std::uint32_t>(exponent);
}

WeightColumn quantise(const std::vector<float>& weights, const WeightFormat& format) {
  check_format(format);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights[i])) throw Error::input("weight " + std::to_string(i) + " is not finite");
  }
  WeightColumn column;
  column.format = format;
  column.values.resize(weights.size());
  for (std::size_t first = 0; first < weights.size(); first += format.scale_group) {
    const std::size_t count = std::min<std::size_t>(format.scale_group, weights.size() - first);
    const Grid grid = format.has_zero_points() ? asymmetric_grid(&weights[first], count, format.bits)
                                               : symmetric_grid(&weights[first], count, format.bits);
    if (!grid.scale.is_finite()) {
      throw Error::input("weights " + std::to_string(first) + " … " + std::to_string(first + count - 1) +
                         " are too large: their scale is beyond 65504");
    }
    const double step = to_float(grid.scale);
    column.scales.push_back(grid.scale);
    if (format.has_zero_points()) column.zeros.push_back(static_cast<std::int8_t>(grid.zero));
    for (std::size_t i = first; i < first + count; ++i) {
      // A subnormal scale may have been rounded down so far that the quotient leaves the grid: clamp.
      const double quotient = step == 0 ? 0 : std::nearbyint(static_cast<double>(weights[i]) / step);
      column.values[i] = static_cast<std::int8_t>(std::clamp(quotient + grid.zero, grid.lowest, grid.highest));
    }
  }
  return column;
}

}  // namespace anda
