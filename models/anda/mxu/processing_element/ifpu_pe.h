// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_IFPU_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_IFPU_PE_H

#include <anda/mxu/processing_element/fp16_pe.h>

namespace anda {

/// iFPU: activations are aligned to the largest exponent of the group at every read, with mantissas of 24 bits, and
/// added under one bit of the weights after another.
class IfpuPe : public Fp16Pe {
 public:
  explicit IfpuPe(const MxuConfig& mxu) : Fp16Pe(mxu, {16, true, true}) {}
};

}  // namespace anda

#endif
