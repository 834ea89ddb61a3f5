// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/serial_aligner.h>

#include <string>

namespace anda {

SerialAligner::SerialAligner(const Fp16* values, std::size_t count) {
  if (count < min_group_size || count > max_group_size) {
    throw Error::input("a compressor lane takes " + std::to_string(min_group_size) + " … " +
                       std::to_string(max_group_size) + " values, not " + std::to_string(count));
  }
  exponent_ = anda::shared_exponent(values, count);
  elements_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!values[i].is_finite()) {
      throw Error::input("value " + std::to_string(i) + " of the group at the aligner is not finite");
    }
    if (values[i].negative()) sign_.set(i);
    elements_.push_back({exponent_ - values[i].effective_exponent(), values[i].significand()});
  }
}

BitPlane SerialAligner::step() {
  BitPlane plane;
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    Element& element = elements_[i];
    if (element.wait > 0) {
      --element.wait;
      continue;
    }
    if ((element.significand & 0x400u) != 0) plane.set(i);
    element.significand = (element.significand << 1) & 0x7FFu;
  }
  return plane;
}

PlaneGroup SerialAligner::run(std::uint32_t mantissa_bits) {
  PlaneGroup result;
  result.group_size = static_cast<std::uint32_t>(elements_.size());
  result.exponent = exponent_;
  result.sign = sign_;
  result.planes.reserve(mantissa_bits);
  for (std::uint32_t p = 0; p < mantissa_bits; ++p) result.planes.push_back(step());
  return result;
}

}  // namespace anda
