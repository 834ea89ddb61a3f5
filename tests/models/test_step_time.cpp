// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include <anda/dataflow/schedule.h>
#include <anda/dataflow/step_limits.h>

#include "models/machine.h"

using anda::AcceleratorConfig;
using anda::DramConfig;
using anda::DramLevel;
using anda::GemmTask;
using anda::LoopOrder;
using anda::PeKind;
using anda::Schedule;
using anda::StepLimits;
using anda::StepShape;
using anda::Tiling;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

/// Without refresh: runs as short as those below take 260 ns more or less by when they start.
DramConfig detailed_memory() {
  DramConfig dram;
  dram.level = DramLevel::detailed;
  dram.policy.refresh = anda::DramRefresh::none;
  return dram;
}

/// Every legal shape, in each order.
std::vector<StepShape> legal_shapes(const AcceleratorConfig& config, const GemmTask& task) {
  const StepLimits limits(config.mxu, config.format, config.activation_buffer, config.weight_buffer, task);
  std::vector<StepShape> shapes;
  for (std::uint32_t m = limits.m_step(); m < task.m + limits.m_step(); m += limits.m_step()) {
    for (std::uint32_t n = limits.n_step(); n < task.n + limits.n_step(); n += limits.n_step()) {
      for (std::uint32_t k = limits.k_step(); k < task.k + limits.k_step(); k += limits.k_step()) {
        for (const LoopOrder order : {LoopOrder::nkm, LoopOrder::mkn, LoopOrder::mnk}) {
          if (limits.legal({m, n, k, order})) shapes.push_back({m, n, k, order});
        }
      }
    }
  }
  return shapes;
}

std::uint64_t bytes_of(const GemmTask& task, const StepShape& shape) {
  return Schedule(task, shape).traffic(task, 16, 16).total_bytes();
}

}  // namespace

TEST_CASE("auto with a detailed memory is within 1.3 times the fastest of all legal shapes") {
  struct Gemm {
    std::uint32_t m, n, k;
    double least_traffic;  // how much slower than the fastest the shape of least traffic is at least
  };
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.clock_hz = 20e9;  // memory bounds it
  Machine machine(config, detailed_memory());
  for (const Gemm& gemm : {Gemm{512, 64, 256, 2.0}, Gemm{512, 64, 128, 3.0}, Gemm{16, 256, 1024, 1.7}}) {
    INFO(gemm.m << " × " << gemm.n << " × " << gemm.k);
    const GemmTask task = machine.task(gemm.m, gemm.n, gemm.k, 7, 7);
    const auto cycles = [&](const StepShape& shape) {
      return static_cast<double>(machine.run(task, shape).at("controller.cycles"));
    };
    double fastest = std::numeric_limits<double>::infinity();
    for (const StepShape& shape : legal_shapes(config, task)) fastest = std::min(fastest, cycles(shape));
    CHECK(cycles(choose_step(Tiling::automatic, config, task)) > gemm.least_traffic * fastest);
    CHECK(cycles(choose_step(Tiling::automatic, config, task, detailed_memory())) < 1.3 * fastest);
  }
}

TEST_CASE("auto with a detailed memory keeps the least traffic where the array bounds the GeMM") {
  const AcceleratorConfig config = machine_of(PeKind::anda);
  GemmTask task;
  task.m = 2048;
  task.n = 5120;
  task.k = 5120;
  task.input = {7, 64};
  task.output = {7, 64};
  task.weights = {4, 128};
  const StepShape least = choose_step(Tiling::automatic, config, task);
  const StepShape chosen = choose_step(Tiling::automatic, config, task, detailed_memory());
  CHECK(bytes_of(task, chosen) <= bytes_of(task, least));
  const StepLimits limits(config.mxu, config.format, config.activation_buffer, config.weight_buffer, task);
  CHECK(limits.legal(chosen));
}

TEST_CASE("auto with a detailed memory refuses a GeMM that no tile fits, as without one") {
  AcceleratorConfig config;
  config.weight_buffer.bytes = 1024;
  GemmTask task;
  task.m = 16;
  task.n = 64;
  task.k = 128;
  task.input = {8, 64};
  task.output = {8, 64};
  CHECK_THROWS_WITH(choose_step(Tiling::automatic, config, task, detailed_memory()),
                    Catch::Contains("accelerator.weight_buffer.bytes = 1024"));
}
