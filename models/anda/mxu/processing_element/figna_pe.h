// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_FIGNA_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_FIGNA_PE_H

#include <anda/mxu/processing_element/fp16_pe.h>

namespace anda {

/// FIGNA: activations are aligned to the largest exponent of the group at every read, with mantissas of 13 bits, and
/// multiplied by INT weights in integer arithmetic.
class FignaPe : public Fp16Pe {
 public:
  explicit FignaPe(const MxuConfig& mxu) : Fp16Pe(mxu, {16, true, true}) {}
};

/// FIGNA with mantissas of 11 bits, a cycle for each.
class FignaM11Pe : public Fp16Pe {
 public:
  explicit FignaM11Pe(const MxuConfig& mxu) : Fp16Pe(mxu, {11, true, true}) {}
};

/// FIGNA with mantissas of 8 bits, a cycle for each.
class FignaM8Pe : public Fp16Pe {
 public:
  explicit FignaM8Pe(const MxuConfig& mxu) : Fp16Pe(mxu, {8, true, true}) {}
};

}  // namespace anda

#endif
