// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_GEMM_ENGINE_H
#define ANDA_ENGINE_GEMM_ENGINE_H

#include <cstdint>
#include <string>
#include <systemc>

#include <anda/base/activity.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/dataflow/tile_limits.h>
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
  /// Cycles in which the array does not compute, by cause.
  struct Stalls {
    std::uint64_t dram = 0;             ///< operands are on their way, or the last results are
    std::uint64_t buffer_full = 0;      ///< operands are late because no half was free to load them into
    std::uint64_t weight_port = 0;      ///< the weight buffer's port brings weights more slowly than they are used
    std::uint64_t activation_port = 0;  ///< the same for the activation buffer's port
    std::uint64_t drain = 0;            ///< results leave more slowly than they are made
    std::uint64_t compressor = 0;       ///< and the compressor is slower still
    std::uint64_t fill = 0;             ///< the array's pipeline fills at the start of a GeMM
  };

  std::uint64_t cycles = 0;
  std::uint64_t gemms = 0;
  std::uint64_t steps = 0;
  Stalls stalls;

  /// The table of these counts, which must stay where they are.
  void register_in(Counters& counters) const {
    counters.add("controller.cycles", "cycles", "clock cycles from the start of a GeMM to its end", cycles);
    counters.add("controller.gemms", "GeMMs", "GeMMs run to their end", gemms);
    counters.add("controller.steps", "steps", "tile steps run", steps);
    counters.add("stall.dram", "cycles",
                 "the array waits for operands, or the end of a GeMM for its results, to cross external memory",
                 stalls.dram);
    counters.add("stall.buffer_full", "cycles",
                 "the array waits for operands that came late because no buffer half was free", stalls.buffer_full);
    counters.add("stall.weight_port", "cycles", "the array waits for the weight buffer's port", stalls.weight_port);
    counters.add("stall.activation_port", "cycles", "the array waits for the activation buffer's port",
                 stalls.activation_port);
    counters.add("stall.drain", "cycles",
                 "the array, or the end of a GeMM, waits for results to leave the accumulators", stalls.drain);
    counters.add("stall.compressor", "cycles", "the array, or the end of a GeMM, waits for the compressor",
                 stalls.compressor);
    counters.add("stall.fill", "cycles", "the pipeline of the array fills at the start of a GeMM", stalls.fill);
  }
};

}  // namespace anda

#endif
