// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_PREFETCH_H
#define ANDA_SIM_SYSTEM_PREFETCH_H

#include <anda/accelerator/ahead_limit.h>
#include <anda/control/descriptor.h>
#include <anda/dataflow/weights_ahead.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "system/compiler.h"
#include "system/known_gemms.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Chooses the weights of the following GeMM that an operation loads ahead (workload.prefetch_weights). Software
/// decides: it knows the machine and the next operation.
class Prefetch {
 public:
  Prefetch(const RunConfig& config, const AcceleratorConfig& accelerator, const Compiler& compiler);

  /// Returns the loads of `next` that fit under `running`, whose work is `work`; 0 loads: none.
  KnownGemms::Ahead under(const Gemm& running, const Work& work, const Gemm& next);
  LoadAheadDescriptor descriptor(const GemmTask& task, std::uint64_t loads) const;

 private:
  static constexpr std::size_t most_remembered = 4096;

  std::uint64_t loads_under(const Work& work, const GemmTask& next);

  const Compiler& compiler_;
  AheadLimit limit_;
  std::unordered_map<std::string, std::uint64_t> remembered_;  ///< loads, keyed by both tasks
};

}  // namespace anda::sim

#endif
