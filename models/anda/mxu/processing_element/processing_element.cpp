// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/processing_element/processing_element.h>

#include <anda/mxu/processing_element/anda_pe.h>
#include <anda/mxu/processing_element/fp_fp_pe.h>

namespace anda {

std::unique_ptr<ProcessingElement> make_processing_element(const MxuConfig& mxu, const FormatConfig& format) {
  switch (mxu.processing_element) {
    case PeKind::fp_fp:
      return std::make_unique<FpFpPe>(mxu);
    case PeKind::anda:
      return std::make_unique<AndaPe>(mxu, format);
  }
  return nullptr;
}

}  // namespace anda
