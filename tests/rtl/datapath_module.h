// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_RTL_DATAPATH_MODULE_H
#define ANDA_TESTS_RTL_DATAPATH_MODULE_H

#include <Vdatapath.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <systemc>
#include <type_traits>

namespace rtl_test {

/// A pin of a verilated module with the signal that it is bound to.
template <class Pin>
class Wire {
 public:
  using Value = typename std::remove_reference_t<Pin>::data_type;

  explicit Wire(Pin pin) : signal_(sc_core::sc_gen_unique_name("wire")) { pin.bind(signal_); }

  void operator=(const Value& value) { signal_.write(value); }
  operator const Value&() const { return signal_.read(); }

  /// `width` bits from bit `low` on.
  std::uint64_t bits(std::size_t low, std::size_t width) const {
    const auto from = static_cast<int>(low);
    if constexpr (std::is_integral_v<Value>) {
      return std::uint64_t{signal_.read()} >> from & ((std::uint64_t{1} << width) - 1);
    } else {
      return signal_.read()(from + static_cast<int>(width) - 1, from).to_uint64();
    }
  }

  /// Words of a buffer are noise: clocks do not depend on them.
  void randomise(std::mt19937_64& random) {
    if constexpr (std::is_integral_v<Value>) {
      signal_.write(static_cast<Value>(random()));
    } else {
      Value value;
      for (int low = 0; low < value.length(); low += 64) {
        value(std::min(low + 63, value.length() - 1), low) = random();
      }
      signal_.write(value);
    }
  }

 private:
  sc_core::sc_signal<Value> signal_;
};

/// models/rtl/datapath.sv as a SystemC module, with its wires.
class DatapathModule : public sc_core::sc_module {
  Vdatapath rtl_{"rtl"};

 public:
#define WIRE(name) Wire<decltype(Vdatapath::name)> name{rtl_.name}
  WIRE(clk);
  WIRE(reset);
  WIRE(input_bits);
  WIRE(output_bits);
  WIRE(tile_valid);
  WIRE(tile_ready);
  WIRE(tile_groups);
  WIRE(tile_values);
  WIRE(tile_columns);
  WIRE(tile_first_column);
  WIRE(tile_block);
  WIRE(tile_begins_block);
  WIRE(tile_ends_row);
  WIRE(tile_passes);
  WIRE(tile_parts);
  WIRE(tile_sums_before);
  WIRE(weights_next_valid);
  WIRE(weights_next_slots);
  WIRE(weights_next_here);
  WIRE(weights_next_ready);
  WIRE(weights_here);
  WIRE(weights_read);
  WIRE(weights_word);
  WIRE(activations_next_valid);
  WIRE(activations_next_slots);
  WIRE(activations_next_here);
  WIRE(activations_next_ready);
  WIRE(activations_here);
  WIRE(activations_read);
  WIRE(activations_word);
  WIRE(exponents_word);
  WIRE(panels_here);
  WIRE(load_held);
  WIRE(partial_sums);
  WIRE(partial_sums_taken);
  WIRE(plane_valid);
  WIRE(plane_number);
  WIRE(planes);
  WIRE(exponents);
  WIRE(plane_place);
  WIRE(blocks_complete);
  WIRE(values_valid);
  WIRE(values);
  WIRE(state);
  WIRE(plane);
  WIRE(group);
  WIRE(tile);
  WIRE(accumulators_full);
  WIRE(held_up);
  WIRE(lane_busy);
  WIRE(idle);
#undef WIRE

  explicit DatapathModule(sc_core::sc_module_name name) : sc_module(name) {}

  /// Lets what was written reach the outputs; for threads.
  static void settle() {
    wait_delta();  // inputs change, and the module is evaluated
    wait_delta();  // its outputs change
  }
  void edge() {
    clk = true;
    settle();
    clk = false;
    settle();
  }

 private:
  static void wait_delta() { sc_core::wait(sc_core::SC_ZERO_TIME); }
};

}  // namespace rtl_test

#endif
