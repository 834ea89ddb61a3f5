// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_OP_RECORD_H
#define ANDA_SIM_SYSTEM_OP_RECORD_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <anda/accelerator/accelerator_config.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/dram/statistics.h>

#include "data/data_errors.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Values of a system's counters, in the order of its counter table.
using Counts = std::vector<std::uint64_t>;

inline void add_to(Counts& sum, const Counts& counts, std::uint64_t times = 1) {
  if (sum.empty()) sum.resize(counts.size(), 0);
  for (std::size_t i = 0; i < counts.size(); ++i) sum[i] += counts[i] * times;
}

/// The result of one system for one row of the trace.
struct OpRecord {
  std::uint64_t index = 0;  ///< row of the trace, from 0
  Gemm gemm;
  GemmTask task;
  std::optional<VectorTask> vector = {};  ///< replaces the task
  StepShape step;
  Counts counts;                     ///< sum over all gemm.count runs
  std::optional<DataErrors> errors;  ///< of one run, in a functional simulation
};

/// Receives records as they are produced, so that a long trace need not be held in memory.
class OpSink {
 public:
  OpSink() = default;
  OpSink(const OpSink&) = delete;
  OpSink& operator=(const OpSink&) = delete;
  virtual ~OpSink() = default;

  /// `system`: index in the configuration's list of systems. Records of one system arrive in trace order.
  virtual void take(std::size_t system, const OpRecord& record) = 0;
};

/// The description of a counter without its value, for tables.
struct CounterColumn {
  std::string name;
  std::string unit;
  std::string meaning;
};

/// The result of one system for the whole trace.
struct SystemResult {
  std::string name;
  AcceleratorConfig accelerator;
  Counts totals;
  std::vector<std::pair<std::string, Counts>> tensors;  ///< by type of A, in order of appearance
  std::vector<DataErrors> tensor_errors;                ///< of each tensor type, in a functional simulation
  std::optional<dram::Statistics> dram;                 ///< of everything simulated, at dram.level detailed
  Counts prefill = {};      ///< workload.scope layer and model: of the first output token …
  Counts decode = {};       ///< … and of all further ones
  Counts unscheduled = {};  ///< totals without precision.schedule, if there is one
};

/// The size of an inference, for workload.scope layer and model.
struct InferenceSize {
  bool whole_model = false;         ///< includes embedding and output head, so that tokens are produced
  std::uint64_t prompt_tokens = 0;  ///< prefill tokens of all sequences
  std::uint64_t first_tokens = 0;   ///< tokens produced by the prefill: one per sequence
  std::uint64_t decode_passes = 0;  ///< passes that each produce one more token per sequence
  std::uint64_t sequences = 0;
  std::uint64_t cache_bytes = 0;  ///< after the last pass
  std::uint64_t longest_context = 0;
};

/// The result of a run. `counters` names the entries of every Counts.
struct SimulationResult {
  std::vector<CounterColumn> counters;
  std::vector<SystemResult> systems;
  std::optional<InferenceSize> inference = {};
  std::vector<std::string> notes = {};     ///< what may surprise in the files beside the reports
  std::vector<std::string> warnings = {};  ///< problems that affect neither results nor files
};

}  // namespace anda::sim

#endif
