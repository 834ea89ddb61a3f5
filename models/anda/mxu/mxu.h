// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_MXU_H
#define ANDA_MXU_MXU_H

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include <anda/base/activity.h>
#include <anda/base/clock.h>
#include <anda/base/clocked_port.h>
#include <anda/base/stall_cause.h>
#include <anda/buffer/half_credits.h>
#include <anda/dataflow/step_plan.h>
#include <anda/energy/counters.h>
#include <anda/functional/functional_options.h>
#include <anda/mxu/array_block.h>
#include <anda/mxu/array_pace.h>
#include <anda/mxu/array_values.h>
#include <anda/mxu/clocked_array.h>
#include <anda/mxu/mxu_config.h>
#include <anda/mxu/processing_element/processing_element.h>
#include <anda/mxu/tile_timing.h>
#include <anda/tlm/dataflow_access.h>

namespace anda {

/// The output-stationary array of processing elements. Each output tile of rows × columns accumulates over k group by
/// group; its sums drain through the vector unit while the next tile is computed.
///
/// Timing: a group takes the element's cycles, or as long as the buffers' ports need to bring its operands
/// (TileTiming). A tile starts when its panels are in the buffers and the ports have brought the first words. The
/// pipeline stands still while a tile at its end finds both banks of accumulators occupied (ArrayPace). The pipeline's
/// fill time is paid once, at the end of a GeMM, where no further work hides it.
///
/// `activations`, `weights`: operand reads from the buffers; `sums`: writes of a tile's FP32 sums, row by row, to their
/// result address. The credits release a buffer half when a step is done.
class Mxu : public ArrayBlock {
 public:
  tlm_utils::simple_initiator_socket<Mxu> activations;
  tlm_utils::simple_initiator_socket<Mxu> weights;
  tlm_utils::simple_initiator_socket<Mxu> sums;
  sc_core::sc_port<HalfCredits> activation_credits;
  sc_core::sc_port<HalfCredits> weight_credits;
  ClockedPort<OperandPort> activation_port;          ///< level cycle: from the activation buffer
  ClockedPort<OperandPort> weight_port;              ///< level cycle: from the weight buffer
  sc_core::sc_export<AccumulatorPort> accumulators;  ///< level cycle: to the vector unit

  /// The array's work in a stretch.
  struct Work {
    std::uint64_t busy_cycles = 0;          ///< cycles in which the elements compute
    std::uint64_t pe_cycles = 0;            ///< busy cycles summed over the elements that hold a result
    std::uint64_t converted_values = 0;     ///< activations aligned to a shared exponent as they enter
    std::uint64_t macs = 0;                 ///< multiply-accumulates of real data, without padding
    std::uint64_t summing_cycles = 0;       ///< busy cycles summed over the rows that sum activations for zero points
    std::uint64_t decoded_values = 0;       ///< encoded weights decoded as they enter
    std::uint64_t decoded_activations = 0;  ///< encoded activations decoded as they enter

    Work& operator+=(const Work& other) {
      busy_cycles += other.busy_cycles;
      pe_cycles += other.pe_cycles;
      converted_values += other.converted_values;
      macs += other.macs;
      summing_cycles += other.summing_cycles;
      decoded_values += other.decoded_values;
      decoded_activations += other.decoded_activations;
      return *this;
    }
    Work operator-(const Work& other) const {
      return {busy_cycles - other.busy_cycles,
              pe_cycles - other.pe_cycles,
              converted_values - other.converted_values,
              macs - other.macs,
              summing_cycles - other.summing_cycles,
              decoded_values - other.decoded_values,
              decoded_activations - other.decoded_activations};
    }
    Work operator*(std::uint64_t times) const {
      return {busy_cycles * times,    pe_cycles * times,      converted_values * times,   macs * times,
              summing_cycles * times, decoded_values * times, decoded_activations * times};
    }
  };

  /// `activation_words_per_cycle`: width of the activation port; the weight port is one word wide.
  Mxu(sc_core::sc_module_name name, const MxuConfig& config, const FormatConfig& format, const Clock& clock,
      std::uint32_t activation_words_per_cycle, const FunctionalOptions& functional = {});

  // Commands, at level fast.
  void begin(const StepPlan& plan) override;
  std::uint64_t compute(const Step& step, std::uint64_t held) override;
  void finish(std::uint64_t cycle) override;
  Beat beat() const override;
  void repeat(const Step& last, std::uint64_t times) override;
  void wait(ArrayState cause, std::uint64_t cycles) override { stalls_[cause] += cycles; }
  void release(const Step& step, std::uint64_t cycle) override {
    activation_credits->release(step.activation_half, cycle);
    weight_credits->release(step.weight_half, cycle);
  }
  std::uint64_t results_stored() const override { return stored_; }

  tlm::tlm_base_initiator_socket<>& activations_socket() override { return activations; }
  tlm::tlm_base_initiator_socket<>& weights_socket() override { return weights; }
  tlm::tlm_base_initiator_socket<>& sums_socket() override { return sums; }
  sc_core::sc_port_b<HalfCredits>& activation_credits_port() override { return activation_credits; }
  sc_core::sc_port_b<HalfCredits>& weight_credits_port() override { return weight_credits; }

  /// Shows the array's activity to an observer, which must outlive the runs. None by default.
  void observe(ActivityObserver* observer) override { observer_ = observer; }

  /// Whether tiles and steps that recur in the same state are extrapolated instead of computed; on by default.
  void fast_forward(bool on) { fast_forward_ = on; }

  /// Work of one output tile.
  Work work(const ArrayTile& tile) const;
  /// Cycles of the element for one group of the GeMM.
  std::uint32_t group_cycles() const;
  /// The part of a tile's work that follows from its operands, without cycles.
  Work operand_work(const ArrayTile& tile) const;
  void count(const Work& work) { total_ += work; }
  StallCounts& stalls() { return stalls_; }

  /// Adds the arithmetic losses of the last GeMM, in a functional simulation.
  void add_losses(DataLosses& losses) const override;
  bool functional() const { return functional_.enabled; }
  // Level cycle; derived blocks can follow the clocks.
  /// The board must outlive the GeMM.
  virtual void begin_clocks(StepBoard& board);
  /// One clock: returns and counts the array's state. `tail`: its state if nothing is left to compute; `held_up`:
  /// whether the vector unit is held up.
  virtual ClockedArray::Clocked tick(std::uint64_t cycle, ArrayState tail, bool held_up);
  /// Requests the next operands from the ports.
  virtual void ask_ports() { clocked_.ask(*activation_port.operator->(), *weight_port.operator->()); }
  /// Moves the data of a step through the vector unit and the compressor to the buffer, in zero time.
  void move_values(const Step& step);
  const ClockedArray& clocked() const { return clocked_; }
  /// Counts accumulated clock by clock.
  struct Counted {
    Work work;
    StallCounts stalls;
  };
  Counted counted() const { return {total_, stalls_}; }
  /// Skips `groups` groups and counts them as `times` stretches from `before` to `after`.
  void skip(std::uint64_t groups, const Counted& before, const Counted& after, std::uint64_t times);

  const MxuConfig& config() const { return config_; }
  const ProcessingElement& processing_element() const { return *element_; }
  std::uint32_t activation_words_per_cycle() const { return activation_words_per_cycle_; }
  const Counters& counters() const override { return counters_; }

 private:
  /// The operands of a tile or of a part of one.
  struct Operands {
    std::uint64_t sums_arrived = 0;  ///< cycle at which partial sums have arrived from memory
    std::uint64_t first_group = 0;
    std::uint64_t groups = 0;
    BufferWords activations;  ///< words read for the whole tile
    std::uint64_t weight_words = 0;
  };
  /// State by which a beat is detected.
  struct Instants {
    ArrayPace pace;
    std::uint64_t put_out = 0;
    std::uint64_t stored = 0;
  };
  /// A tile whose sums have left, and the equal ones that follow it in its row.
  struct Sent {
    std::uint64_t column = 0;
    std::uint64_t cycle = 0;
    std::uint64_t put_out = 0;  ///< cycle at which the vector unit has output them
    Repeats along_row;
  };
  /// Activity of a step, for an observer.
  struct Shown {
    std::uint64_t started = ~std::uint64_t{0};
  };

  void fetch_values(tlm_utils::simple_initiator_socket<Mxu>& socket, DataflowAccess& read, std::uint64_t address,
                    std::uint64_t bytes, std::uint8_t* to);
  const TileTiming& timing(const ArrayTile& tile);
  void compute_row(const Step& step, std::uint64_t row);
  std::uint64_t take_partial_sums(const Step& step, std::uint64_t row, std::uint64_t rows);
  void compute_tile(const Step& step, const ArrayTile& tile, std::uint64_t sums_arrived);
  void compute_parts(const Step& step, const ArrayTile& tile, const TileTiming& timing, Operands operands);
  std::uint64_t start(const Step& step, const ArrayTile& tile, const TileTiming& timing, const Operands& operands);
  void take_in(const TileTiming& timing, std::uint64_t started, std::uint64_t inner, std::uint64_t busy);
  bool recurs(const Instants& before) const;
  std::uint64_t repeat_unit(const Step& step, std::uint64_t row, std::uint64_t column, const Instants& start);
  std::uint64_t units_in_time(const Step& step, std::uint64_t column, std::uint64_t most, std::uint64_t period);
  std::uint64_t repeat_row(const Step& step, std::uint64_t row, const Instants& start);
  std::uint64_t rows_in_time(const Step& step, std::uint64_t row, std::uint64_t period);
  void repeat_sent(const Step& step, std::uint64_t row, const Repeats& rows, const BufferWords& words);
  void read_again(const Step& step, std::uint64_t row, const BufferWords& activation_words, std::uint64_t weight_words);
  void go_on(const Instants& before, std::uint64_t times);
  void note_sums(const Step& step, std::uint64_t row, const Sent& sent, const Repeats& rows);
  void send(const Step& step, const ArrayTile& tile);
  void send_tile(const Step& step, const ArrayTile& tile);
  void show(ArrayState state, std::uint64_t from, std::uint64_t cycles);
  void show_waits(const ArrayPace& before, std::uint64_t started);
  void show_step(const Step& step);

  MxuConfig config_;
  std::unique_ptr<ProcessingElement> element_;
  std::uint32_t activation_words_per_cycle_;
  FunctionalOptions functional_;
  DataflowAccess read_activations_;
  DataflowAccess read_weights_;
  DataflowAccess write_sums_;
  ArrayValues values_;
  ClockedArray clocked_;

  const StepPlan* plan_ = nullptr;
  std::vector<TileTiming> timings_;  // of this GeMM's tiles: full ones and ragged edges
  std::size_t timing_ = 0;           // index of the last one that fitted
  ArrayPace pace_;
  std::uint64_t put_out_ = 0;  // cycle at which the vector unit has output the last result
  std::uint64_t stored_ = 0;   // cycle at which it is in the buffer
  std::uint64_t held_ = 0;     // cycles for which the current step's loads were held up
  bool computed_ = false;      // whether a step of this GeMM has been computed

  Instants before_;          // state before the last step
  bool repeatable_ = false;  // nothing around the array prevents repetition
  std::vector<Sent> sent_;   // tiles of the last row

  // Cycle at which the partial sums left by each tile of a step are in the buffer, for the tile of the next step that
  // starts from them; and the cycle for all partial sums of the previous step.
  std::vector<std::uint64_t> sums_stored_;
  std::uint64_t all_sums_stored_ = 0;

  Shown shown_;

  bool fast_forward_ = true;
  ActivityObserver* observer_ = nullptr;
  Work total_;
  StallCounts stalls_;
  Counters counters_;
};

}  // namespace anda

#endif
