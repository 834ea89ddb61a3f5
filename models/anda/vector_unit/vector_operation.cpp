// SPDX-License-Identifier: Apache-2.0
#include <anda/vector_unit/vector_unit.h>

#include <algorithm>

namespace anda {

namespace {

std::uint64_t tree_levels(std::uint64_t lanes) {
  std::uint64_t levels = 0;
  while ((std::uint64_t{1} << levels) < lanes) ++levels;
  return levels;
}

/// Number of times that per-row work is done; `quantise` does it once per group.
std::uint64_t rows_of(const VectorTask& task, const VectorStep& step) {
  if (task.operation != VectorOperation::quantise) return step.rows;
  return step.rows * ceil_div(step.columns, task.weights.scale_group);
}

std::uint64_t elements_of(const VectorTask& task, const VectorStep& step) {
  return task.operation == VectorOperation::multiply ? step.macs : step.rows * step.columns;
}

}  // namespace

void VectorUnit::before_end_of_elaboration() {
  if (operands.size() > 0) return;
  nothing_ = std::make_unique<tlm_utils::simple_target_socket<VectorUnit>>("nothing");
  nothing_->register_b_transport(this, &VectorUnit::b_transport);
  operands.bind(*nothing_);
}

void VectorUnit::begin(const VectorPlan& plan) {
  passes_ = passes_of(plan.task(), plan.rows_fit());
  blocks_ = 0;
  own_operation_ = clock_.operation();
  if (functional_) own_values_.begin(plan, constants_);
}

/// Reads the operands of a step once. `there`: cycle at which they are in the buffer. Returns the cycle at which the
/// port has brought the last of them.
std::uint64_t VectorUnit::read_operands(const VectorPlan& plan, const VectorStep& step, std::uint64_t cycle,
                                        std::uint64_t& there) {
  std::uint64_t bytes = 0;
  for (const Transfer& transfer : step.loads) bytes += transfer.memory.bytes;
  DataflowExtension& said = operand_access_.said;
  said.cycle = cycle;
  said.words = plan.operand_words(step);
  said.first_words = said.words.data;
  said.moves_data = functional_;
  if (functional_) operand_bytes_.resize(bytes);
  operand_access_(operands, tlm::TLM_READ_COMMAND, step.loads.front().address, bytes,
                  functional_ ? operand_bytes_.data() : nullptr);
  there = std::max(cycle, said.arrived);
  return said.done;
}

/// Lane cycles of a pass.
std::uint64_t VectorUnit::pass_cycles(const VectorPlan& plan, const VectorStep& step, const VectorPass& pass) {
  const std::uint64_t of_elements = elements_of(plan.task(), step) * pass.element.cycles(config_);
  const std::uint64_t of_rows = rows_of(plan.task(), step) * pass.row.cycles(config_);
  lane_cycles_ += of_elements + of_rows;
  macs_ += step.macs;
  return cycles(of_elements) + cycles(of_rows);
}

VectorUnit::Worked VectorUnit::work(const VectorPlan& plan, const VectorStep& step, std::uint64_t free_from) {
  const std::size_t first = plan.rows_fit() ? 0 : step.reading;
  const std::size_t end = plan.rows_fit() ? passes_.size() : first + 1;
  Worked worked;
  worked.done = free_from;
  for (std::size_t i = first; i < end; ++i) {
    const VectorPass& pass = passes_[i];
    std::uint64_t start = 0;
    const std::uint64_t brought = read_operands(plan, step, worked.done, start);
    if (i == first) worked.started = start;
    if (functional_) own_values_.pass(plan, step, i, operand_bytes_);
    worked.done = std::max(start + pass_cycles(plan, step, pass), brought);
    if (i + 1 == passes_.size()) break;
    worked.done += config_.latency_cycles + (pass.reduces ? tree_levels(config_.fpus) : 0);
    if (pass.keeps) keep_values(step, worked.done);
  }
  if (step.store) put_out(plan, step, passes_.back(), worked);
  return worked;
}

/// Writes a pass's values in place of x, concurrently with its own reads.
void VectorUnit::keep_values(const VectorStep& step, std::uint64_t cycle) {
  DataflowExtension& said = operand_access_.said;
  said.cycle = cycle;
  said.first_words = 0;
  operand_access_(operands, tlm::TLM_WRITE_COMMAND, step.loads.front().address, step.loads.front().memory.bytes,
                  functional_ ? operand_bytes_.data() : nullptr);
}

/// The values of a block of results: FP32, row by row, or for `quantise` the bytes of the step.
unsigned char* VectorUnit::values_of(const VectorPlan& plan, const VectorStep& step, const ArrayTile& tile) {
  if (plan.task().operation == VectorOperation::quantise) {
    operand_bytes_ = own_values_.bytes();
    return operand_bytes_.data();
  }
  block_values_.resize(tile.values());
  for (std::uint64_t row = 0; row < tile.rows; ++row) {
    const float* from = &own_values_.results()[row * step.columns + tile.first_column - step.first_column];
    std::copy_n(from, tile.columns, &block_values_[row * tile.columns]);
  }
  return reinterpret_cast<unsigned char*>(block_values_.data());
}

/// Outputs the results of a step block by block, during its last pass (for `multiply`, after it).
void VectorUnit::put_out(const VectorPlan& plan, const VectorStep& step, const VectorPass& pass, Worked& worked) {
  const VectorTask& task = plan.task();
  const bool compresses = !task.output.is_fp16() && task.operation != VectorOperation::quantise;
  const bool adds_up = task.operation == VectorOperation::multiply;
  const std::uint64_t of_value = adds_up ? 1 : pass.element.cycles(config_);
  const Pace pace{std::max<std::uint64_t>(1, config_.fpus / of_value),
                  task.operation == VectorOperation::quantise ? plan.result_bytes(step.rows, step.columns) : 0};
  const std::uint64_t block = compresses ? plan.block_columns() : step.columns;
  const std::uint64_t under_way = cycles(step.rows * step.columns * of_value);
  const std::uint64_t start = adds_up ? worked.done : worked.done - std::min(worked.done, under_way);
  // The last beat of a block leaves once its last value is computed. If a value takes more cycles than there are lanes,
  // one-value beats would otherwise be faster than that.
  const auto computed = [&](std::uint64_t columns) { return start + cycles(step.rows * columns * of_value); };
  std::uint64_t free = worked.started;
  for (std::uint64_t column = 0; column < step.columns; column += block) {
    ArrayTile tile;
    tile.step = step.index;
    tile.first_row = step.first_row;
    tile.first_column = step.first_column + column;
    tile.rows = step.rows;
    tile.columns = tile.block_columns = std::min(block, step.columns - column);
    tile.block = blocks_++;
    tile.compress = compresses;
    tile.last_of_block = true;
    tile.last_of_step = tile.last_of_row = column + block >= step.columns;
    DataflowExtension said;
    const std::uint64_t beats = ceil_div(tile.values(), pace.values_per_cycle);
    const std::uint64_t last = computed(column + tile.columns);
    said.cycle = std::max({free, computed(column), last - std::min(last, beats)});
    said.tile = &tile;
    said.format = &task.output;
    said.words = plan.result_words(step.rows, tile.columns);
    said.moves_data = functional_;
    tlm::tlm_generic_payload payload;
    if (functional_) payload.set_data_ptr(values_of(plan, step, tile));
    payload.set_address(plan.result_address(step) + (column == 0 ? 0 : plan.result_bytes(step.rows, column)));
    pass_on(payload, said, pace);
    free = std::max(said.done, last);
    worked.stored = std::max(worked.stored, said.stored);
  }
  worked.done = std::max(worked.done, free);
}

}  // namespace anda
