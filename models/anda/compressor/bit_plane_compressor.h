// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_BIT_PLANE_COMPRESSOR_H
#define ANDA_COMPRESSOR_BIT_PLANE_COMPRESSOR_H

#include <cstdint>
#include <systemc>

#include <anda/base/math.h>
#include <anda/compressor/compressor_config.h>
#include <anda/energy/counters.h>
#include <anda/numeric/activation_format.h>
#include <anda/numeric/non_finite.h>

namespace anda {

/// The runtime bit-plane compressor (BPC): turns FP16 results into Anda groups. Its lanes each convert one group and
/// put out one plane a cycle, the sign plane first.
class BitPlaneCompressor : public sc_core::sc_module {
 public:
  BitPlaneCompressor(sc_core::sc_module_name name, const CompressorConfig& config);

  /// Cycles that `values` results keep it busy: its input takes values_per_cycle, its lanes one group's planes each.
  std::uint64_t cycles(std::uint64_t values, const ActivationFormat& format) const;

  /// Cycles in which it takes in `values` results.
  std::uint64_t intake_cycles(std::uint64_t values) const { return ceil_div(values, config_.values_per_cycle); }

  void count(std::uint64_t groups, const ActivationFormat& format) {
    groups_ += groups;
    planes_ += groups * (format.mantissa_bits + 1);
  }
  /// Groups counted so far.
  std::uint64_t groups() const { return groups_; }

  /// The data of rows × columns results, as a panel of format.bytes(rows, columns). The format has no infinity and no
  /// NaN: ±65504 and +0 stand for them, in `values` too. Returns the index of the first one, rows · columns if there is
  /// none. `zeroed` grows by the results that became 0.
  std::size_t compress(Fp16* values, std::size_t rows, std::size_t columns, const ActivationFormat& format,
                       std::uint8_t* bytes, NonFiniteCounts& saturated, std::uint64_t& zeroed) const;

  const CompressorConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

 private:
  CompressorConfig config_;
  std::uint64_t groups_ = 0;
  std::uint64_t planes_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
