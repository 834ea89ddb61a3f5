// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/processing_element/processing_element.h>

#include <anda/mxu/processing_element/anda_pe.h>
#include <anda/mxu/processing_element/described_pe.h>
#include <anda/mxu/processing_element/figna_pe.h>
#include <anda/mxu/processing_element/fp_fp_pe.h>
#include <anda/mxu/processing_element/fp_int_pe.h>
#include <anda/mxu/processing_element/ifpu_pe.h>

namespace anda {

ProcessingElement::ProcessingElement(const MxuConfig& mxu, const FormatConfig& format)
    : zero_point_cycles_(mxu.zero_point_cycles),
      multiplies_codes_(mxu.processing_element.section() && format.weights.section() &&
                        mxu.processing_element.section()->takes_weights(format.weights.name())),
      takes_zero_points_(format.has_zero_points()),
      encodes_(format.encodes_activations()) {
  const auto& described = mxu.processing_element.section();
  for (std::uint32_t i = 0; i < encoded_.size(); ++i) {
    encoded_[i] = format.activations_of(i + 1);
    const OperandFormat* const operand = encoded_[i].operand;
    takes_codes_[i] = described && operand != nullptr && described->takes_activations(operand->description().name);
  }
}

namespace {

std::unique_ptr<ProcessingElement> make_described(const MxuConfig& mxu, const FormatConfig& format,
                                                  const ElementConfig& element) {
  switch (element.family()) {
    case ElementFamily::floating:
    case ElementFamily::floating_int:
      return std::make_unique<DescribedFloatingPe>(mxu, format, element);
    case ElementFamily::aligning:
      return std::make_unique<DescribedAligningPe>(mxu, format, element);
    case ElementFamily::serial_activations:
      return std::make_unique<SerialActivationsPe>(mxu, format, element);
    case ElementFamily::serial_weights:
      return std::make_unique<SerialWeightsPe>(mxu, format, element);
    case ElementFamily::serial_both:
      return std::make_unique<SerialBothPe>(mxu, format, element);
  }
  return nullptr;
}

}  // namespace

// One line per kind; the compiler reports a missing one.
std::unique_ptr<ProcessingElement> make_processing_element(const MxuConfig& mxu, const FormatConfig& format) {
  if (const auto& described = mxu.processing_element.section()) return make_described(mxu, format, *described);
  switch (mxu.processing_element.word()) {
    // clang-format off
    case PeKind::fp_fp:     return std::make_unique<FpFpPe>(mxu, format);
    case PeKind::fp_int:    return std::make_unique<FpIntPe>(mxu, format);
    case PeKind::ifpu:      return std::make_unique<IfpuPe>(mxu, format);
    case PeKind::figna:     return std::make_unique<FignaPe>(mxu, format);
    case PeKind::figna_m11: return std::make_unique<FignaM11Pe>(mxu, format);
    case PeKind::figna_m8:  return std::make_unique<FignaM8Pe>(mxu, format);
    case PeKind::anda:      return std::make_unique<AndaPe>(mxu, format);
      // clang-format on
  }
  return nullptr;
}

}  // namespace anda
