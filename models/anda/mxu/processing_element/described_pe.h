// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_DESCRIBED_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_DESCRIBED_PE_H

#include <anda/base/element.h>
#include <anda/mxu/processing_element/aligning_pe.h>
#include <anda/mxu/processing_element/anda_pe.h>

namespace anda {

// Elements described by a configuration (ElementConfig), one class per method of multiplication.

/// FP16 activations × weights dequantised to FP16, or used as integers directly.
class DescribedFloatingPe : public Fp16Pe {
 public:
  DescribedFloatingPe(const MxuConfig& mxu, const FormatConfig& format, const ElementConfig& element)
      : Fp16Pe(mxu, format, {element.own_cycles(), false, element.family() == ElementFamily::floating}) {}

  std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const override {
    const auto kind = dequantises() ? WeightPanel::Kind::fp16 : WeightPanel::Kind::code;
    return std::make_unique<FloatArithmetic>(kind, options);
  }
};

/// FP16 activations aligned at every read × all bits of an integer at once.
class DescribedAligningPe : public AligningPe {
 public:
  DescribedAligningPe(const MxuConfig& mxu, const FormatConfig& format, const ElementConfig& element)
      : AligningPe(mxu, format, element.own_cycles(), element.own_mantissa_bits()) {}
};

/// Some bits of the weights in each step; activations are aligned at every read, or multiplied as FP16. Wider weights
/// take more time, not more area.
class SerialWeightsPe : public Fp16Pe {
 public:
  SerialWeightsPe(const MxuConfig& mxu, const FormatConfig& format, const ElementConfig& element)
      : Fp16Pe(mxu, format, {element.own_cycles(), element.own_mantissa_bits() != 0, false}),
        bits_per_step_(element.own_bits_per_step()),
        aligned_{format.group_size, element.own_mantissa_bits()},
        scaling_(mxu.lanes_per_pe / published_lanes) {}

  std::uint32_t group_cycles(std::uint32_t mantissa_bits, std::uint32_t weight_bits) const override {
    const auto steps = static_cast<std::uint32_t>(ceil_div(weight_bits, bits_per_step_));
    return Fp16Pe::group_cycles(mantissa_bits, weight_bits) * steps;
  }
  std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const override {
    if (converts_at_read()) return std::make_unique<AlignedArithmetic>(aligned_, options);
    return std::make_unique<FloatArithmetic>(WeightPanel::Kind::code, options);
  }
  double scaling() const override { return scaling_; }
  double sum_scaling() const override { return scaling_ / bits_per_step_; }

 private:
  std::uint32_t bits_per_step_;
  GroupFormat aligned_;
  double scaling_;
};

/// Some planes of Anda groups in each step × all bits of the weights at once.
class SerialActivationsPe : public AndaPe {
 public:
  SerialActivationsPe(const MxuConfig& mxu, const FormatConfig& format, const ElementConfig& element)
      : AndaPe(mxu, format), planes_per_step_(element.own_bits_per_step()), cycles_(element.own_cycles()) {}

  std::uint32_t group_cycles(std::uint32_t mantissa_bits, std::uint32_t) const override {
    return static_cast<std::uint32_t>(ceil_div(mantissa_bits + 1, planes_per_step_)) * cycles_ * passes();
  }

 private:
  std::uint32_t planes_per_step_;
  std::uint32_t cycles_;
};

/// A plane of Anda groups × some bits of the weights in each step. Wider weights do not take more area.
class SerialBothPe : public AndaPe {
 public:
  SerialBothPe(const MxuConfig& mxu, const FormatConfig& format, const ElementConfig& element)
      : AndaPe(mxu, format),
        bits_per_step_(element.own_bits_per_step()),
        cycles_(element.own_cycles()),
        scaling_(mxu.lanes_per_pe / published_lanes) {}

  std::uint32_t group_cycles(std::uint32_t mantissa_bits, std::uint32_t weight_bits) const override {
    const auto steps = static_cast<std::uint32_t>(ceil_div(weight_bits, bits_per_step_));
    return AndaPe::group_cycles(mantissa_bits, weight_bits) * steps * cycles_;
  }
  double scaling() const override { return scaling_; }
  double sum_scaling() const override { return scaling_ / bits_per_step_; }

 private:
  std::uint32_t bits_per_step_;
  std::uint32_t cycles_;
  double scaling_;
};

}  // namespace anda

#endif
