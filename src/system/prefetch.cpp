// SPDX-License-Identifier: Apache-2.0
#include "system/prefetch.h"

#include <limits>

namespace anda::sim {
namespace {

/// Whether the second operand is part of the model rather than a result, so that software knows its address.
bool has_weights(const Gemm& gemm) {
  return gemm.second == SecondOperand::weights || gemm.kind == OpKind::output_head || gemm.kind == OpKind::router;
}

}  // namespace

Prefetch::Prefetch(const RunConfig& config, const AcceleratorConfig& accelerator, const Compiler& compiler)
    : compiler_(compiler), limit_(accelerator, config.dram) {}

KnownGemms::Ahead Prefetch::under(const Gemm& running, const Work& work, const Gemm& next) {
  if (running.decides_next || next.vector || !has_weights(next)) return {};
  const Work behind = compiler_.work(next);
  const auto* const task = std::get_if<GemmTask>(&behind);
  if (task == nullptr) return {};
  const std::string key = task_bytes(work) + task_bytes(behind);
  const auto found = remembered_.find(key);
  if (found != remembered_.end()) return {*task, found->second};
  const std::uint64_t loads = loads_under(work, *task);
  if (remembered_.size() < most_remembered) remembered_.emplace(key, loads);
  return {*task, loads};
}

std::uint64_t Prefetch::loads_under(const Work& work, const GemmTask& next) {
  const GemmDescriptor descriptor = compiler_.compile(next);
  const StepPlan plan(next, descriptor.step, descriptor.addresses, limit_.machine());
  const WeightsAhead all(plan, std::numeric_limits<std::uint32_t>::max());
  if (const auto* const vector = std::get_if<VectorTask>(&work)) return limit_.under(*vector, all);
  const auto& running = std::get<GemmTask>(work);
  return limit_.under(running, compiler_.compile(running).step, all);
}

LoadAheadDescriptor Prefetch::descriptor(const GemmTask& task, std::uint64_t loads) const {
  return {compiler_.compile(task), static_cast<std::uint32_t>(loads)};
}

}  // namespace anda::sim
