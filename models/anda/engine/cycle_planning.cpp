// SPDX-License-Identifier: Apache-2.0
// What CycleEngine does for a step or a tile and not every clock: steps, their transfers and their tiles.
#include <anda/engine/cycle_gemm.h>

#include <algorithm>

namespace anda {

namespace {

/// Extent of a piece of a tile that is cut in pieces of a width.
std::uint64_t piece(std::uint64_t extent, std::uint64_t width, std::uint64_t index) {
  return std::min(width, extent - index * width);
}

}  // namespace

/// Plans the next step of the schedule: its loads, and after them the stores of the step before.
void CycleEngine::open_step() {
  if (steps_ended_) return;
  Schedule::Step at;
  if (!schedule_->next(at)) {
    steps_ended_ = true;
    plan_stores(steps_.back());
    return;
  }
  Step* before = steps_.empty() ? nullptr : &steps_.back();
  steps_.emplace_back();
  Step& opened = steps_.back();
  ++steps_opened_;
  opened.at = at;
  opened.m = schedule_->m().extent(at.last_m);
  opened.n = schedule_->n().extent(at.last_n);
  opened.k = schedule_->k().extent(at.last_k);
  opened.row_tiles = ceil_div(opened.m, gemm_->array.rows);
  opened.column_tiles = ceil_div(opened.n, gemm_->array.columns);
  opened.first_block = blocks_;
  blocks_ += opened.row_tiles * ceil_div(opened.column_tiles, gemm_->operands.tiles_of_block);
  opened.activation_half = activation_halves_.plan(at.load_activations);
  opened.weight_half = weight_halves_.plan(at.load_weights);
  opened.slot = static_cast<std::uint32_t>(steps_opened_ & 1);
  plan_loads(opened);
  if (before != nullptr) plan_stores(*before);
}

/// The loads of a step, in the order in which its tiles need them.
void CycleEngine::plan_loads(Step& step) {
  const Gemm& gemm = *gemm_;
  const GemmOperands& operands = gemm.operands;
  const bool first = steps_opened_ == 1;
  const std::uint64_t first_row = step.at.m * operands.panels_m;
  const std::uint64_t first_column = step.at.n * operands.panels_n;
  step.activations.assign(step.row_tiles, step.at.load_activations || step.at.load_partial_sums ? never : 0);
  step.weights.assign(step.column_tiles, step.at.load_weights ? never : 0);

  const auto load = [&](Operand operand, std::uint64_t panel, std::uint64_t piece, const MemoryRun& run,
                        std::uint64_t* arrival) {
    Transfer transfer;
    transfer.step = &step;
    transfer.operand = operand;
    transfer.panel = panel;
    transfer.piece = piece;
    transfer.run = run;
    transfer.arrival = arrival;
    planned_.push_back(transfer);
    if (operand == Operand::activations) step.activation_bytes += run.bytes;
    if (operand == Operand::weights) step.weight_bytes += run.bytes;
    ++step.transfers_left;
    ++step.loads_left;
  };
  const auto load_row = [&](std::uint64_t row) {
    const std::uint64_t rows = piece(step.m, gemm.array.rows, row);
    std::uint64_t* const arrival = &step.activations[row];
    if (step.at.load_partial_sums) {
      const std::uint64_t blocks = ceil_div(step.column_tiles, operands.tiles_of_block);
      const std::uint64_t in_row = step.at.n * operands.blocks_n;
      for (std::uint64_t block = 0; block < blocks; ++block) {
        const bool last = block + 1 == blocks && !step.at.load_activations;
        load(Operand::partial_sums, row, block, operands.partial_sums.run(first_row + row, in_row + block),
             last ? arrival : nullptr);
      }
    }
    if (step.at.load_activations) {
      load(Operand::activations, row, 0, operands.activations.run(first_row + row, step.at.k), arrival);
      planned_.back().written = datapath_.activation_buffer.words(rows, step.k, gemm.task.input);
    }
  };
  const auto load_column = [&](std::uint64_t column) {
    if (!step.at.load_weights) return;
    load(Operand::weights, column, 0, operands.weights.run(first_column + column, step.at.k), &step.weights[column]);
  };

  if (first) {
    step.weight_parts.assign(operands.parts, never);
    step.activation_parts.assign(operands.parts, never);
    for (std::uint64_t part = 0; part < operands.parts; ++part) {
      const MemoryRun weights = operands.weight_parts.run(0, part);
      const MemoryRun activations = operands.activation_parts.run(0, part);
      load(Operand::weights, 0, weights.address - operands.weights.run(0, 0).address, weights,
           &step.weight_parts[part]);
      load(Operand::activations, 0, activations.address - operands.activations.run(0, 0).address, activations,
           &step.activation_parts[part]);
    }
    step.activations[0] = 0;  // no tile but the first one uses them before its last part is there
    step.weights[0] = 0;
    planned_.back().written =
        datapath_.activation_buffer.words(std::min<std::uint64_t>(step.m, gemm.array.rows), step.k, gemm.task.input);
  } else {
    load_column(0);
    load_row(0);
  }
  for (std::uint64_t column = 1; column < step.column_tiles; ++column) load_column(column);
  for (std::uint64_t row = 1; row < step.row_tiles; ++row) load_row(row);

  Transfer& last = planned_.back();
  if (step.at.load_weights) {
    last.weight_words =
        ceil_div(gemm.task.weights.bytes(step.k, step.n) * 8, datapath_.weight_buffer.config().word_bits);
  }
  if (step.at.load_partial_sums) last.written += datapath_.activation_buffer.partial_sum_words(step.m, step.n);
}

void CycleEngine::plan_stores(Step& step) {
  if (!step.at.store_outputs && !step.at.store_partial_sums) return;
  const GemmOperands& operands = gemm_->operands;
  const OperandLayout& layout = step.at.store_outputs ? operands.outputs : operands.partial_sums;
  const std::uint64_t blocks = ceil_div(step.column_tiles, operands.tiles_of_block);
  const std::uint64_t in_row = step.at.n * operands.blocks_n;
  Transfer transfer;
  transfer.step = &step;
  transfer.store = true;
  transfer.operand = step.at.store_outputs ? Operand::results : Operand::partial_sums;
  transfer.block = step.first_block;
  for (std::uint64_t row = 0; row < step.row_tiles; ++row) {
    for (std::uint64_t block = 0; block < blocks; ++block, ++transfer.block) {
      transfer.run = layout.run(step.at.m * operands.panels_m + row, in_row + block);
      transfer.panel = row;
      transfer.piece = block;
      planned_.push_back(transfer);
      ++step.transfers_left;
    }
  }
}

void CycleEngine::dma_process() {
  for (;;) {
    while (posted_.empty()) sc_core::wait(post_);
    const Transfer transfer = posted_.front();
    Step& of = *transfer.step;
    posted_.pop_front();
    transferring_ = true;
    // The values of a step are computed together, so none of its results leaves before all its operands are there.
    if (transfer.store) dma_.await(of.loads_asked);
    if (!dma_.stopped()) hand_on(transfer);  // of what was stopped the operands may not be all there
    --of.posted;
    transferring_ = false;
  }
}

void CycleEngine::hand_on(const Transfer& transfer) {
  std::uint8_t* const data = data_.enabled() ? data_of(transfer) : nullptr;
  const MemoryRun& run = transfer.run;
  if (transfer.store) {
    dma_.write(transfer.operand, run.address, run.bytes, transfer.earliest, data);
  } else {
    dma_.read(transfer.operand, run.address, run.bytes, transfer.earliest, transfer.arrival, data);
    transfer.step->loads_asked = dma_.asked();
  }
}

/// Where the bytes of a transfer are on chip.
std::uint8_t* CycleEngine::data_of(const Transfer& transfer) {
  Step& of = *transfer.step;
  if (transfer.store) {
    compute_data(of);  // the DMA has brought all operands of a step before it takes the first of its results
    return data_.result(of.slot, transfer.panel, transfer.piece);
  }
  switch (transfer.operand) {
    case Operand::activations:
      return data_.activation_room(of.at, of.activation_half, transfer.panel) + transfer.piece;
    case Operand::weights:
      return data_.weight_room(of.at, of.weight_half, transfer.panel) + transfer.piece;
    case Operand::partial_sums:
      return data_.partial_sum_room(of.at, of.slot, transfer.panel, transfer.piece);
    case Operand::results:
      break;
  }
  return nullptr;
}

/// The values of a step's results; when they come is for the clocks to say.
void CycleEngine::compute_data(Step& step) {
  if (step.data_computed) return;
  step.data_computed = true;
  data_.compute(step.at, step.activation_half, step.weight_half, step.slot);
}

void CycleEngine::open_tile() {
  const Gemm& gemm = *gemm_;
  const Step& in = step(next_step_);
  ArrayTile opened;
  opened.step = next_step_;
  opened.row = next_row_;
  opened.column = next_column_;
  opened.rows = piece(in.m, gemm.array.rows, opened.row);
  opened.columns = piece(in.n, gemm.array.columns, opened.column);
  opened.k = in.k;
  opened.groups = ceil_div(in.k, gemm.group);
  opened.last_of_row = opened.column + 1 == in.column_tiles;
  opened.last_of_step = opened.last_of_row && opened.row + 1 == in.row_tiles;
  opened.weight_words = datapath_.weight_buffer.words(gemm.group, opened.columns, gemm.task.weights.bits);
  const ActivationBuffer& buffer = datapath_.activation_buffer;
  opened.activation_slots = buffer.read_cycles(buffer.words(opened.rows, gemm.group, gemm.task.input).mantissa);
  opened.activation_words = buffer.words(opened.rows, in.k, gemm.task.input).mantissa;
  opened.exponent_words = buffer.words(opened.rows, gemm.group, gemm.task.input).exponent;
  opened.compress = in.at.last_k && gemm.compresses;
  opened.partial_sums = !in.at.last_k;
  opened.takes_partial_sums = in.at.k > 0;

  const std::uint64_t blocks_of_row = ceil_div(in.column_tiles, gemm.operands.tiles_of_block);
  const std::uint64_t in_block = opened.column % gemm.operands.tiles_of_block;
  opened.block = in.first_block + opened.row * blocks_of_row + opened.column / gemm.operands.tiles_of_block;
  opened.column_of_block = in_block * gemm.array.columns;
  if (in_block == 0) {
    const std::uint64_t columns = piece(in.n, gemm.block_columns, opened.column / gemm.operands.tiles_of_block);
    if (opened.compress) {
      result_writer_.open_planes(opened.rows, columns, gemm.task.output);
    } else {
      result_writer_.open_values(opened.rows, columns, opened.partial_sums ? 32 : 16);
    }
  }
  if (opened.last_of_row) {
    next_column_ = 0;
    ++next_row_;
  } else {
    ++next_column_;
  }
  if (opened.last_of_step) {
    next_row_ = 0;
    ++next_step_;
  }
  tiles_.push_back(opened);
}

}  // namespace anda
