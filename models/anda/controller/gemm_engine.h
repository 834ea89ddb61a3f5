// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_GEMM_ENGINE_H
#define ANDA_CONTROLLER_GEMM_ENGINE_H

#include <cstdint>
#include <string>
#include <systemc>

#include <anda/base/activity.h>
#include <anda/controller/gemm_task.h>
#include <anda/controller/tile_limits.h>
#include <anda/energy/counters.h>

namespace anda {

/// What runs a GeMM for the controller and finds out how long that takes.
class GemmEngine {
 public:
  GemmEngine() = default;
  GemmEngine(const GemmEngine&) = delete;
  GemmEngine& operator=(const GemmEngine&) = delete;
  virtual ~GemmEngine() = default;

  /// Runs a GeMM from now on and returns when it is complete, or when the DMA was stopped and has no transaction under
  /// way any more; called from a thread. Returns its cycles. Of a GeMM that is stopped, level fast counts the step at
  /// hand as a whole.
  virtual std::uint64_t run(const GemmTask& task, const TileShape& shape, const GemmAddresses& addresses,
                            const TileLimits& limits) = 0;

  virtual const Counters& counters() const = 0;

  /// Adds the state of the blocks to a waveform file. Throws Error (input) where the engine has no clocks to show.
  virtual void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const = 0;

  /// Shows an observer what the blocks do; it must outlive the runs. None by default.
  void observe(ActivityObserver* observer) { observer_ = observer; }

 protected:
  ActivityObserver* observer() const { return observer_; }

 private:
  ActivityObserver* observer_ = nullptr;
};

/// What every engine counts: each cycle of a GeMM is either busy (mxu.busy_cycles) or a stall of one cause.
struct EngineCounts {
  std::uint64_t cycles = 0;
  std::uint64_t gemms = 0;
  std::uint64_t steps = 0;
  StallCounts stalls;

  /// The table of these counts, which must stay where they are.
  void register_in(Counters& counters) const {
    counters.add("controller.cycles", "cycles", "clock cycles from the start of a GeMM to its end", cycles);
    counters.add("controller.gemms", "GeMMs", "GeMMs run to their end", gemms);
    counters.add("controller.steps", "steps", "steps run", steps);
    for (const StallCause& cause : stall_causes) {
      counters.add(cause.counter, stall_unit, cause.meaning, stalls[cause.state]);
    }
  }
};

}  // namespace anda

#endif
