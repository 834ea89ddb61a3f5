// SPDX-License-Identifier: Apache-2.0
#include <anda/engine/vector_engine.h>

#include <algorithm>
#include <array>
#include <utility>

namespace anda {

void VectorEngine::run(VectorPlan& plan, ControllerCounts& counts, const WeightsAhead* ahead_of_gemm) {
  struct Ahead {
    VectorStep step;
    Dma::Loads loads;
  };
  std::array<Ahead, 2> ahead;
  std::size_t left = 0;
  std::size_t turn = 0;
  const auto load = [&](Ahead& next) {
    next.loads = {};
    dma_.load(next.step, next.loads);
  };

  dma_.begin();
  vector_unit_.begin(plan);
  if (observer_ != nullptr) observer_->begin_gemm(sc_core::sc_time_stamp().value());
  for (Ahead& next : ahead) {
    if (!plan.next(next.step)) break;
    load(next);
    ++left;
  }
  const auto load_ahead = [&] {
    if (ahead_of_gemm != nullptr) dma_.load(*std::exchange(ahead_of_gemm, nullptr));
  };
  if (left < 2) load_ahead();
  std::uint64_t done = 0;    // end of the last computed step
  std::uint64_t stored = 0;  // cycle from which the results so far are in the buffer
  const auto show = [&](ArrayState state, std::uint64_t from, std::uint64_t to) {
    if (to <= from) return;
    array_.wait(state, to - from);
    if (observer_ != nullptr) observer_->array(state, {from, to});
  };
  for (; left > 0; turn ^= 1) {
    Ahead& now = ahead[turn];
    dma_.await(now.loads.asked);
    if (dma_.stopped()) break;
    const VectorUnit::Worked worked = vector_unit_.work(plan, now.step, done);
    show(ArrayState::dram, done, worked.started);
    show(ArrayState::vector, worked.started, worked.done);
    done = worked.done;
    stored = std::max(stored, worked.stored);
    dma_.release(now.step, done);
    if (now.step.store) dma_.store_results(*now.step.store);
    if (plan.next(now.step)) {
      load(now);
    } else {
      --left;
      load_ahead();
    }
    if (dma_.stopped()) break;
  }
  dma_.await(dma_.asked());
  const std::uint64_t end = std::max({done, stored, dma_.idle_from()});
  show(ArrayState::vector, done, stored);
  show(ArrayState::dram, std::max(done, stored), end);
  counts.cycles += end;
  if (!dma_.stopped()) ++counts.vector_operations;
  if (observer_ != nullptr) observer_->end_gemm(end);
  dma_.finish(end);
}

}  // namespace anda
