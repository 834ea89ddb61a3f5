// SPDX-License-Identifier: Apache-2.0
// What CycleEngine does for a step or a tile and not every clock: steps, their transfers and their tiles.
#include <anda/engine/cycle_engine.h>

namespace anda {

/// Opens the next step of the plan: its loads, and after them the stores of the step before.
void CycleEngine::open_step() {
  if (steps_ended_) return;
  Step at;
  if (!plan_->next(at)) {
    steps_ended_ = true;
    plan_stores(steps_.back());
    return;
  }
  StepUnderWay* before = steps_.empty() ? nullptr : &steps_.back();
  steps_.emplace_back();
  StepUnderWay& opened = steps_.back();
  ++steps_opened_;
  opened.at = at;
  plan_loads(opened);
  if (before != nullptr) plan_stores(*before);
}

/// The loads of a step. A row's panel is there with the last of its transfers.
void CycleEngine::plan_loads(StepUnderWay& step) {
  const Step& at = step.at;
  step.activations.assign(at.row_tiles, at.load_activations || at.load_partial_sums ? never : 0);
  step.weights.assign(at.column_tiles, at.load_weights ? never : 0);
  if (at.first()) {
    step.weight_parts.assign(plan_->parts(), never);
    step.activation_parts.assign(plan_->parts(), never);
    step.activations[0] = 0;  // no tile but the first one uses them before its last part is there
    step.weights[0] = 0;
  }
  plan_->loads(at, [&](const Transfer& transfer) {
    TransferUnderWay load;
    load.transfer = transfer;
    load.step = &step;
    const bool part = at.first() && transfer.panel == 0;
    switch (transfer.operand) {
      case Operand::weights:
        load.arrival = part ? &step.weight_parts[transfer.piece] : &step.weights[transfer.panel];
        break;
      case Operand::activations:
        load.arrival = part ? &step.activation_parts[transfer.piece] : &step.activations[transfer.panel];
        break;
      case Operand::partial_sums:
        if (!at.load_activations && transfer.piece + 1 == at.row_blocks) {
          load.arrival = &step.activations[transfer.panel];
        }
        break;
      case Operand::results:
        break;
    }
    planned_.push_back(load);
    ++step.transfers_left;
    ++step.loads_left;
  });
}

void CycleEngine::plan_stores(StepUnderWay& step) {
  TransferUnderWay store;
  store.step = &step;
  store.block = step.at.first_block;
  plan_->stores(step.at, [&](const Transfer& transfer) {
    store.transfer = transfer;
    planned_.push_back(store);
    ++store.block;
    ++step.transfers_left;
  });
}

void CycleEngine::dma_process() {
  for (;;) {
    while (posted_.empty()) sc_core::wait(post_);
    const TransferUnderWay transfer = posted_.front();
    StepUnderWay& of = *transfer.step;
    posted_.pop_front();
    transferring_ = true;
    // The values of a step are computed together, so none of its results leaves before all its operands are there.
    if (transfer.transfer.store) dma_.await(of.loads_asked);
    if (!dma_.stopped()) hand_on(transfer);  // of what was stopped the operands may not be all there
    --of.posted;
    transferring_ = false;
  }
}

void CycleEngine::hand_on(const TransferUnderWay& transfer) {
  StepUnderWay& of = *transfer.step;
  if (transfer.transfer.store) {
    move_values(of);  // the DMA has brought all operands of a step before it takes the first of its results
    dma_.store(transfer.transfer, transfer.earliest);
  } else {
    dma_.load(transfer.transfer, transfer.earliest, transfer.arrival);
    of.loads_asked = dma_.asked();
  }
}

/// The values of a step's results; when they come is for the clocks to say.
void CycleEngine::move_values(StepUnderWay& step) {
  if (step.data_moved || !datapath_.mxu.functional()) return;
  step.data_moved = true;
  datapath_.mxu.move_values(step.at);
}

/// Opens the next tile of the array, and the block of results that it begins.
void CycleEngine::open_tile() {
  const Step& in = step(next_step_).at;
  const ArrayTile opened = plan_->tile(in, next_row_, next_column_);
  if (opened.column_of_block == 0) {
    if (opened.compress) {
      result_writer_.open_planes(opened.rows, opened.block_columns, plan_->task().output);
    } else {
      result_writer_.open_values(opened.rows, opened.block_columns, opened.partial_sums_out ? 32 : 16);
    }
  }
  ++next_column_;
  if (opened.last_of_row) {
    next_column_ = 0;
    ++next_row_;
  }
  if (opened.last_of_step) {
    next_row_ = 0;
    ++next_step_;
  }
  tiles_.push_back(opened);
}

}  // namespace anda
