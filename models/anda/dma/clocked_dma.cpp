// SPDX-License-Identifier: Apache-2.0
#include <anda/dma/clocked_dma.h>

#include <utility>

#include <anda/base/process.h>
#include <anda/dataflow/weights_ahead.h>

namespace anda {

ClockedDma::ClockedDma(sc_core::sc_module_name name, Dma& dma) : sc_module(name), dma_(dma), post_("post") {
  ANDA_HAS_PROCESS(ClockedDma);
  SC_THREAD(process);
}

void ClockedDma::begin(StepBoard& board, Compute compute) {
  board_ = &board;
  compute_ = std::move(compute);
  planned_.clear();
  posted_.clear();
  dma_.begin();
}

void ClockedDma::open_step() {
  if (board_->ended()) return;
  StepUnderWay* const before = board_->empty() ? nullptr : &board_->last();
  StepUnderWay* const opened = board_->open();
  if (opened != nullptr) {
    plan_loads(*opened);
  } else {
    plan_ahead();
  }
  if (before != nullptr) plan_stores(*before);
}

/// The arrival of a panel is that of its last transfer.
void ClockedDma::plan_loads(StepUnderWay& step) {
  const Step& at = step.at;
  board_->plan().loads(at, [&](const Transfer& transfer) {
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

void ClockedDma::plan_stores(StepUnderWay& step) {
  TransferUnderWay store;
  store.step = &step;
  store.block = step.at.first_block;
  board_->plan().stores(step.at, [&](const Transfer& transfer) {
    store.transfer = transfer;
    planned_.push_back(store);
    ++store.block;
    ++step.transfers_left;
  });
}

/// Treats them as the weights of one more step, which is never computed.
void ClockedDma::plan_ahead() {
  weights_ahead_ = board_->take_ahead();
  if (weights_ahead_ == nullptr) return;
  ahead_ = StepUnderWay();
  ahead_.at.load_weights = true;
  ahead_.at.weight_half = weights_ahead_->half;
  weights_ahead_->each([&](const Transfer& transfer) {
    TransferUnderWay load;
    load.transfer = transfer;
    load.step = &ahead_;
    planned_.push_back(load);
    ++ahead_.transfers_left;
    ++ahead_.loads_left;
  });
}

void ClockedDma::tick(std::uint64_t cycle, std::uint64_t blocks) {
  while (!planned_.empty()) {
    TransferUnderWay& next = planned_.front();
    StepUnderWay& of = *next.step;
    if (!may_start(next, cycle, blocks)) break;
    if (!next.transfer.store) {
      if (!of.loading) start_loading(of, cycle);
      --of.loads_left;
    }
    --of.transfers_left;
    ++of.posted;
    next.earliest = cycle;
    posted_.push_back(next);
    planned_.pop_front();
    post_.notify(sc_core::SC_ZERO_TIME);
  }
  planned_count_ = planned_.size();
  busy_ = !posted_.empty() || transferring(cycle);
  StepUnderWay* const waiting = held_up(cycle);
  if (waiting != nullptr) ++waiting->held;
}

StepUnderWay* ClockedDma::held_up(std::uint64_t cycle) const {
  if (planned_.empty() || !posted_.empty() || transferring_ || dma_.loading(cycle)) return nullptr;
  return board_->loading();
}

std::uint64_t ClockedDma::quiet_clocks(std::uint64_t cycle, std::uint64_t blocks) const {
  if (!posted_.empty() || transferring_ || dma_.awaits()) return 0;
  if (!planned_.empty() && may_start(planned_.front(), cycle, blocks)) return 0;
  return dma_.unchanged(cycle);
}

const std::uint64_t* ClockedDma::store_waiting() const {
  return !planned_.empty() && planned_.front().transfer.store ? &planned_.front().block : nullptr;
}

/// Whether the next transfer may start: results once their block is complete, operands once their halves are free.
bool ClockedDma::may_start(const TransferUnderWay& next, std::uint64_t cycle, std::uint64_t blocks) const {
  if (next.transfer.store) return blocks > next.block;
  const StepUnderWay& of = *next.step;
  if (of.loading) return true;
  const Step& at = of.at;
  if (at.load_activations && dma_.activation_credits->free_from(at.activation_half) > cycle) return false;
  return !at.load_weights || dma_.weight_credits->free_from(at.weight_half) <= cycle;
}

/// Acquires the buffer halves for a step's operands.
void ClockedDma::start_loading(StepUnderWay& of, std::uint64_t cycle) {
  const Step& at = of.at;
  of.loading = true;
  dma_.weight_credits->acquire(at.weight_half);
  if (&of == &ahead_) {
    if (observer_ != nullptr) {
      observer_->load_half(Operand::weights, at.weight_half, weights_ahead_->bytes(), cycle);
    }
    return;
  }
  dma_.activation_credits->acquire(at.activation_half);
  const StepPlan& plan = board_->plan();
  if (observer_ != nullptr && at.load_activations) {
    observer_->load_half(Operand::activations, at.activation_half, plan.loaded_activation_bytes(at), cycle);
  }
  if (observer_ != nullptr && at.load_weights) {
    observer_->load_half(Operand::weights, at.weight_half, plan.loaded_weight_bytes(at), cycle);
  }
}

void ClockedDma::process() {
  for (;;) {
    while (posted_.empty()) sc_core::wait(post_);
    const TransferUnderWay transfer = posted_.front();
    StepUnderWay& of = *transfer.step;
    posted_.pop_front();
    transferring_ = true;
    // The values of a step are computed together, so none of its results leaves before all its operands have arrived.
    if (transfer.transfer.store) dma_.await(of.loads_asked);
    if (!dma_.stopped()) deliver(transfer);  // otherwise operands may be missing
    --of.posted;
    transferring_ = false;
  }
}

void ClockedDma::deliver(const TransferUnderWay& transfer) {
  StepUnderWay& of = *transfer.step;
  if (transfer.transfer.store) {
    compute_(of);  // all operands of the step have arrived
    dma_.store(transfer.transfer, transfer.earliest);
  } else {
    dma_.load(transfer.transfer, transfer.earliest, transfer.arrival);
    of.loads_asked = dma_.asked();
  }
}

}  // namespace anda
