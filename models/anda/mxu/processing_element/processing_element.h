// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_PROCESSING_ELEMENT_H
#define ANDA_MXU_PROCESSING_ELEMENT_PROCESSING_ELEMENT_H

#include <array>
#include <cstdint>
#include <memory>

#include <anda/mxu/mxu_config.h>
#include <anda/numeric/activation_format.h>
#include <anda/numeric/arithmetic.h>
#include <anda/numeric/format_config.h>
#include <anda/numeric/weight_format.h>

namespace anda {

/// What the array has to know of the element it is built of. One implementation a file in this folder;
/// docs/processing_elements.md says how to add one.
class ProcessingElement {
 public:
  ProcessingElement(const MxuConfig& mxu, const FormatConfig& format);
  ProcessingElement(const ProcessingElement&) = delete;
  ProcessingElement& operator=(const ProcessingElement&) = delete;
  virtual ~ProcessingElement() = default;

  /// Elements along k that one pass of the element covers.
  virtual std::uint32_t group_elements() const = 0;

  /// Cycles of one pass over group_elements() elements whose tensor has this mantissa length, times weights of this
  /// width.
  virtual std::uint32_t group_cycles(std::uint32_t mantissa_bits, std::uint32_t weight_bits) const = 0;

  /// Whether zero points wait for the end of a group: the sum of its activations, which the elements of a row share,
  /// times the zero point is one more accumulate. Otherwise they are subtracted from the weights on their way in, which
  /// makes these a bit wider.
  virtual bool sums_activations() const = 0;

  /// Area and power of what sums a row's activations, as a multiple of the published element: its lanes for weights of
  /// one bit.
  virtual double sum_scaling() const = 0;

  /// Cycles of one pass times weights of a format, with what their zero points take.
  std::uint32_t pass_cycles(std::uint32_t mantissa_bits, const WeightFormat& weights) const {
    if (!weights.has_zero_points()) return group_cycles(mantissa_bits, weights.bits);
    if (!sums_activations()) return group_cycles(mantissa_bits, weights.bits + (dequantises() ? 0 : 1));
    return group_cycles(mantissa_bits, weights.bits) + zero_point_cycles_;
  }
  /// Of them, those in which the row's activations are summed.
  std::uint32_t summing_cycles(std::uint32_t mantissa_bits, const WeightFormat& weights) const {
    return weights.has_zero_points() && sums_activations() ? group_cycles(mantissa_bits, weights.bits) : 0;
  }

  /// How activations of this mantissa length lie in memory and buffers.
  virtual ActivationFormat activation_format(std::uint32_t mantissa_bits) const = 0;

  /// How those of an operand format (FormatConfig) do; FP16 for no number of one. Elements that take FP16 read them
  /// packed, bit-serial ones plane by plane.
  ActivationFormat encoded_format(std::uint32_t code) const {
    if (code == 0 || code > encoded_.size()) return {};
    ActivationFormat format = encoded_[code - 1];
    format.packed = takes_fp16();
    return format;
  }
  /// Whether activations are FP16 where nothing else is said, rather than Anda groups.
  bool takes_fp16() const { return activation_format(1).is_fp16(); }

  /// Whether it multiplies activations of a format: where it takes FP16, all that can be decoded to it; and those whose
  /// codes it multiplies as they are.
  bool takes(const ActivationFormat& format) const {
    return !format.is_encoded() || (group_elements() % format.group_size == 0 && (takes_fp16() || takes_codes(format)));
  }
  /// Whether they are decoded to FP16 on their way in.
  bool decodes(const ActivationFormat& format) const {
    return format.is_encoded() && takes_fp16() && !takes_codes(format);
  }

  /// Whether FP16 activations are converted to a shared exponent every time the array reads them.
  virtual bool converts_at_read() const = 0;

  /// Whether it multiplies its activations with a second operand of this format: integers up to the width that the
  /// array is built for, whose scales or exponents are those of whole groups, with zero points if the array has them;
  /// FP16, and what can be decoded to it, where it says so.
  virtual bool multiplies(const WeightFormat& format) const = 0;

  /// Whether weights become FP16(q · scale), or FP16(their number) where they are encoded, on their way in; such an
  /// element does not grow with the width of integers.
  virtual bool dequantises() const = 0;

  /// How the element computes, where real data moves.
  virtual std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const = 0;

  /// Whether results pass through the bit-plane compressor: where they become Anda groups, or an operand format.
  bool compresses() const { return !takes_fp16() || encodes_; }

  /// Area and power of the configured element as a multiple of the published one of its kind, which has
  /// published_lanes lanes for weights of published_weight_bits.
  virtual double scaling() const = 0;

  static constexpr double published_lanes = 64;
  static constexpr double published_weight_bits = 4;

  /// Whether encoded weights are decoded on their way in.
  bool decodes(const WeightFormat& weights) const { return weights.encoded && dequantises() && !multiplies_codes_; }

 protected:
  /// Whether it multiplies codes of activations as they are; a described element says so.
  virtual bool takes_codes(const ActivationFormat& format) const { return takes_codes_[format.code - 1]; }
  /// Of a described element: whether it says that it multiplies codes of the machine's format of weights as they are.
  bool multiplies_codes() const { return multiplies_codes_; }
  /// Whether the array subtracts zero points of integers that are not dequantised.
  bool takes_zero_points() const { return takes_zero_points_; }

 private:
  std::uint32_t zero_point_cycles_;
  bool multiplies_codes_;
  bool takes_zero_points_;
  bool encodes_;
  std::array<ActivationFormat, FormatConfig::activation_formats> encoded_;
  std::array<bool, FormatConfig::activation_formats> takes_codes_{};
};

std::unique_ptr<ProcessingElement> make_processing_element(const MxuConfig& mxu, const FormatConfig& format);

}  // namespace anda

#endif
