// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_IFPU_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_IFPU_PE_H

#include <anda/mxu/processing_element/aligning_pe.h>

namespace anda {

/// iFPU: mantissas of 24 bits, accumulated for one weight bit after another; the integer sums do not depend on their
/// order.
class IfpuPe : public AligningPe {
 public:
  explicit IfpuPe(const MxuConfig& mxu, const FormatConfig& format) : AligningPe(mxu, format, 16, 24) {}
};

}  // namespace anda

#endif
