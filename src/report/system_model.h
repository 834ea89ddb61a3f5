// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_SYSTEM_MODEL_H
#define ANDA_SIM_REPORT_SYSTEM_MODEL_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/accelerator/cost_model.h>
#include <anda/dram/dram_config.h>
#include <anda/energy/technology.h>

#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// Positions in a Counts of the counters that metrics need.
struct CounterIndex {
  std::size_t cycles;
  std::size_t busy_cycles;
  std::size_t pe_cycles;
  std::size_t macs;
  std::size_t vector_macs;
  std::size_t dram_read_bytes;
  std::size_t dram_write_bytes;
  std::size_t mantissa_words_read;
  std::size_t mantissa_words_written;
  std::size_t exponent_words_read;
  std::size_t exponent_words_written;
  std::size_t weight_words_read;
  std::size_t weight_words_written;

  /// Throws std::logic_error for a missing counter.
  explicit CounterIndex(const std::vector<CounterColumn>& counters);
};

/// What is needed to interpret a system's counts: its configuration, its costs and the position of each counter.
struct SystemModel {
  AcceleratorConfig accelerator;
  DramConfig dram;
  CounterIndex index;
  CostModel costs;

  SystemModel(const std::vector<CounterColumn>& counters, const AcceleratorConfig& accelerator_,
              const DramConfig& dram_, const Technology& technology);
};

/// The input of metrics: the counts of an op, a tensor type or the whole run.
struct Sample {
  const SystemModel& system;
  const Counts& counts;
  Energy energy;

  Sample(const SystemModel& system_, const Counts& counts_)
      : system(system_), counts(counts_), energy(system_.costs.energy(counts_)) {}

  double count(std::size_t counter) const { return static_cast<double>(counts[counter]); }
  /// Multiply-accumulates of array and vector unit.
  std::uint64_t macs() const { return counts[system.index.macs] + counts[system.index.vector_macs]; }
  double time_s() const { return count(system.index.cycles) / system.accelerator.clock_hz; }
};

}  // namespace anda::sim

#endif
