// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_SEQUENCER_H
#define ANDA_CONTROLLER_SEQUENCER_H

#include <cstdint>
#include <systemc>
#include <vector>

#include <anda/compressor/lane_queue.h>
#include <anda/controller/array_pace.h>
#include <anda/controller/functional_path.h>
#include <anda/controller/gemm_engine.h>
#include <anda/controller/gemm_operands.h>
#include <anda/controller/schedule.h>
#include <anda/controller/step_costs.h>
#include <anda/controller/tile_limits.h>
#include <anda/dma/dma.h>
#include <anda/energy/counters.h>

namespace anda {

/// The engine of level fast. Walks through the steps of a GeMM: addresses for the DMA, and when each step may load,
/// compute and store.
///
/// Halves of the buffers alternate, so the loads of a step run under the compute of the step before and wait for the
/// half that the step before that one has left. Operands come panel by panel and an output tile waits for its two
/// panels only; the very first tile, for which everything waits, goes along with the parts of its panels. Results leave
/// in blocks of an array's height and whole groups, as soon as a block is complete. The DMA takes loads and stores in
/// one order: the loads of two steps ahead, then always the results of a step before the loads that reuse its halves.
///
/// Every cycle of a GeMM is either busy or a stall of one cause.
class Sequencer : public sc_core::sc_module, public GemmEngine {
 public:
  Sequencer(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, FunctionalPath& data);

  std::uint64_t run(const GemmTask& task, const TileShape& shape, const GemmAddresses& addresses,
                    const TileLimits& limits) override;

  const Counters& counters() const override { return counters_; }
  void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const override;

 private:
  struct Loaded;

  void load(Loaded& loaded, const GemmOperands& operands, const StepCost& cost, std::uint64_t earliest);
  template <bool observed>
  void compute(const Loaded& loaded, const GemmOperands& operands, const StepCost& cost, bool flow);
  std::uint64_t store(const Loaded& loaded, const GemmOperands& operands, const StepCost& cost);
  void count(const Schedule::Step& step, const StepCost& cost, const GemmTask& task);

  // For an observer.
  void show_loads(const Loaded& loaded, const GemmOperands& operands, const StepCost& cost, std::uint64_t earliest);
  void show_waits(const ArrayPace& before, const ArrayPace& after, std::uint64_t held);
  void show(ArrayState state, std::uint64_t from, std::uint64_t cycles);

  Datapath datapath_;
  Dma& dma_;
  FunctionalPath& data_;
  std::vector<std::uint64_t> block_ready_;  // cycle at which each result block of the step is in the buffer
  std::uint64_t ready_ = 0;                 // the same for the last result of the step
  std::uint64_t put_out_ = 0;               // cycle at which the vector unit has put out that result
  LaneQueue lanes_;
  ArrayPace pace_;
  EngineCounts counts_;
  StallCounts& stalls_ = counts_.stalls;
  Counters counters_;
};

}  // namespace anda

#endif
