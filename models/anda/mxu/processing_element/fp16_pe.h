// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_PROCESSING_ELEMENT_FP16_PE_H
#define ANDA_MXU_PROCESSING_ELEMENT_FP16_PE_H

#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

/// Common part of the baselines: FP16 activations in memory and buffers, FP16 results without a compressor, and a fixed
/// number of cycles for the elements along k that an Anda element processes in parallel. With 16 cycles, all systems
/// have the same peak throughput.
class Fp16Pe : public ProcessingElement {
 public:
  std::uint32_t group_elements() const override { return lanes_; }
  std::uint32_t group_cycles(std::uint32_t, std::uint32_t) const override { return cycles_; }
  ActivationFormat activation_format(std::uint32_t) const override { return {}; }
  bool converts_at_read() const override { return converts_at_read_; }
  /// An element that dequantises its weights also accepts FP16 weights.
  bool multiplies(const WeightFormat& format) const override {
    if (format.encoded) return dequantises_ || multiplies_codes();
    if (format.is_fp16() && format.scale_bits == 0) return dequantises_;
    return format.bits >= 1 && format.bits <= (dequantises_ ? max_weight_bits : weight_bits_) && format.is_scaled() &&
           (dequantises_ || takes_zero_points() || !format.has_zero_points());
  }
  bool dequantises() const override { return dequantises_; }
  bool sums_activations() const override { return converts_at_read_; }
  double scaling() const override { return scaling_; }
  double sum_scaling() const override { return lanes_ / published_lanes / published_weight_bits; }

 protected:
  struct Traits {
    std::uint32_t cycles;   ///< for lanes_per_pe elements
    bool converts_at_read;  ///< see ProcessingElement
    bool dequantises;       ///< see ProcessingElement
  };

  /// Where FP16 is multiplied by integers, subtracting a zero point makes the integers one bit wider.
  Fp16Pe(const MxuConfig& mxu, const FormatConfig& format, const Traits& traits)
      : ProcessingElement(mxu, format),
        lanes_(mxu.lanes_per_pe),
        weight_bits_(mxu.weight_bits),
        cycles_(traits.cycles),
        converts_at_read_(traits.converts_at_read),
        dequantises_(traits.dequantises),
        scaling_(lanes_ / published_lanes *
                 (dequantises_ ? 1
                               : (mxu.weight_bits + (format.has_zero_points() && !converts_at_read_ ? 1 : 0)) /
                                     published_weight_bits)) {}

 private:
  std::uint32_t lanes_;
  std::uint32_t weight_bits_;
  std::uint32_t cycles_;
  bool converts_at_read_;
  bool dequantises_;
  double scaling_;
};

}  // namespace anda

#endif
