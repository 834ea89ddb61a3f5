// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_FIGNA_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_FIGNA_PE_H

#include <anda/mxu/processing_element/aligning_pe.h>

namespace anda {

/// FIGNA: mantissas of 13 bits, all bits of a weight at once.
class FignaPe : public AligningPe {
 public:
  explicit FignaPe(const MxuConfig& mxu, const FormatConfig& format) : AligningPe(mxu, format, 16, 13) {}
};

/// FIGNA with mantissas of 11 bits, one cycle per bit.
class FignaM11Pe : public AligningPe {
 public:
  explicit FignaM11Pe(const MxuConfig& mxu, const FormatConfig& format) : AligningPe(mxu, format, 11, 11) {}
};

/// FIGNA with mantissas of 8 bits, one cycle per bit.
class FignaM8Pe : public AligningPe {
 public:
  explicit FignaM8Pe(const MxuConfig& mxu, const FormatConfig& format) : AligningPe(mxu, format, 8, 8) {}
};

}  // namespace anda

#endif
