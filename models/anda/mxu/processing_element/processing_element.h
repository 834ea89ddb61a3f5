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

/// Interface between the array and its type of element. Each implementation has a file in this folder;
/// docs/processing_elements.md explains how to add one.
class ProcessingElement {
 public:
  ProcessingElement(const MxuConfig& mxu, const FormatConfig& format);
  ProcessingElement(const ProcessingElement&) = delete;
  ProcessingElement& operator=(const ProcessingElement&) = delete;
  virtual ~ProcessingElement() = default;

  /// Elements along k covered by one pass.
  virtual std::uint32_t group_elements() const = 0;

  /// Cycles of one pass over group_elements() elements of a tensor with this mantissa length, times weights of this
  /// width.
  virtual std::uint32_t group_cycles(std::uint32_t mantissa_bits, std::uint32_t weight_bits) const = 0;

  /// Whether zero points are applied at the end of a group: the sum of its activations, which the elements of a row
  /// share, times the zero point is one more accumulate. Otherwise the weights have their zero points subtracted as
  /// they enter, which makes them one bit wider.
  virtual bool sums_activations() const = 0;

  /// Area and power of the logic that sums a row's activations, as a multiple of the published element: its lanes with
  /// weights of one bit.
  virtual double sum_scaling() const = 0;

  /// Cycles of one pass with weights of a format, including the work for their zero points.
  std::uint32_t pass_cycles(std::uint32_t mantissa_bits, const WeightFormat& weights) const {
    if (!weights.has_zero_points()) return group_cycles(mantissa_bits, weights.bits);
    if (!sums_activations()) return group_cycles(mantissa_bits, weights.bits + (dequantises() ? 0 : 1));
    return group_cycles(mantissa_bits, weights.bits) + zero_point_cycles_;
  }
  /// The part of these cycles in which the row's activations are summed.
  std::uint32_t summing_cycles(std::uint32_t mantissa_bits, const WeightFormat& weights) const {
    return weights.has_zero_points() && sums_activations() ? group_cycles(mantissa_bits, weights.bits) : 0;
  }

  /// Storage format of activations of this mantissa length in memory and buffers.
  virtual ActivationFormat activation_format(std::uint32_t mantissa_bits) const = 0;

  /// Storage format of activations of operand format number `code` (FormatConfig); FP16 if there is no such number.
  /// Elements that take FP16 read the codes packed, bit-serial ones plane by plane.
  ActivationFormat encoded_format(std::uint32_t code) const {
    if (code == 0 || code > encoded_.size()) return {};
    ActivationFormat format = encoded_[code - 1];
    format.packed = takes_fp16();
    return format;
  }
  /// Whether activations are FP16 by default, rather than Anda groups.
  bool takes_fp16() const { return activation_format(1).is_fp16(); }

  /// Whether it accepts activations of a format: elements that take FP16 accept everything that can be decoded to it;
  /// all accept the formats whose codes they multiply directly.
  bool takes(const ActivationFormat& format) const {
    return !format.is_encoded() || (group_elements() % format.group_size == 0 && (takes_fp16() || takes_codes(format)));
  }
  /// Whether activations of a format are decoded to FP16 as they enter.
  bool decodes(const ActivationFormat& format) const {
    return format.is_encoded() && takes_fp16() && !takes_codes(format);
  }

  /// Whether FP16 activations are converted to a shared exponent every time the array reads them.
  virtual bool converts_at_read() const = 0;

  /// Whether it multiplies its activations by a second operand of this format: integers up to the array's width whose
  /// scales or exponents apply to whole groups, with zero points if the array supports them; FP16, and formats that
  /// decode to it, if the element accepts them.
  virtual bool multiplies(const WeightFormat& format) const = 0;

  /// Whether weights are converted to FP16(q · scale), or encoded weights to FP16(value), as they enter; the area of
  /// such an element does not grow with the integer width.
  virtual bool dequantises() const = 0;

  /// The element's arithmetic, for functional simulations.
  virtual std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const = 0;

  /// Whether results pass through the bit-plane compressor to become Anda groups or an operand format.
  bool compresses() const { return !takes_fp16() || encodes_; }

  /// Area and power of the configured element as a multiple of the published one of its kind, which has published_lanes
  /// lanes for weights of published_weight_bits.
  virtual double scaling() const = 0;

  static constexpr double published_lanes = 64;
  static constexpr double published_weight_bits = 4;

  /// Whether encoded weights are decoded as they enter.
  bool decodes(const WeightFormat& weights) const { return weights.encoded && dequantises() && !multiplies_codes_; }

 protected:
  /// Whether it multiplies the codes of an activation format directly; described elements declare this.
  virtual bool takes_codes(const ActivationFormat& format) const { return takes_codes_[format.code - 1]; }
  /// Whether a described element declares that it multiplies the codes of the machine's weight format directly.
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
