// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/step_plan.h>

#include <algorithm>
#include <utility>

#include <anda/base/math.h>
#include <anda/dataflow/weights_ahead.h>

namespace anda {

StepPlan::StepPlan(const GemmTask& task, const StepShape& shape, const GemmAddresses& addresses,
                   const MachineShape& machine)
    : StepPlan(task, shape, addresses, machine,
               StepLimits(machine.mxu, machine.format, machine.activation_buffer, machine.weight_buffer, task)) {}

StepPlan::StepPlan(const GemmTask& task, const StepShape& shape, const GemmAddresses& addresses,
                   const MachineShape& machine, const StepLimits& limits)
    : task_(task),
      geometry_(machine.geometry),
      schedule_(task, shape),
      operands_(task, shape, addresses, machine.mxu, limits, *machine.element),
      block_columns_(limits.n_step()) {
  for (const bool last : {false, true}) {
    const std::uint64_t m = schedule_.m().extent(last);
    const std::uint64_t n = schedule_.n().extent(last);
    const std::uint64_t tiles = ceil_div(n, geometry_.columns);
    extents_m_[last] = {m, ceil_div(m, geometry_.rows), 1};
    extents_n_[last] = {n, tiles, ceil_div(tiles, operands_.tiles_of_block)};
    depths_[last] = schedule_.k().extent(last);
  }
  const std::uint64_t height = std::min(shape.m, task.m);
  const std::uint64_t depth = std::min(shape.k, task.k);
  operand_bytes_ = height / geometry_.rows * task.input.bytes(geometry_.rows, depth);
  if (height % geometry_.rows != 0) operand_bytes_ += task.input.bytes(height % geometry_.rows, depth);
}

bool StepPlan::next(Step& step) {
  if (!schedule_.next(step)) return false;
  step.index = steps_++;
  const Extent& height = extents_m_[step.last_m];
  const Extent& width = extents_n_[step.last_n];
  step.height = height.size;
  step.width = width.size;
  step.depth = depths_[step.last_k];
  step.row_tiles = height.tiles;
  step.column_tiles = width.tiles;
  step.row_blocks = width.blocks;
  step.first_block = blocks_;
  blocks_ += step.blocks();
  if (step.load_activations) activation_half_ ^= 1;
  if (step.load_weights) weight_half_ ^= 1;
  step.activation_half = activation_half_;
  step.weight_half = weight_half_;
  step.result_half = static_cast<std::uint32_t>(step.index & 1);
  return true;
}

std::vector<Transfer> StepPlan::first_weights(std::uint64_t count) const {
  Step first;
  first.width = extents_n_[schedule_.n().count == 1].size;
  first.depth = depths_[schedule_.k().count == 1];
  const std::uint64_t columns = extents_n_[schedule_.n().count == 1].tiles;
  std::vector<Transfer> loads;
  for (std::uint64_t part = 0; part < operands_.parts && loads.size() < count; ++part) {
    loads.push_back(weight_part(first, part));
  }
  for (std::uint64_t column = 1; column < columns && loads.size() < count; ++column) {
    loads.push_back(weight_load(first, column));
  }
  return loads;
}

const WeightsAhead* StepPlan::take_ahead() {
  if (ahead_ != nullptr) ahead_->half = weight_half_ ^ 1;
  return std::exchange(ahead_, nullptr);
}

// --- addresses in the buffers ---

std::uint64_t StepPlan::activation_address(const Step& step, std::uint64_t row) const {
  return step.activation_half * geometry_.activation_half_bytes + row * task_.input.bytes(geometry_.rows, step.depth);
}

std::uint64_t StepPlan::weight_address(const Step& step, std::uint64_t column) const {
  return step.weight_half * geometry_.weight_half_bytes + column * task_.weights.bytes(step.depth, geometry_.columns);
}

std::uint64_t StepPlan::result_bytes(const Step& step, std::uint64_t rows, std::uint64_t columns) const {
  return step.last_k ? task_.output.bytes(rows, columns) : rows * columns * sizeof(float);
}

std::uint64_t StepPlan::result_address(const Step& step, std::uint64_t row, std::uint64_t block) const {
  return step.result_half * geometry_.activation_half_bytes + operand_bytes_ +
         row * result_bytes(step, geometry_.rows, step.width) +
         result_bytes(step, rows_of(step, row), block * block_columns_);
}

std::uint64_t StepPlan::sum_address(std::uint32_t half, const Step& step, std::uint64_t row,
                                    std::uint64_t block) const {
  return half * geometry_.activation_half_bytes + operand_bytes_ +
         (row * geometry_.rows * step.width + rows_of(step, row) * block * block_columns_) * sizeof(float);
}

std::uint64_t StepPlan::partial_sum_address(const Step& step, std::uint64_t row, std::uint64_t block) const {
  return sum_address(step.load_partial_sums ? step.result_half : step.result_half ^ 1, step, row, block);
}

// --- transfers ---

Transfer StepPlan::activation_load(const Step& step, std::uint64_t row) const {
  Transfer load;
  load.operand = Operand::activations;
  load.memory = operands_.activations.run(step.m * operands_.panels_m + row, step.k);
  load.address = activation_address(step, row);
  load.words = geometry_.activation_words(rows_of(step, row), step.depth, task_.input);
  load.panel = row;
  return load;
}

Transfer StepPlan::activation_part(const Step& step, std::uint64_t part) const {
  const std::uint64_t rows = rows_of(step, 0);
  const std::uint64_t length = operands_.part_length;
  Transfer load;
  load.operand = Operand::activations;
  load.memory = operands_.activation_parts.run(0, part);
  load.address = activation_address(step, 0) + load.memory.address - operands_.activation_parts.run(0, 0).address;
  load.words = geometry_.activation_words(rows, std::min((part + 1) * length, step.depth), task_.input) -
               geometry_.activation_words(rows, part * length, task_.input);
  load.piece = part;
  return load;
}

std::uint64_t StepPlan::words_to_column(const Step& step, std::uint64_t column) const {
  const std::uint64_t width = std::min(column * geometry_.columns, step.width);
  return ceil_div(task_.weights.bytes(step.depth, width) * 8, geometry_.weight_word_bits);
}

Transfer StepPlan::weight_load(const Step& step, std::uint64_t column) const {
  Transfer load;
  load.operand = Operand::weights;
  load.memory = operands_.weights.run(step.n * operands_.panels_n + column, step.k);
  load.address = weight_address(step, column);
  load.words.data = words_to_column(step, column + 1) - words_to_column(step, column);
  load.panel = column;
  return load;
}

/// The last part of a panel accounts for all its words.
Transfer StepPlan::weight_part(const Step& step, std::uint64_t part) const {
  Transfer load;
  load.operand = Operand::weights;
  load.memory = operands_.weight_parts.run(0, part);
  load.address = weight_address(step, 0) + load.memory.address - operands_.weight_parts.run(0, 0).address;
  if (part + 1 == operands_.parts) load.words.data = words_to_column(step, 1);
  load.piece = part;
  return load;
}

/// Partial sums are contiguous across all rows of a step: words from their start to a column of a row.
BufferWords StepPlan::partial_words_to(const Step& step, std::uint64_t row, std::uint64_t column) const {
  return geometry_.partial_sum_words(row * geometry_.rows * step.width + rows_of(step, row) * column);
}

BufferWords StepPlan::output_words(const Step& step, std::uint64_t row, std::uint64_t rows) const {
  BufferWords words;
  for (std::uint64_t i = row; i < row + rows; ++i) {
    words += result_words_to(step, i, step.width) - result_words_to(step, i, 0);
  }
  return words;
}

BufferWords StepPlan::partial_sum_words(const Step& step, std::uint64_t row, std::uint64_t rows) const {
  return partial_words_to(step, row + rows - 1, step.width) - partial_words_to(step, row, 0);
}

BufferWords StepPlan::unit_words(const Step& step, std::uint64_t row, std::uint64_t column, std::uint64_t units) const {
  const std::uint64_t width = tiles_of_unit(step) * geometry_.columns;
  if (step.last_k && compresses()) return geometry_.activation_words(rows_of(step, row), width, task_.output) * units;
  const std::uint64_t first = column * geometry_.columns;
  return result_words_to(step, row, first + units * width) - result_words_to(step, row, first);
}

BufferWords StepPlan::result_words_to(const Step& step, std::uint64_t row, std::uint64_t column) const {
  if (!step.last_k) return partial_words_to(step, row, column);
  return geometry_.activation_words(rows_of(step, row), column, task_.output);
}

Transfer StepPlan::partial_sum_load(const Step& step, std::uint64_t row, std::uint64_t block) const {
  Transfer load;
  load.operand = Operand::partial_sums;
  load.memory = operands_.partial_sums.run(step.m * operands_.panels_m + row, step.n * operands_.blocks_n + block);
  load.address = partial_sum_address(step, row, block);
  load.words = partial_words_to(step, row, std::min((block + 1) * block_columns_, step.width)) -
               partial_words_to(step, row, block * block_columns_);
  load.panel = row;
  load.piece = block;
  return load;
}

Transfer StepPlan::store(const Step& step, std::uint64_t row, std::uint64_t block) const {
  const OperandLayout& layout = step.store_outputs ? operands_.outputs : operands_.partial_sums;
  const std::uint64_t first = block * block_columns_;
  const std::uint64_t end = std::min(first + block_columns_, step.width);
  Transfer store;
  store.store = true;
  store.operand = step.store_outputs ? Operand::results : Operand::partial_sums;
  store.memory = layout.run(step.m * operands_.panels_m + row, step.n * operands_.blocks_n + block);
  store.address = result_address(step, row, block);
  store.words = result_words_to(step, row, end) - result_words_to(step, row, first);
  store.panel = row;
  store.piece = block;
  return store;
}

std::uint64_t StepPlan::loaded_activation_bytes(const Step& step) const {
  std::uint64_t bytes = 0;
  for (std::uint64_t row = 0; step.load_activations && row < step.row_tiles; ++row) {
    bytes += operands_.activations.run(step.m * operands_.panels_m + row, step.k).bytes;
  }
  return bytes;
}

std::uint64_t StepPlan::loaded_weight_bytes(const Step& step) const {
  std::uint64_t bytes = 0;
  for (std::uint64_t column = 0; step.load_weights && column < step.column_tiles; ++column) {
    bytes += operands_.weights.run(step.n * operands_.panels_n + column, step.k).bytes;
  }
  return bytes;
}

// --- tiles ---

ArrayTile StepPlan::tile(const Step& step, std::uint64_t row, std::uint64_t column) const {
  ArrayTile tile;
  tile.step = step.index;
  tile.row = row;
  tile.column = column;
  tile.first_row = step.m * schedule_.m().step + row * geometry_.rows;
  tile.first_column = step.n * schedule_.n().step + column * geometry_.columns;
  tile.rows = rows_of(step, row);
  tile.columns = columns_of(step, column);
  tile.k = step.depth;
  tile.groups = ceil_div(step.depth, geometry_.group);
  tile.last_of_row = column + 1 == step.column_tiles;
  tile.last_of_step = tile.last_of_row && row + 1 == step.row_tiles;
  const std::uint64_t in_block = column % operands_.tiles_of_block;
  const std::uint64_t block = column / operands_.tiles_of_block;
  tile.last_of_block = tile.last_of_row || in_block + 1 == operands_.tiles_of_block;
  tile.group_activations = geometry_.activation_words(tile.rows, geometry_.group, task_.input);
  tile.activations = geometry_.activation_words(tile.rows, step.depth, task_.input);
  tile.weight_words = geometry_.weight_words(geometry_.group, tile.columns, task_.weights.bits);

  tile.compress = step.last_k && compresses();
  tile.partial_sums_out = !step.last_k;
  tile.partial_sums_in = step.k > 0;
  tile.sums_before = step.finds_sums() ? step.tiles() : 0;
  tile.block = step.first_block + row * step.row_blocks + block;
  tile.column_of_block = in_block * geometry_.columns;
  tile.block_columns = piece(step.width, block_columns_, block);
  const std::uint64_t first = column * geometry_.columns;
  const std::uint64_t end = first + tile.columns;
  if (!tile.compress) {
    tile.output_words = result_words_to(step, row, end) - result_words_to(step, row, first);
  } else if (tile.last_of_block) {
    tile.output_words = geometry_.activation_words(tile.rows, tile.block_columns, task_.output);
  }
  return tile;
}

}  // namespace anda
