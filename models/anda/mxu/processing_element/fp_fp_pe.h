// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_FP_FP_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_FP_FP_PE_H

#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

/// The FP-FP baseline element: FP16 activations × weights dequantised to FP16, accumulated in FP32. 16 cycles for the
/// elements that an Anda element takes in together, the throughput that makes the peaks of the paper's systems equal.
class FpFpPe : public ProcessingElement {
 public:
  static constexpr std::uint32_t cycles_per_group = 16;

  explicit FpFpPe(const MxuConfig& mxu) : lanes_(mxu.lanes_per_pe) {}

  std::uint32_t group_elements() const override { return lanes_; }
  std::uint32_t group_cycles(std::uint32_t) const override { return cycles_per_group; }
  ActivationFormat activation_format(std::uint32_t) const override { return {}; }
  bool compresses() const override { return false; }
  double scaling() const override { return lanes_ / published_lanes; }

 private:
  std::uint32_t lanes_;
};

}  // namespace anda

#endif
