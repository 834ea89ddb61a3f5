// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_VECTOR_UNIT_H
#define ANDA_VECTOR_UNIT_VECTOR_UNIT_H

#include <cstdint>
#include <systemc>

#include <anda/base/math.h>
#include <anda/energy/counters.h>
#include <anda/numeric/rounding.h>
#include <anda/vector_unit/vector_unit_config.h>

namespace anda {

/// The vector unit: takes finished sums out of the accumulators, one a lane and cycle, and rounds them to FP16 (or
/// passes partial sums on in FP32). The accumulators are double-buffered, so it works beside the next tile.
class VectorUnit : public sc_core::sc_module {
 public:
  VectorUnit(sc_core::sc_module_name name, const VectorUnitConfig& config);

  /// Cycles in which it takes in `values` results.
  std::uint64_t cycles(std::uint64_t values) const { return ceil_div(values, config_.fpus); }

  void count(std::uint64_t values) { values_ += values; }
  /// Counted so far.
  std::uint64_t values() const { return values_; }

  /// The data of a result.
  Fp16 round(float sum, OverflowCounts& counts) const { return round_output(sum, counts); }

  const VectorUnitConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

 private:
  VectorUnitConfig config_;
  std::uint64_t values_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
