// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TIMELINE_TIMELINE_H
#define ANDA_SIM_TIMELINE_TIMELINE_H

#include <deque>
#include <string>
#include <vector>

#include <anda/accelerator/accelerator.h>
#include <anda/dram/dram.h>

#include "config/run_config.h"
#include "files/file_set.h"
#include "timeline/event_writer.h"
#include "timeline/system_timeline.h"

namespace anda::sim {

/// The timeline of a run as a file in the trace event format, for ui.perfetto.dev and chrome://tracing: a process for
/// each system, a thread for each block, counters for buffers and for the whole run. docs/reports.md describes it.
class Timeline {
 public:
  /// Throws Error (run) if the file cannot be written.
  Timeline(const RunConfig& config, FileSet& files);

  /// Watches a system; call before it runs its first GeMM.
  SystemTimeline& watch(const std::string& name, Accelerator& accelerator, Dram& dram);

  /// Writes the file; call once, after the run.
  void write();
  /// What the file omits of the run, one sentence each; call after write().
  std::vector<std::string> notes() const;

 private:
  void write_system(const SystemTimeline& system, EventWriter& events);

  const RunConfig& config_;
  AtomicFile& file_;
  std::deque<SystemTimeline> systems_;  // a deque, because observers must keep their addresses
  std::vector<Dram*> memories_;
};

}  // namespace anda::sim

#endif
