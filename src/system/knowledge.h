// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_KNOWLEDGE_H
#define ANDA_SIM_SYSTEM_KNOWLEDGE_H

#include <deque>
#include <optional>

#include "system/compiler.h"
#include "system/known_gemms.h"
#include "system/simulation.h"

namespace anda::sim {

/// Results of a run's GeMMs that are known before simulation. With a store nothing is simulated twice, unless the
/// simulation must write more than counts: waveforms, timelines, request traces, data.
class Knowledge {
 public:
  /// `store`: nullptr for none.
  Knowledge(const RunConfig& config, GemmStore* store);

  /// Known results of individual GeMMs; nullptr if they are not used.
  KnownGemms* of_tasks(std::size_t system);

  /// Whether every GeMM of a system is known, so that tell() can replace its simulation.
  bool knows_all(std::size_t system, const SourceOpener& open_source);
  /// Completes the record of the next GeMM from the known results.
  void tell(std::size_t system, OpRecord& record);

  /// Stores the result of the next GeMM after its simulation.
  void learn(std::size_t system, const OpRecord& record);
  /// Returns the statistics of a system's memory at the end; `simulated`: as counted by the simulation.
  dram::Statistics statistics(std::size_t system, const dram::Statistics& simulated);

 private:
  /// One system.
  struct Part {
    Compiler compiler;
    std::optional<KnownGemms> tasks;
    std::optional<KnownRun> run;
    bool is_known = false;
  };

  std::deque<Part> parts_;
};

}  // namespace anda::sim

#endif
