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

/// What one system did for one row of the trace.
struct OpRecord {
  std::uint64_t index = 0;  ///< row of the trace, from 0
  Gemm gemm;
  GemmTask task;
  std::optional<VectorTask> vector = {};  ///< in the place of the task
  StepShape step;
  Counts counts;                     ///< of all gemm.count runs together
  std::optional<DataErrors> errors;  ///< of one of them, in a functional simulation
};

/// Takes the records as they come, so that a long trace need not be held.
class OpSink {
 public:
  OpSink() = default;
  OpSink(const OpSink&) = delete;
  OpSink& operator=(const OpSink&) = delete;
  virtual ~OpSink() = default;

  /// `system`: index in the configuration's list of systems. Records of a system come in the order of the trace.
  virtual void take(std::size_t system, const OpRecord& record) = 0;
};

/// A counter without its value, for tables.
struct CounterColumn {
  std::string name;
  std::string unit;
  std::string meaning;
};

/// What one system did for the whole trace.
struct SystemResult {
  std::string name;
  AcceleratorConfig accelerator;
  Counts totals;
  std::vector<std::pair<std::string, Counts>> tensors;  ///< by type of A, in order of appearance
  std::vector<DataErrors> tensor_errors;                ///< of each of them, in a functional simulation
  std::optional<dram::Statistics> dram;                 ///< of everything simulated, at dram.level detailed
  Counts prefill = {};      ///< workload.scope layer and model: of the first output token …
  Counts decode = {};       ///< … and of all further ones
  Counts unscheduled = {};  ///< totals without precision.schedule, where there is one
};

/// The size of an inference, workload.scope layer and model.
struct InferenceSize {
  bool whole_model = false;         ///< with embedding and output head, so that tokens come out
  std::uint64_t prompt_tokens = 0;  ///< of all sequences, of the prefill
  std::uint64_t first_tokens = 0;   ///< that the prefill gives: sequences
  std::uint64_t decode_passes = 0;  ///< a further token of each sequence each
  std::uint64_t sequences = 0;
  std::uint64_t cache_bytes = 0;  ///< after the last pass
  std::uint64_t longest_context = 0;
};

/// What a run did. `counters` names the entries of every Counts.
struct SimulationResult {
  std::vector<CounterColumn> counters;
  std::vector<SystemResult> systems;
  std::optional<InferenceSize> inference = {};
  std::vector<std::string> notes = {};     ///< what of the files beside the reports may surprise
  std::vector<std::string> warnings = {};  ///< what went wrong without an effect on results or files
};

}  // namespace anda::sim

#endif
