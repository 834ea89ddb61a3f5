// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_ALIGNING_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_ALIGNING_PE_H

#include <anda/mxu/processing_element/fp16_pe.h>

namespace anda {

/// Common part of iFPU and FIGNA: every read aligns FP16 activations to the largest exponent of their group of
/// format.group_size elements along k; integer arithmetic multiplies them by INT weights.
class AligningPe : public Fp16Pe {
 public:
  std::unique_ptr<Arithmetic> arithmetic(const Arithmetic::Options& options) const override {
    return std::make_unique<AlignedArithmetic>(aligned_, options);
  }

 protected:
  /// `cycles` for lanes_per_pe elements, mantissas of `mantissa_bits` (1 … 24).
  AligningPe(const MxuConfig& mxu, const FormatConfig& format, std::uint32_t cycles, std::uint32_t mantissa_bits)
      : Fp16Pe(mxu, format, {cycles, true, false}), aligned_{format.group_size, mantissa_bits} {}

 private:
  GroupFormat aligned_;
};

}  // namespace anda

#endif
