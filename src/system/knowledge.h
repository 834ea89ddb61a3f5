// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_KNOWLEDGE_H
#define ANDA_SIM_SYSTEM_KNOWLEDGE_H

#include <deque>
#include <optional>

#include "system/compiler.h"
#include "system/known_gemms.h"
#include "system/simulation.h"

namespace anda::sim {

/// What is known of a run's GeMMs before they are simulated. With a store nothing is simulated twice, unless the
/// simulation has to write more than counts: waveforms, timelines, request traces, data.
class Knowledge {
 public:
  /// `store`: nullptr for none.
  Knowledge(const RunConfig& config, GemmStore* store);

  /// Of one GeMM apart from the others; nullptr where that is not wanted.
  KnownGemms* of_tasks(std::size_t system);

  /// Whether nothing of a system needs to be simulated: tell() has it then.
  bool knows_all(std::size_t system, const SourceOpener& open_source);
  /// Completes the record of the next GeMM.
  void tell(std::size_t system, OpRecord& record);

  /// The next GeMM has been done.
  void learn(std::size_t system, const OpRecord& record);
  /// The statistics of a system's memory at the end; `simulated`: what the simulation has counted.
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
