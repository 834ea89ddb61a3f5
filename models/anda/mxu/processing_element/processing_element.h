// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_PROCESSING_ELEMENT_H
#define ANDA_MXU_PROCESSING_ELEMENT_PROCESSING_ELEMENT_H

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
  ProcessingElement() = default;
  ProcessingElement(const ProcessingElement&) = delete;
  ProcessingElement& operator=(const ProcessingElement&) = delete;
  virtual ~ProcessingElement() = default;

  /// Elements along k that one pass of the element covers.
  virtual std::uint32_t group_elements() const = 0;

  /// Cycles of one pass over group_elements() elements whose tensor has this mantissa length, times weights of this
  /// width.
  virtual std::uint32_t group_cycles(std::uint32_t mantissa_bits, std::uint32_t weight_bits) const = 0;

  /// How activations of this mantissa length lie in memory and buffers.
  virtual ActivationFormat activation_format(std::uint32_t mantissa_bits) const = 0;

  /// Whether FP16 activations are converted to a shared exponent every time the array reads them.
  virtual bool converts_at_read() const = 0;

  /// Whether it multiplies its activations with a second operand of this format: integers up to the width that the
  /// array is built for, whose scales or exponents are those of whole groups; FP16 where it says so.
  virtual bool multiplies(const WeightFormat& format) const = 0;

  /// Whether weights become FP16(q · scale) on their way in; such an element does not grow with the width of integers.
  virtual bool dequantises() const = 0;

  /// How the element computes, where real data moves.
  virtual std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const = 0;

  /// Whether results pass through the bit-plane compressor.
  virtual bool compresses() const = 0;

  /// Area and power of the configured element as a multiple of the published one of its kind, which has
  /// published_lanes lanes for weights of published_weight_bits.
  virtual double scaling() const = 0;

  static constexpr double published_lanes = 64;
  static constexpr double published_weight_bits = 4;
};

std::unique_ptr<ProcessingElement> make_processing_element(const MxuConfig& mxu, const FormatConfig& format);

}  // namespace anda

#endif
