// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_FP_INT_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_FP_INT_PE_H

#include <anda/mxu/processing_element/fp16_pe.h>

namespace anda {

/// FP16 activations × INT weights in a dedicated multiplier, accumulated sequentially in FP32 along a scale group,
/// whose sum is then scaled; no weight is dequantised.
class FpIntPe : public Fp16Pe {
 public:
  FpIntPe(const MxuConfig& mxu, const FormatConfig& format) : Fp16Pe(mxu, format, {16, false, false}) {}

  std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const override {
    return std::make_unique<FloatArithmetic>(WeightPanel::Kind::code, options);
  }
};

}  // namespace anda

#endif
