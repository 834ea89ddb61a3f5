// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/processing_element/processing_element.h>

#include <anda/mxu/processing_element/anda_pe.h>
#include <anda/mxu/processing_element/figna_pe.h>
#include <anda/mxu/processing_element/fp_fp_pe.h>
#include <anda/mxu/processing_element/fp_int_pe.h>
#include <anda/mxu/processing_element/ifpu_pe.h>

namespace anda {

// A line for each kind: the compiler says which one is missing.
std::unique_ptr<ProcessingElement> make_processing_element(const MxuConfig& mxu, const FormatConfig& format) {
  switch (mxu.processing_element) {
    // clang-format off
    case PeKind::fp_fp:     return std::make_unique<FpFpPe>(mxu);
    case PeKind::fp_int:    return std::make_unique<FpIntPe>(mxu);
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
