// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_SEQUENCER_H
#define ANDA_CONTROLLER_SEQUENCER_H

#include <cstdint>
#include <systemc>
#include <vector>

#include <anda/controller/functional_path.h>
#include <anda/controller/operand_layout.h>
#include <anda/controller/schedule.h>
#include <anda/controller/step_costs.h>
#include <anda/controller/tile_limits.h>
#include <anda/dma/dma.h>
#include <anda/energy/counters.h>

namespace anda {

/// Walks through the steps of a GeMM: addresses for the DMA, and when each step may load, compute and store.
///
/// Halves of the buffers alternate, so the loads of a step run under the compute of the step before and wait for the
/// half that the step before that one has left. Operands come panel by panel and an output tile waits for its two
/// panels only; the very first tile, for which everything waits, goes along with the parts of its panels. Results leave
/// in blocks of an array's height and whole groups, as soon as a block is complete. The DMA takes loads and stores in
/// one order: the loads of two steps ahead, then always the results of a step before the loads that reuse its halves.
///
/// Every cycle of a GeMM is either busy or a stall of one cause.
class Sequencer : public sc_core::sc_module {
 public:
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

  Sequencer(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, FunctionalPath& data);

  /// Runs a GeMM from now on and returns when it is complete; called from a thread. Returns its cycles.
  std::uint64_t run(const GemmTask& task, const TileShape& shape, const GemmAddresses& addresses,
                    const TileLimits& limits);

  const Counters& counters() const { return counters_; }

 private:
  struct Operands;
  struct Loaded;

  void load(Loaded& loaded, const Operands& operands, const StepCost& cost, std::uint64_t earliest);
  std::uint64_t compute(const Loaded& loaded, const Operands& operands, const StepCost& cost, std::uint64_t done);
  std::uint64_t store(const Loaded& loaded, const Operands& operands, const StepCost& cost);
  void count(const Schedule::Step& step, const StepCost& cost, const GemmTask& task);

  Datapath datapath_;
  Dma& dma_;
  FunctionalPath& data_;
  std::vector<std::uint64_t> block_ready_;  // cycle at which each result block of the step is in the buffer
  std::uint64_t ready_ = 0;                 // the same for the last result of the step
  Stalls stalls_;
  std::uint64_t cycles_ = 0;
  std::uint64_t gemms_ = 0;
  std::uint64_t steps_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
