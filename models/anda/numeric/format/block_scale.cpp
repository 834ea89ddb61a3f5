// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/format/block_scale.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include <anda/base/error.h>
#include <anda/numeric/fp16.h>

namespace anda {

std::uint32_t power_code(int e) { return static_cast<std::uint32_t>(std::clamp(e, least_power, most_power) + 127); }

double power_of(std::uint32_t code) {
  if (code == nan_power) return std::numeric_limits<double>::quiet_NaN();
  return std::ldexp(1.0, static_cast<int>(code) - 127);
}

std::uint32_t scale_code(double scale, ScaleType type, bool up) {
  if (type == ScaleType::power_of_two) {
    if (scale == 0) return power_code(least_power);
    const double power = std::log2(scale);
    return power_code(static_cast<int>(up ? std::ceil(power) : std::nearbyint(power)));
  }
  if (type == ScaleType::fp32) {
    const auto single = static_cast<float>(scale);
    if (!std::isfinite(single)) throw Error::input("the scale of a group is beyond FP32");
    std::uint32_t code = 0;
    std::memcpy(&code, &single, sizeof code);
    return code;
  }
  const Fp16 half = to_fp16(scale);
  if (!half.is_finite()) throw Error::input("the scale of a group is beyond 65504, which FP16 cannot represent");
  return half.bits;
}

double scale_of(std::uint32_t code, ScaleType type) {
  if (type == ScaleType::power_of_two) return power_of(code);
  if (type == ScaleType::fp16) return to_float(Fp16{static_cast<std::uint16_t>(code)});
  float single = 0;
  std::memcpy(&single, &code, sizeof single);
  return single;
}

double largest_of(const float* values, std::size_t count) {
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(values[i])) {
      throw Error::input("value " + std::to_string(i) +
                         " of a group is NaN or infinite, which the format has no code for");
    }
    largest = std::max(largest, std::abs(double{values[i]}));
  }
  return largest;
}

}  // namespace anda
