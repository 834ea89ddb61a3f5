// SPDX-License-Identifier: Apache-2.0
// Level fast: recurring work in the array is not computed again. If the state after some tiles equals the state before
// them, one period later, and the following operands arrive in time, the following tiles take the same period.
#include <anda/mxu/mxu.h>

namespace anda {

/// Whether the current state equals the state before some tiles, one period later.
bool Mxu::recurs(const Instants& before) const {
  const std::uint64_t period = pace_.done - before.pace.done;
  return fast_forward_ && repeatable_ && !functional_.enabled && observer_ == nullptr &&
         all_sums_stored_ <= pace_.done && pace_.waited == before.pace.waited && before.pace.recurs(pace_) &&
         put_out_ - before.put_out == period && stored_ - before.stored == period;
}

/// Advances by `times` more periods like the one since `before`.
void Mxu::go_on(const Instants& before, std::uint64_t times) {
  const std::uint64_t cycles = times * (pace_.done - before.pace.done);
  pace_.repeat(before.pace, times);
  put_out_ += cycles;
  stored_ += cycles;
}

/// Repeats the units of a row, from `column` on, that follow an equal unit and whose operands arrive in time. `start`:
/// state when that unit started. Returns the number of tiles repeated.
std::uint64_t Mxu::repeat_unit(const Step& step, std::uint64_t row, std::uint64_t column, const Instants& start) {
  const std::uint64_t unit = plan_->tiles_of_unit(step);
  const std::uint64_t whole = step.width / plan_->geometry().columns / unit;  // units of the full array width
  if (column >= whole * unit || !recurs(start)) return 0;
  Repeats units;
  units.period = pace_.done - start.pace.done;
  units.times = units_in_time(step, column, whole - column / unit, units.period);
  units.stride = plan_->unit_stride(step, row);
  units.blocks = 1;  // a unit of compressed results is one block
  if (units.times == 0) return 0;
  BufferWords activation_words;
  std::uint64_t weight_words = 0;
  const std::size_t first = sent_.size() - unit;
  for (std::uint64_t i = 0; i < unit; ++i) {
    const ArrayTile tile = plan_->tile(step, row, column + i);
    count(work(tile) * units.times);
    activation_words += tile.activations * units.times;
    weight_words += plan_->weight_words(tile, tile.groups) * units.times;
    const std::uint64_t cycle = sent_[first + i].cycle + units.period;
    sent_.push_back({column + i, cycle, sent_[first + i].put_out + units.period, units});
    note_sums(step, row, sent_.back(), {});
    write_sums_.said = DataflowExtension();
    write_sums_.said.cycle = cycle;
    write_sums_.said.along_row = units;
    if (i + 1 == unit) write_sums_.said.words = plan_->unit_words(step, row, column, units.times);
    send_tile(step, tile);
  }
  write_sums_.said = DataflowExtension();
  read_again(step, row, activation_words, weight_words);
  go_on(start, units.times);
  return units.times * unit;
}

/// Number of units, from `column` on, whose weights are in the buffer before the port needs them.
std::uint64_t Mxu::units_in_time(const Step& step, std::uint64_t column, std::uint64_t most, std::uint64_t period) {
  const std::uint64_t unit = plan_->tiles_of_unit(step);
  const std::uint64_t panel = plan_->task().weights.bytes(step.depth, plan_->geometry().columns);
  DataflowExtension& read = read_weights_.said;
  read = DataflowExtension();
  read.counted = false;
  const auto in_time = [&](std::uint64_t first, std::uint64_t units) {
    read_weights_(weights, tlm::TLM_READ_COMMAND, plan_->weight_address(step, column + first * unit),
                  units * unit * panel, nullptr);
    return read.arrived <= pace_.last_group + first * period;
  };
  std::uint64_t times = 0;
  if (in_time(0, most)) {
    times = most;
  } else {
    while (times < most && in_time(times, 1)) ++times;
  }
  read = DataflowExtension();
  return times;
}

/// Repeats the rows of tiles that follow an equal row and whose operands arrive in time; returns their number. `start`:
/// state when that row started.
std::uint64_t Mxu::repeat_row(const Step& step, std::uint64_t row, const Instants& start) {
  if (!recurs(start)) return 0;
  Repeats rows;
  rows.period = pace_.done - start.pace.done;
  rows.times = rows_in_time(step, row, rows.period);
  if (rows.times == 0) return 0;
  rows.stride = plan_->result_address(step, row, 0) - plan_->result_address(step, row - 1, 0);
  rows.blocks = step.row_blocks;
  if (step.k > 0) take_partial_sums(step, row, rows.times);
  repeat_sent(step, row, rows, plan_->output_words(step, row, rows.times));
  go_on(start, rows.times);
  return rows.times;
}

/// Number of full-height rows, from `row` on, whose operands are in the buffer before the array needs them.
std::uint64_t Mxu::rows_in_time(const Step& step, std::uint64_t row, std::uint64_t period) {
  const std::uint64_t height = plan_->geometry().rows;
  const std::uint64_t whole = step.height / height;
  DataflowExtension& read = read_activations_.said;
  read = DataflowExtension();
  read.counted = false;
  const auto arrived = [&](std::uint64_t address, std::uint64_t bytes) {
    read_activations_(activations, tlm::TLM_READ_COMMAND, address, bytes, nullptr);
    return read.arrived;
  };
  std::uint64_t times = 0;
  for (; row + times < whole; ++times) {
    const std::uint64_t starts = pace_.done + times * period;
    if (arrived(plan_->activation_address(step, row + times), plan_->task().input.bytes(height, step.depth)) >=
        starts) {
      break;
    }
    if (step.load_partial_sums && arrived(plan_->partial_sum_address(step, row + times, 0),
                                          plan_->partial_sum_bytes(step, row + times, 1)) >= starts) {
      break;
    }
  }
  read = DataflowExtension();
  return times;
}

/// Repeats the tiles in sent_ for the rows from this one on. `words`: buffer words that their results fill.
void Mxu::repeat_sent(const Step& step, std::uint64_t row, const Repeats& rows, const BufferWords& words) {
  BufferWords activation_words;
  std::uint64_t weight_words = 0;
  for (const Sent& sent : sent_) {
    const ArrayTile tile = plan_->tile(step, row, sent.column);
    const std::uint64_t times = sent.along_row.times * rows.times;
    count(work(tile) * times);
    activation_words += tile.activations * times;
    weight_words += plan_->weight_words(tile, tile.groups) * times;
    write_sums_.said = DataflowExtension();
    write_sums_.said.cycle = sent.cycle + rows.period;
    note_sums(step, row, {sent.column, 0, sent.put_out + rows.period, sent.along_row}, rows);
    write_sums_.said.along_row = sent.along_row;
    write_sums_.said.rows = rows;
    if (&sent == &sent_.back()) write_sums_.said.words = words;
    send_tile(step, tile);
  }
  write_sums_.said = DataflowExtension();
  read_again(step, row, activation_words, weight_words);
}

/// Reads the repeated operands in one transaction per port.
void Mxu::read_again(const Step& step, std::uint64_t row, const BufferWords& activation_words,
                     std::uint64_t weight_words) {
  read_activations_.said = DataflowExtension();
  read_activations_.said.words = activation_words;
  read_activations_(activations, tlm::TLM_READ_COMMAND, plan_->activation_address(step, row),
                    plan_->task().input.bytes(plan_->rows_of(step, row), step.depth), nullptr);
  read_weights_.said = DataflowExtension();
  read_weights_.said.words.data = weight_words;
  read_weights_(weights, tlm::TLM_READ_COMMAND, plan_->weight_address(step, 0),
                plan_->task().weights.bytes(step.depth, plan_->columns_of(step, 0)), nullptr);
}

Mxu::Beat Mxu::beat() const { return {recurs(before_) ? pace_.done - before_.pace.done : 0, pace_.done, stored_}; }

void Mxu::repeat(const Step& last, std::uint64_t times) {
  Step next = last;
  next.first_block += last.blocks();
  repeat_sent(next, 0, {times, pace_.done - before_.pace.done, 0, last.blocks()},
              plan_->output_words(last, 0, 1) * times);
  go_on(before_, times);
  repeatable_ = false;
}

}  // namespace anda
