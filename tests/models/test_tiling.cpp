// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include <anda/dataflow/schedule.h>
#include <anda/dataflow/step_limits.h>

#include "models/random_machines.h"

using anda::AcceleratorConfig;
using anda::GemmTask;
using anda::LoopOrder;
using anda::Schedule;
using anda::StepLimits;
using anda::StepShape;
using anda::Tiling;
using anda::test::RandomMachines;

namespace {

GemmTask tiling_task(std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint32_t in, std::uint32_t out) {
  GemmTask task;
  task.m = m;
  task.n = n;
  task.k = k;
  task.input = {in, 64};
  task.output = {out, 64};
  return task;
}

StepLimits limits_of(const AcceleratorConfig& config, const GemmTask& task) {
  return {config.mxu, config.format, config.activation_buffer, config.weight_buffer, task};
}

/// Bytes of a schedule by walking through its steps, without the closed forms.
std::uint64_t walked_bytes(const AcceleratorConfig& config, const GemmTask& task, const StepShape& shape) {
  const auto size = [](std::uint64_t total, std::uint64_t tile, std::uint64_t index) {
    return std::min(tile, total - index * tile);
  };
  const auto panels = [](std::uint64_t total, std::uint64_t panel, auto bytes) {
    std::uint64_t sum = 0;
    for (std::uint64_t at = 0; at < total; at += panel) sum += bytes(std::min(panel, total - at));
    return sum;
  };
  Schedule schedule(task, shape);
  Schedule::Step step;
  std::uint64_t bytes = 0;
  while (schedule.next(step)) {
    const std::uint64_t m = size(task.m, shape.m, step.m);
    const std::uint64_t n = size(task.n, shape.n, step.n);
    const std::uint64_t k = size(task.k, shape.k, step.k);
    if (step.load_activations) {
      bytes += panels(m, config.mxu.rows, [&](std::uint64_t rows) { return task.input.bytes(rows, k); });
    }
    if (step.load_weights) {
      bytes += panels(n, config.mxu.columns, [&](std::uint64_t columns) { return task.weights.bytes(k, columns); });
    }
    if (step.load_partial_sums) bytes += m * n * 4;
    if (step.store_partial_sums) bytes += m * n * 4;
    if (step.store_outputs) {
      bytes += panels(m, config.mxu.rows, [&](std::uint64_t rows) { return task.output.bytes(rows, n); });
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("The paper's tile is k × 64 columns, 16 rows at a time") {
  const AcceleratorConfig config;
  const StepShape tile = choose_step(Tiling::paper, config, tiling_task(2048, 5120, 5120, 7, 5));
  CHECK(tile.m == 16);
  CHECK(tile.n == 64);
  CHECK(tile.k == 5120);
  CHECK(tile.order == LoopOrder::nkm);
}

TEST_CASE("A k that does not fit is cut into parts of nearly the same size") {
  // k × 64 weights of 4 bits with a scale of 16 bits for 128 of them take 33 bytes for each of k: in 512 KiB, 15,872
  // fit as a multiple of 128. 28,672 need two parts, 14,336 each.
  const AcceleratorConfig config;
  const StepShape tile = choose_step(Tiling::paper, config, tiling_task(2048, 7168, 28672, 4, 6));
  CHECK(tile.k == 14336);
  const auto traffic =
      Schedule(tiling_task(2048, 7168, 28672, 4, 6), tile).traffic(tiling_task(2048, 7168, 28672, 4, 6), 16, 16);
  CHECK(traffic.partial_sum_write_bytes == 2048ull * 7168 * 4);
  CHECK(traffic.partial_sum_read_bytes == 2048ull * 7168 * 4);
}

TEST_CASE("Partial sums stay on chip when the parts of a sum follow each other") {
  CHECK_FALSE(Schedule(tiling_task(16, 512, 4096, 8, 8), {16, 64, 1024, LoopOrder::nkm}).spills());
  CHECK(Schedule(tiling_task(17, 512, 4096, 8, 8), {16, 64, 1024, LoopOrder::nkm}).spills());
  CHECK_FALSE(Schedule(tiling_task(17, 512, 4096, 8, 8), {16, 64, 4096, LoopOrder::nkm}).spills());
  CHECK_FALSE(Schedule(tiling_task(17, 512, 4096, 8, 8), {16, 64, 1024, LoopOrder::mnk}).spills());
  CHECK(Schedule(tiling_task(17, 512, 4096, 8, 8), {32, 64, 1024, LoopOrder::mkn}).spills());
}

TEST_CASE("Steps visit every tile once, and traffic in closed form is what they move") {
  RandomMachines random(7);
  for (int i = 0; i < 200; ++i) {
    const AcceleratorConfig config = random.accelerator();
    const auto gemm = random.gemm();
    const GemmTask task = tiling_task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
    for (const LoopOrder order : {LoopOrder::nkm, LoopOrder::mkn, LoopOrder::mnk}) {
      const StepShape shape{config.mxu.rows * (1 + random.below(5)), 64 * (1 + random.below(5)),
                            128 * (1 + random.below(9)), order};
      Schedule schedule(task, shape);
      Schedule::Step step;
      std::uint64_t steps = 0;
      std::uint64_t outputs = 0;
      while (schedule.next(step)) {
        ++steps;
        if (step.store_outputs) ++outputs;
      }
      CHECK_FALSE(schedule.next(step));
      CHECK(steps == schedule.steps());
      CHECK(outputs == schedule.m().count * schedule.n().count);
      CHECK(schedule.traffic(task, config.mxu.rows, config.mxu.columns).total_bytes() ==
            walked_bytes(config, task, shape));
    }
  }
}

TEST_CASE("auto finds the least traffic of all legal shapes that keep k whole or one operand in its narrowest tile") {
  RandomMachines random(11);
  for (int i = 0; i < 40; ++i) {
    AcceleratorConfig config = random.accelerator();
    config.mxu.rows = 16;
    const auto gemm = random.gemm();
    const GemmTask task = tiling_task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
    const StepLimits limits = limits_of(config, task);
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (std::uint32_t m = 16; m < task.m + 16; m += 16) {
      for (std::uint32_t n = limits.n_step(); n < task.n + limits.n_step(); n += limits.n_step()) {
        for (std::uint32_t k = limits.k_step(); k < task.k + limits.k_step(); k += limits.k_step()) {
          for (const LoopOrder order : {LoopOrder::nkm, LoopOrder::mkn, LoopOrder::mnk}) {
            const StepShape shape{m, n, k, order};
            if (!limits.legal(shape)) continue;
            least = std::min(least, Schedule(task, shape).traffic(task, 16, config.mxu.columns).total_bytes());
          }
        }
      }
    }
    if (least == std::numeric_limits<std::uint64_t>::max()) {
      CHECK_THROWS_AS(choose_step(Tiling::automatic, config, task), anda::Error);
      continue;
    }
    const StepShape chosen = choose_step(Tiling::automatic, config, task);
    CHECK(limits.legal(chosen));
    INFO("m " << task.m << " n " << task.n << " k " << task.k << " chosen " << chosen.m << " × " << chosen.n << " × "
              << chosen.k << " order " << static_cast<int>(chosen.order));
    CHECK(Schedule(task, chosen).traffic(task, 16, config.mxu.columns).total_bytes() == least);
    const StepShape paper = choose_step(Tiling::paper, config, task);
    CHECK(least <= Schedule(task, paper).traffic(task, 16, config.mxu.columns).total_bytes());
  }
}

TEST_CASE("Buffers too small for any step are refused by name") {
  AcceleratorConfig config;
  config.weight_buffer.bytes = 1024;
  CHECK_THROWS_WITH(choose_step(Tiling::paper, config, tiling_task(16, 64, 128, 8, 8)),
                    Catch::Contains("accelerator.weight_buffer.bytes = 1024"));
  CHECK_THROWS_WITH(choose_step(Tiling::automatic, config, tiling_task(16, 64, 128, 8, 8)),
                    Catch::Contains("accelerator.weight_buffer.bytes = 1024"));
}
