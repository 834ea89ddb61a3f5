// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/mxu.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

Mxu::Mxu(sc_core::sc_module_name, const MxuConfig& config, const FormatConfig& format, const Clock& clock,
         std::uint32_t activation_words_per_cycle, const FunctionalOptions& functional)
    : activations("activations"),
      weights("weights"),
      sums("sums"),
      activation_credits("activation_credits"),
      weight_credits("weight_credits"),
      activation_port("activation_port"),
      weight_port("weight_port"),
      accumulators("accumulators"),
      config_(config),
      element_(make_processing_element(config, format)),
      activation_words_per_cycle_(activation_words_per_cycle),
      functional_(functional),
      read_activations_(clock),
      read_weights_(clock),
      write_sums_(clock),
      values_(
          *element_, functional.dot_format,
          [this](std::uint64_t address, std::uint64_t bytes, std::uint8_t* to) {
            fetch_values(activations, read_activations_, address, bytes, to);
          },
          [this](std::uint64_t address, std::uint64_t bytes, std::uint8_t* to) {
            fetch_values(weights, read_weights_, address, bytes, to);
          }) {
  accumulators.bind(clocked_);
  for (const StallCause& cause : stall_causes) {
    counters_.add(cause.counter, stall_unit, cause.meaning, stalls_[cause.state]);
  }
  counters_.add("mxu.busy_cycles", "cycles", "cycles in which the array computed", total_.busy_cycles);
  counters_.add("mxu.pe_cycles", "cycles", "busy cycles summed over the processing elements that held a result",
                total_.pe_cycles);
  counters_.add("mxu.converted_values", "values",
                "FP16 activations converted to a shared exponent when the array read them", total_.converted_values);
  counters_.add("mxu.macs", "MACs", "multiply-accumulates of real data, without padding", total_.macs);
  if (format.has_zero_points()) {
    counters_.add("mxu.summing_cycles", "cycles",
                  "busy cycles summed over the rows that add up their activations for zero points",
                  total_.summing_cycles);
  }
  if (format.encodes()) {
    counters_.add("mxu.decoded_values", "values", "encoded weights that the array decoded on their way in",
                  total_.decoded_values);
  }
  if (format.encodes_activations()) {
    counters_.add("mxu.decoded_activations", "values",
                  "activations of operand formats that the array decoded when it read them",
                  total_.decoded_activations);
  }
}

std::uint32_t Mxu::group_cycles() const {
  return element_->pass_cycles(plan_->task().input.mantissa_bits, plan_->task().weights);
}

Mxu::Work Mxu::operand_work(const ArrayTile& tile) const {
  const GemmTask& task = plan_->task();
  Work work;
  work.macs = tile.k * tile.values();
  work.converted_values = element_->converts_at_read() ? tile.k * tile.rows : 0;
  work.summing_cycles = tile.groups * element_->summing_cycles(task.input.mantissa_bits, task.weights) * tile.rows;
  work.decoded_values = element_->decodes(task.weights) ? tile.k * tile.columns : 0;
  work.decoded_activations = element_->decodes(task.input) ? tile.k * tile.rows : 0;
  return work;
}

Mxu::Work Mxu::work(const ArrayTile& tile) const {
  Work work = operand_work(tile);
  work.busy_cycles = tile.groups * group_cycles();
  work.pe_cycles = work.busy_cycles * tile.values();
  return work;
}

void Mxu::begin(const StepPlan& plan) {
  plan_ = &plan;
  timings_.clear();
  timing_ = 0;
  pace_ = ArrayPace();
  pace_.fill = config_.fill_cycles;
  put_out_ = 0;
  stored_ = 0;
  computed_ = false;
  if (functional_.enabled) values_.begin(plan);
}

std::uint64_t Mxu::compute(const Step& step, std::uint64_t held) {
  if (functional_.enabled) values_.compute(*plan_, step);
  held_ = held;
  computed_ = true;
  before_ = {pace_, put_out_, stored_};
  all_sums_stored_ = step.finds_sums() ? put_out_ : 0;
  if (step.leaves_sums()) sums_stored_.resize(step.tiles());
  shown_ = Shown();
  for (std::uint64_t row = 0; row < step.row_tiles;) {
    const Instants start{pace_, put_out_, stored_};
    sent_.clear();
    compute_row(step, row++);
    row += repeat_row(step, row, start);
  }
  repeatable_ = repeatable_ && pace_.waited == 0;
  const std::uint64_t full = std::min(pace_.waited, held);
  stalls_[ArrayState::buffer_full] += full;
  stalls_[ArrayState::dram] += pace_.waited - full;
  pace_.waited = 0;
  release(step, pace_.done);
  if (observer_ != nullptr) show_step(step);
  return pace_.done;
}

void Mxu::compute_row(const Step& step, std::uint64_t row) {
  repeatable_ = true;
  const std::uint64_t sums_arrived = step.k > 0 ? take_partial_sums(step, row, 1) : 0;
  const std::uint64_t unit = plan_->tiles_of_unit(step);
  for (std::uint64_t column = 0; column < step.column_tiles;) {
    const Instants start{pace_, put_out_, stored_};
    const bool so_far = repeatable_;
    repeatable_ = true;
    for (const std::uint64_t end = std::min(column + unit, step.column_tiles); column < end; ++column) {
      const ArrayTile tile = plan_->tile(step, row, column);
      compute_tile(step, tile, sums_arrived);
      count(work(tile));
    }
    column += repeat_unit(step, row, column, start);
    repeatable_ = repeatable_ && so_far;
  }
}

/// Loads the initial partial sums of some rows of tiles into the accumulators. Returns the cycle at which they have
/// arrived from memory; 0 if the previous step left them in the buffer.
std::uint64_t Mxu::take_partial_sums(const Step& step, std::uint64_t row, std::uint64_t rows) {
  DataflowExtension& read = read_activations_.said;
  read = DataflowExtension();
  read.cycle = pace_.done;
  read.words = plan_->partial_sum_words(step, row, rows);
  read_activations_(activations, tlm::TLM_READ_COMMAND, plan_->partial_sum_address(step, row, 0),
                    plan_->partial_sum_bytes(step, row, rows), nullptr);
  return step.load_partial_sums ? read.arrived : 0;
}

const TileTiming& Mxu::timing(const ArrayTile& tile) {
  for (std::size_t tried = 0; tried < timings_.size(); ++tried) {
    if (timings_[timing_].fits(tile)) return timings_[timing_];
    timing_ = timing_ + 1 == timings_.size() ? 0 : timing_ + 1;
  }
  timing_ = timings_.size();
  timings_.emplace_back(*plan_, tile, group_cycles(), activation_words_per_cycle_);
  return timings_.back();
}

void Mxu::compute_tile(const Step& step, const ArrayTile& tile, std::uint64_t sums_arrived) {
  const TileTiming& timing = this->timing(tile);
  Operands operands{sums_arrived, 0, tile.groups, tile.activations, plan_->weight_words(tile, tile.groups)};
  if (step.first() && tile.row == 0 && tile.column == 0) {
    compute_parts(step, tile, timing, operands);
  } else {
    if (step.finds_sums() && pace_.sums_stored_at(sums_stored_[tile.row * step.column_tiles + tile.column])) {
      repeatable_ = false;
    }
    const std::uint64_t started = start(step, tile, timing, operands);
    take_in(timing, started, timing.inner_cycles, timing.busy_cycles);
  }
  send(step, tile);
}

/// The first tile of a GeMM, for which everything waits, proceeds part by part as its panels arrive.
void Mxu::compute_parts(const Step& step, const ArrayTile& tile, const TileTiming& timing, Operands operands) {
  const std::uint64_t busy_of_group = timing.busy_cycles / timing.groups;
  std::uint64_t inner = timing.inner_cycles - (timing.groups - 1) * timing.group_cycles;  // extra cycles for scales
  for (std::uint64_t left = tile.groups; left > 0; left -= operands.groups) {
    operands.groups = std::min(left, plan_->groups_of_part());
    const std::uint64_t started = start(step, tile, timing, operands);
    take_in(timing, started, inner + (operands.groups - 1) * timing.group_cycles, operands.groups * busy_of_group);
    operands.first_group += operands.groups;
    operands.activations = BufferWords();
    operands.weight_words = 0;
    inner = 0;
  }
  repeatable_ = false;
}

/// Requests the first operand words from the ports and waits for them and for a bank of accumulators.
std::uint64_t Mxu::start(const Step& step, const ArrayTile& tile, const TileTiming& timing, const Operands& operands) {
  const GemmTask& task = plan_->task();
  const std::uint64_t group = plan_->geometry().group;
  const std::uint64_t first = std::min(operands.first_group * group, tile.k);
  const std::uint64_t end = std::min((operands.first_group + operands.groups) * group, tile.k);

  DataflowExtension& activation = read_activations_.said;
  activation.cycle = pace_.done > 0 ? pace_.done - 1 : 0;
  activation.words = operands.activations;
  activation.first_words = timing.first_activation_cycles * activation_words_per_cycle_;
  const std::uint64_t activation_at = task.input.bytes(tile.rows, first);
  read_activations_(activations, tlm::TLM_READ_COMMAND, plan_->activation_address(step, tile.row) + activation_at,
                    task.input.bytes(tile.rows, end) - activation_at, nullptr);

  DataflowExtension& weight = read_weights_.said;
  weight.cycle = pace_.last_group;
  weight.words.data = operands.weight_words;
  weight.first_words = operands.first_group == 0 ? timing.first_weight_words : timing.weight_words;
  const std::uint64_t weight_at = task.weights.bytes(first, tile.columns);
  read_weights_(weights, tlm::TLM_READ_COMMAND, plan_->weight_address(step, tile.column) + weight_at,
                task.weights.bytes(end, tile.columns) - weight_at, nullptr);

  // Work that waits for the arrival of operands does not repeat.
  const std::uint64_t row_arrived = std::max(activation.arrived, operands.sums_arrived);
  repeatable_ = repeatable_ && activation.repeatable && weight.repeatable && row_arrived <= activation.cycle &&
                weight.arrived <= weight.cycle;
  const ArrayPace before = pace_;
  // The port brings a row's activations once its partial sums have arrived.
  const std::uint64_t activations_ready =
      std::max(activation.done, operands.sums_arrived + timing.first_activation_cycles);
  const std::uint64_t started = pace_.start(std::max(row_arrived, weight.arrived), activations_ready, weight.done);
  if (observer_ != nullptr) show_waits(before, started);
  return started;
}

void Mxu::take_in(const TileTiming& timing, std::uint64_t started, std::uint64_t inner, std::uint64_t busy) {
  const bool sink_slower = pace_.sink_slower[0];
  const std::uint64_t before = pace_.out[sink_slower];
  pace_.take_in(timing, started, inner, busy);
  if (observer_ == nullptr) return;
  // Port and accumulator stalls inside a tile are shown at its end.
  const std::uint64_t stood = pace_.out[sink_slower] - before;
  show(ArrayState::busy, started, busy);
  show(sink_slower ? ArrayState::compressor : ArrayState::drain, started + busy, stood);
  show(timing.weights_slower ? ArrayState::weight_port : ArrayState::activation_port, started + busy + stood,
       pace_.done - started - busy - stood);
}

/// Records when the partial sums of tiles are in the buffer, if they stay there.
void Mxu::note_sums(const Step& step, std::uint64_t row, const Sent& sent, const Repeats& rows) {
  if (!step.leaves_sums()) return;
  for (std::uint64_t i = 0; i < rows.times; ++i) {
    for (std::uint64_t j = 0; j < sent.along_row.times; ++j) {
      sums_stored_[(row + i) * step.column_tiles + sent.column + j] =
          sent.put_out + i * rows.period + j * sent.along_row.period;
    }
  }
}

/// Sends a tile's sums through the pipeline and out of the accumulators to the vector unit.
void Mxu::send(const Step& step, const ArrayTile& tile) {
  DataflowExtension& write = write_sums_.said;
  write.cycle = pace_.drain();
  write.words = tile.output_words;
  write.moves_data = functional_.enabled;
  send_tile(step, tile);
  repeatable_ = repeatable_ && write.repeatable;
  sent_.push_back({tile.column, write.cycle, write.put_out, {}});
  note_sums(step, tile.row, sent_.back(), {});
  pace_.drained_at(write.done, write.sink_slower);
  put_out_ = write.put_out;
  stored_ = std::max(stored_, write.stored);
}

void Mxu::send_tile(const Step& step, const ArrayTile& tile) {
  write_sums_.said.tile = &tile;
  write_sums_.said.format = &plan_->task().output;
  const std::uint64_t block = tile.column / plan_->tiles_of_block();
  write_sums_(sums, tlm::TLM_WRITE_COMMAND, plan_->result_address(step, tile.row, block), tile.values() * sizeof(float),
              functional_.enabled ? values_.tile(tile) : nullptr);
}

// --- data ---

void Mxu::fetch_values(tlm_utils::simple_initiator_socket<Mxu>& socket, DataflowAccess& read, std::uint64_t address,
                       std::uint64_t bytes, std::uint8_t* to) {
  read.said = DataflowExtension();
  read.said.timed = false;
  read.said.counted = false;
  read.said.moves_data = true;
  read(socket, tlm::TLM_READ_COMMAND, address, bytes, to);
  read.said = DataflowExtension();
}

// --- level cycle ---

void Mxu::begin_clocks(StepBoard& board) {
  plan_ = &board.plan();
  if (functional_.enabled) values_.begin(*plan_);
  clocked_.begin(board, group_cycles(), config_.fill_cycles, activation_words_per_cycle_);
}

ClockedArray::Clocked Mxu::tick(std::uint64_t cycle, ArrayState tail, bool held_up) {
  const ClockedArray::Clocked clocked =
      clocked_.tick(*activation_port.operator->(), *weight_port.operator->(), cycle, tail, held_up);
  if (clocked.took == nullptr) {
    ++stalls_[clocked.state];
    return clocked;
  }
  Work work;
  if (clocked.last) work = operand_work(*clocked.took);
  work.busy_cycles = 1;
  work.pe_cycles = clocked.took->values();
  count(work);
  return clocked;
}

void Mxu::skip(std::uint64_t groups, const Counted& before, const Counted& after, std::uint64_t times) {
  clocked_.skip(groups);
  count((after.work - before.work) * times);
  stalls_.add(after.stalls, before.stalls, times);
}

void Mxu::add_losses(DataLosses& losses) const {
  losses.overflows.group_dots += values_.overflows().group_dots;
  losses.overflows.outputs += values_.overflows().outputs;
  losses.misread = values_.misread();
}

void Mxu::move_values(const Step& step) {
  values_.compute(*plan_, step);
  for (std::uint64_t row = 0; row < step.row_tiles; ++row) {
    for (std::uint64_t column = 0; column < step.column_tiles; ++column) {
      const ArrayTile tile = plan_->tile(step, row, column);
      write_sums_.said = DataflowExtension();
      write_sums_.said.timed = false;
      write_sums_.said.counted = false;
      write_sums_.said.moves_data = true;
      send_tile(step, tile);
    }
  }
}

// --- end of a GeMM, and what an observer sees ---

void Mxu::finish(std::uint64_t cycle) {
  if (!computed_) {
    stalls_[ArrayState::dram] += cycle;  // aborted during the first loads
    show(ArrayState::dram, 0, cycle);
  } else {
    const std::uint64_t fill = config_.fill_cycles;
    stalls_[ArrayState::fill] += fill;
    stalls_[ArrayState::drain] += put_out_ - pace_.done - fill;
    stalls_[ArrayState::compressor] += stored_ - put_out_;
    stalls_[ArrayState::dram] += cycle - stored_;
    show(ArrayState::fill, pace_.done, fill);
    show(ArrayState::drain, pace_.done + fill, put_out_ - pace_.done - fill);
    show(ArrayState::compressor, put_out_, stored_ - put_out_);
    show(ArrayState::dram, stored_, cycle - stored_);
  }
  stalls_[ArrayState::activation_port] += pace_.port[0];
  stalls_[ArrayState::weight_port] += pace_.port[1];
  stalls_[ArrayState::drain] += pace_.out[0];
  stalls_[ArrayState::compressor] += pace_.out[1];
}

/// Shows what the array waited for before a tile, one cause after another; the first held_ cycles of a step's waiting
/// are for a buffer half.
void Mxu::show_waits(const ArrayPace& before, std::uint64_t started) {
  shown_.started = std::min(shown_.started, started);
  std::uint64_t from = before.done;
  const auto next = [&](ArrayState state, std::uint64_t cycles) {
    show(state, from, cycles);
    from += cycles;
  };
  const std::uint64_t waited = pace_.waited - before.waited;
  const std::uint64_t full = std::min(pace_.waited, held_) - std::min(before.waited, held_);
  next(ArrayState::buffer_full, full);
  next(ArrayState::dram, waited - full);
  next(ArrayState::activation_port, pace_.port[0] - before.port[0]);
  next(ArrayState::weight_port, pace_.port[1] - before.port[1]);
  next(ArrayState::drain, pace_.out[0] - before.out[0]);
  next(ArrayState::compressor, pace_.out[1] - before.out[1]);
}

void Mxu::show_step(const Step& step) {
  observer_->step(step.m, step.n, step.k, {shown_.started, pace_.done});
  observer_->leave_half(Operand::activations, step.activation_half, pace_.done);
  observer_->leave_half(Operand::weights, step.weight_half, pace_.done);
}

void Mxu::show(ArrayState state, std::uint64_t from, std::uint64_t cycles) {
  if (observer_ != nullptr && cycles > 0) observer_->array(state, {from, from + cycles});
}

}  // namespace anda
