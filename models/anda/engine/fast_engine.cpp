// SPDX-License-Identifier: Apache-2.0
#include <anda/engine/fast_engine.h>

#include <algorithm>

#include <anda/base/error.h>
#include <anda/dataflow/weights_ahead.h>

namespace anda {

void FastEngine::trace_blocks(sc_core::sc_trace_file&, const std::string&) {
  throw Error::input("waveforms need level cycle: level fast has no clocks to show");
}

void FastEngine::run(StepPlan& plan, ControllerCounts& counts) {
  dma_.begin();
  if (observer() != nullptr) observer()->begin_gemm(sc_core::sc_time_stamp().value());
  mxu_.begin(plan);
  turn_ = 0;
  left_ = 0;
  for (Ahead& next : ahead_) {
    next = Ahead();
    if (!plan.next(next.step)) break;
    dma_.load(plan, next.step, next.loads);
    ++left_;
  }
  if (left_ < 2) load_ahead(plan);
  while (left_ > 0) {
    Ahead& now = ahead_[turn_];
    dma_.await(now.loads.asked);
    if (dma_.stopped()) break;  // operands may be missing
    mxu_.compute(now.step, now.loads.held());
    ++counts.steps;
    turn_ ^= 1;
    const Step computed = now.step;
    dma_.note_idle(now.loads.idle_from);
    dma_.store(plan, computed);
    if (plan.next(now.step)) {
      dma_.load(plan, now.step, now.loads);
    } else {
      --left_;
      load_ahead(plan);
    }
    if (left_ == 2 && ahead_[turn_].step.like(computed)) follow_beat(plan, computed, counts);
    if (dma_.stopped()) break;
  }
  dma_.await(dma_.asked());
  const std::uint64_t end = std::max(mxu_.results_stored(), dma_.idle_from());
  mxu_.finish(end);
  counts.cycles += end;
  if (!dma_.stopped()) ++counts.gemms;
  if (observer() != nullptr) observer()->end_gemm(end);
  dma_.finish(end);
}

/// Loads the weights of the coming GeMM after the operands of the last step.
void FastEngine::load_ahead(StepPlan& plan) {
  if (const WeightsAhead* const ahead = plan.take_ahead()) dma_.load(*ahead);
}

/// Runs steps like the last one while the array keeps its beat and their operands arrive in time. On chip, such a step
/// repeats the previous one a period later; only memory is accessed for each step.
void FastEngine::follow_beat(StepPlan& plan, const Step& computed, ControllerCounts& counts) {
  const ArrayBlock::Beat beat = mxu_.beat();
  if (beat.period == 0 || !dma_.streams()) return;
  std::uint64_t done = beat.done;
  std::uint64_t stored = beat.stored;
  std::uint64_t steps = 0;
  std::uint64_t loads = 0;
  for (; left_ == 2 && !dma_.stopped(); turn_ ^= 1) {
    Ahead& now = ahead_[turn_];
    if (!now.step.like(computed) || now.loads.arrived >= done) break;
    done += beat.period;
    stored += beat.period;
    ++steps;
    dma_.note_idle(now.loads.idle_from);
    dma_.stream_out(plan.streamed_out(now.step), stored);
    const Step before = now.step;
    now.streamed = false;
    const bool more = plan.next(now.step);
    if (more && now.step.like(computed) && now.step.weight_half == before.weight_half) {
      dma_.stream_in(plan.streamed_in(now.step), done, now.loads);
      now.streamed = true;
      ++loads;
      continue;
    }
    mxu_.release(before, done);
    if (more) {
      dma_.load(plan, now.step, now.loads);
    } else {
      --left_;
      load_ahead(plan);
    }
  }
  counts.steps += steps;
  if (steps > 0) mxu_.repeat(computed, steps);
  tell_buffer(plan, computed, loads, steps);
}

/// Reports the transfers of these steps to the activation buffer: the number of words, and the arrival of the panels
/// that it holds now.
void FastEngine::tell_buffer(const StepPlan& plan, const Step& like, std::uint64_t loads, std::uint64_t stores) {
  if (loads > 0) dma_.streamed(plan.streamed_load(like), loads);
  if (stores > 0) dma_.streamed(plan.streamed_store(like), stores);
  for (Ahead& ahead : ahead_) {
    if (ahead.streamed) dma_.streamed(plan.streamed_load(ahead.step), ahead.loads);
    ahead.streamed = false;
  }
}

}  // namespace anda
