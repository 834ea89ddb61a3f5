// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ARRAY_STALLS_H
#define ANDA_MXU_ARRAY_STALLS_H

#include <cstdint>

#include <anda/energy/counters.h>

namespace anda {

/// Cycles in which the array does not compute, by cause: each cycle of a GeMM is either busy (mxu.busy_cycles) or a
/// stall of one cause.
struct ArrayStalls {
  std::uint64_t dram = 0;             ///< operands are on their way, or the last results are
  std::uint64_t buffer_full = 0;      ///< operands are late because no half was free to load them into
  std::uint64_t weight_port = 0;      ///< the weight buffer's port brings weights more slowly than they are used
  std::uint64_t activation_port = 0;  ///< the same for the activation buffer's port
  std::uint64_t drain = 0;            ///< results leave more slowly than they are made
  std::uint64_t compressor = 0;       ///< and the compressor is slower still
  std::uint64_t fill = 0;             ///< the array's pipeline fills at the start of a GeMM

  /// The table of these counts, which must stay where they are.
  void register_in(Counters& counters) const {
    counters.add("stall.dram", "cycles",
                 "the array waits for operands, or the end of a GeMM for its results, to cross external memory", dram);
    counters.add("stall.buffer_full", "cycles",
                 "the array waits for operands that came late because no buffer half was free", buffer_full);
    counters.add("stall.weight_port", "cycles", "the array waits for the weight buffer's port", weight_port);
    counters.add("stall.activation_port", "cycles", "the array waits for the activation buffer's port",
                 activation_port);
    counters.add("stall.drain", "cycles",
                 "the array, or the end of a GeMM, waits for results to leave the accumulators", drain);
    counters.add("stall.compressor", "cycles", "the array, or the end of a GeMM, waits for the compressor", compressor);
    counters.add("stall.fill", "cycles", "the pipeline of the array fills at the start of a GeMM", fill);
  }
};

}  // namespace anda

#endif
