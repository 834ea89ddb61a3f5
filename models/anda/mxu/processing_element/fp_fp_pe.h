// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_FP_FP_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_FP_FP_PE_H

#include <anda/mxu/processing_element/fp16_pe.h>

namespace anda {

/// FP16 activations × weights dequantised to FP16, accumulated sequentially along k in FP32.
class FpFpPe : public Fp16Pe {
 public:
  FpFpPe(const MxuConfig& mxu, const FormatConfig& format) : Fp16Pe(mxu, format, {16, false, true}) {}

  std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const override {
    return std::make_unique<FloatArithmetic>(WeightPanel::Kind::fp16, options);
  }
};

}  // namespace anda

#endif
