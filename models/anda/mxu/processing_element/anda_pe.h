// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_ANDA_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_ANDA_PE_H

#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

/// The bit-serial Anda element (APU): multiplies one bit plane of a group by the group's weights per cycle, the sign
/// plane first, which takes M + 1 cycles per group. A group wider than the lanes takes several passes; a narrower one
/// leaves lanes idle.
class AndaPe : public ProcessingElement {
 public:
  AndaPe(const MxuConfig& mxu, const FormatConfig& format)
      : ProcessingElement(mxu, format),
        group_size_(format.group_size),
        weight_bits_(mxu.weight_bits),
        passes_(static_cast<std::uint32_t>(ceil_div(format.group_size, mxu.lanes_per_pe))),
        scaling_(mxu.lanes_per_pe / published_lanes * (mxu.weight_bits / published_weight_bits)),
        sum_scaling_(mxu.lanes_per_pe / published_lanes / published_weight_bits) {}

  std::uint32_t group_elements() const override { return group_size_; }
  std::uint32_t group_cycles(std::uint32_t mantissa_bits, std::uint32_t) const override {
    return (mantissa_bits + 1) * passes_;
  }
  ActivationFormat activation_format(std::uint32_t mantissa_bits) const override {
    return {mantissa_bits, group_size_};
  }
  bool converts_at_read() const override { return false; }
  bool multiplies(const WeightFormat& format) const override {
    if (format.encoded) return multiplies_codes();
    return format.bits >= 1 && format.bits <= weight_bits_ && format.is_scaled() &&
           format.scale_group % group_size_ == 0 && (takes_zero_points() || !format.has_zero_points());
  }
  bool dequantises() const override { return false; }
  std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const override {
    return std::make_unique<PlaneArithmetic>(group_size_, options);
  }
  bool sums_activations() const override { return true; }
  double scaling() const override { return scaling_; }
  double sum_scaling() const override { return sum_scaling_; }

 protected:
  /// Groups of the machine's group size whose codes are integers scaled by a power of two are planes like any others.
  bool takes_codes(const ActivationFormat& format) const override {
    return ProcessingElement::takes_codes(format) ||
           (format.group_size == group_size_ && has_integer_mantissas(*format.operand));
  }
  std::uint32_t passes() const { return passes_; }

 private:
  std::uint32_t group_size_;
  std::uint32_t weight_bits_;
  std::uint32_t passes_;
  double scaling_;
  double sum_scaling_;
};

}  // namespace anda

#endif
