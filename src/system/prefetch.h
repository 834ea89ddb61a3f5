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

/// What an operation loads of the weights of the GeMM behind it (workload.prefetch_weights). Software decides: it knows
/// the machine, and which operation comes next.
class Prefetch {
 public:
  Prefetch(const RunConfig& config, const AcceleratorConfig& accelerator, const Compiler& compiler);

  /// Under `running`, whose work is given, for the operation behind it; no loads: nothing.
  KnownGemms::Ahead under(const Gemm& running, const Work& work, const Gemm& next);
  LoadAheadDescriptor descriptor(const GemmTask& task, std::uint64_t loads) const;

 private:
  static constexpr std::size_t most_remembered = 4096;

  std::uint64_t loads_under(const Work& work, const GemmTask& next);

  const Compiler& compiler_;
  AheadLimit limit_;
  std::unordered_map<std::string, std::uint64_t> remembered_;  ///< loads by both works
};

}  // namespace anda::sim

#endif
