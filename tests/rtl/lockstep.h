// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_RTL_LOCKSTEP_H
#define ANDA_TESTS_RTL_LOCKSTEP_H

#include <anda/accelerator/accelerator_blocks.h>
#include <anda/buffer/activation_buffer.h>
#include <anda/buffer/weight_buffer.h>
#include <anda/compressor/bit_plane_compressor.h>
#include <anda/mxu/mxu.h>
#include <anda/vector_unit/vector_unit.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "datapath_module.h"

namespace rtl_test {

/// Comparisons of all machines; the first differences are printed.
struct Tally {
  std::uint64_t clocks = 0;
  std::uint64_t compared = 0;
  std::uint64_t different = 0;                         ///< GeMMs
  std::uint64_t sums_in = 0;                           ///< tiles that go on from partial sums
  std::uint64_t sums_waits = 0;                        ///< clocks in which the pipeline stands still for them alone
  std::uint64_t sums_early = 0;                        ///< tiles that start before the sums are in the buffer
  std::uint64_t states[anda::array_state_count] = {};  ///< clocks of each
};

/// The RTL beside level cycle: each clock it sees the tiles, requests and arrivals that the model's blocks see, and
/// what it does is compared with what they do. A GeMM's first difference ends the comparison until the next GeMM, since
/// all that follows differs.
class Lockstep : public sc_core::sc_module {
 public:
  /// The model's blocks; the accelerator owns them.
  struct Blocks {
    const anda::Mxu* mxu = nullptr;
    const anda::ActivationBuffer* activation_buffer = nullptr;
    const anda::WeightBuffer* weight_buffer = nullptr;
    const anda::BitPlaneCompressor* compressor = nullptr;
    const anda::VectorUnit* vector_unit = nullptr;
  };

  Lockstep(sc_core::sc_module_name name, Tally& tally, double clock_hz);

  Blocks blocks;
  std::string title;    ///< of the GeMM, for messages
  bool prints = false;  ///< each clock

  /// A GeMM starts; its steps are not there yet.
  void begin(anda::StepBoard& board);
  /// The inputs of a clock, before the array's turn in it.
  void show_inputs(std::uint64_t cycle);
  /// After the array's turn: what the clock was.
  void compare_clock(const anda::ClockedArray::Clocked& clocked);
  /// When the ports ask for operands; ends the clock.
  void ask_ports();
  bool agrees() const { return agrees_; }
  /// Nothing is left in the RTL.
  void end();

 private:
  /// What a port brings next, and when what it was asked for is there.
  struct Port {
    std::uint64_t tile = 0;
    std::uint64_t group = 0;
    std::uint32_t plane = 0;
    const std::uint64_t* arrival = nullptr;       ///< of the operand that it was asked for
    const std::uint64_t* next_arrival = nullptr;  ///< of the one that is offered
  };

  /// Of a tile: its place in the result, its values, and whether they go on from partial sums or are some.
  struct Sums {
    std::uint64_t place = 0;
    std::uint64_t values = 0;
    bool go_on = false;
    bool partial = false;
  };
  /// Of a place in the result: how often partial sums came out of the RTL, and how often tiles went on from them.
  struct Place {
    std::uint64_t out = 0;
    std::uint64_t in = 0;
  };

  bool here(const Port& port) const { return port.arrival != nullptr && *port.arrival <= cycle_; }
  void reset();
  void offer_tile();
  void offer_weights();
  void offer_activations();
  void take_up(Port& port, bool valid, bool ready, std::uint64_t planes);
  void print_clock(anda::ArrayState state) const;
  void pushed();
  void note_sums_out();
  void note_sums_in();
  void compare_lanes();
  void compare_registers();
  void same(const char* what, std::uint64_t hardware, std::uint64_t model);

  DatapathModule rtl_{"rtl"};
  Tally& tally_;
  sc_core::sc_time half_period_;
  sc_core::sc_event after_edge_;
  anda::StepBoard* board_ = nullptr;
  std::mt19937_64 noise_{1618};
  std::uint64_t block_numbers_ = 0;  ///< that the RTL tells apart
  std::uint64_t cycle_ = 0;
  bool first_ = false;
  bool agrees_ = true;
  std::uint64_t summed_ = 0;         ///< tiles whose sums have begun
  std::uint64_t passed_ = 0;         ///< tile whose partial sums come out next, those before it being out
  std::uint64_t passed_values_ = 0;  ///< of it
  std::vector<Sums> pushed_;         ///< of the tiles given to the RTL
  std::map<std::uint64_t, Place> places_;
  Port weights_;
  Port activations_;
  std::vector<bool> lane_was_busy_;
  bool weights_read_ = false;
  bool activations_read_ = false;
};

/// Our array, with the RTL beside it.
class LockedMxu : public anda::Mxu {
 public:
  LockedMxu(sc_core::sc_module_name name, const anda::AcceleratorConfig& config, const anda::Clock& clock,
            Lockstep& lockstep)
      : Mxu(name, config.mxu, config.format, clock, config.activation_buffer.read_words_per_cycle, config.functional),
        lockstep_(lockstep) {}

  void begin_clocks(anda::StepBoard& board) override {
    Mxu::begin_clocks(board);
    lockstep_.begin(board);
  }
  anda::ClockedArray::Clocked tick(std::uint64_t cycle, anda::ArrayState tail, bool held_up) override {
    lockstep_.show_inputs(cycle);
    const anda::ClockedArray::Clocked clocked = Mxu::tick(cycle, tail, held_up);
    lockstep_.compare_clock(clocked);
    return clocked;
  }
  void ask_ports() override {
    lockstep_.ask_ports();
    Mxu::ask_ports();
  }

 private:
  Lockstep& lockstep_;
};

/// Level cycle with our blocks and the RTL beside them.
inline anda::AcceleratorBlocks locked_blocks(Lockstep& lockstep) {
  anda::AcceleratorBlocks blocks;
  blocks.mxu = [&lockstep](sc_core::sc_module_name name, const anda::AcceleratorConfig& config,
                           const anda::Clock& clock) {
    auto block = std::make_unique<LockedMxu>(name, config, clock, lockstep);
    lockstep.blocks.mxu = block.get();
    return block;
  };
  blocks.activation_buffer = [&lockstep](sc_core::sc_module_name name, const anda::AcceleratorConfig& config,
                                         const anda::Clock& clock) {
    auto block = std::make_unique<anda::ActivationBuffer>(name, config.activation_buffer, clock);
    lockstep.blocks.activation_buffer = block.get();
    return block;
  };
  blocks.weight_buffer = [&lockstep](sc_core::sc_module_name name, const anda::AcceleratorConfig& config,
                                     const anda::Clock& clock) {
    auto block = std::make_unique<anda::WeightBuffer>(name, config.weight_buffer, clock);
    lockstep.blocks.weight_buffer = block.get();
    return block;
  };
  blocks.compressor = [&lockstep](sc_core::sc_module_name name, const anda::AcceleratorConfig& config,
                                  const anda::Clock& clock) {
    auto block = std::make_unique<anda::BitPlaneCompressor>(name, config.compressor, clock);
    lockstep.blocks.compressor = block.get();
    return block;
  };
  return blocks;
}

}  // namespace rtl_test

#endif
