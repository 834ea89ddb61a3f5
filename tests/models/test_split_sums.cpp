// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "models/random_machines.h"

// A tile of a split k starts from partial sums that the step before left in the buffer, and waits until they are there.

using anda::AcceleratorConfig;
using anda::Level;
using anda::LoopOrder;
using anda::StepShape;
using anda::test::Machine;
using anda::test::RandomMachines;

namespace {

/// A memory that holds nothing up.
anda::DramConfig memory_without_waits() {
  anda::DramConfig config;
  config.data_rate_bit_per_s = 20e9;
  config.latency_ns = 1;
  return config;
}

/// Cycles of one tile of 16 × 16 results, its k cut into so many steps of two groups.
std::uint64_t cycles_of_steps(Machine& machine, std::uint32_t steps, std::uint32_t columns) {
  StepShape shape;
  shape.m = 16;
  shape.n = 64;
  shape.k = 128;
  return machine.run(machine.task(16, columns, 128 * steps, 7, 7), shape).at("controller.cycles");
}

}  // namespace

TEST_CASE("A step of one tile waits for the partial sums of the step before to be stored") {
  AcceleratorConfig config;
  config.vector_unit.fpus = 64;
  config.vector_unit.latency_cycles = 4;
  Machine fast(config, memory_without_waits());
  config.level = Level::cycle;
  Machine cycle(config, memory_without_waits());
  for (Machine* machine : {&fast, &cycle}) {
    // The first plane of a step waits at the pipeline's end while the step before computes 2 groups of 8 planes, drains
    // 256 results at 64 a cycle, and these pass the vector unit in 4: 24 cycles a step, not 16.
    CHECK(cycles_of_steps(*machine, 9, 16) - cycles_of_steps(*machine, 8, 16) == 16 + 4 + 4);
    // With three tiles a step only the drain and the vector unit of the first are left to hide: they are.
    CHECK(cycles_of_steps(*machine, 9, 48) - cycles_of_steps(*machine, 8, 48) == 3 * 16);
  }
}

TEST_CASE("Both levels wait equally long for partial sums in steps of few short tiles") {
  RandomMachines random(1113);
  struct Pair {
    std::unique_ptr<Machine> fast;
    std::unique_ptr<Machine> cycle;
  };
  std::vector<Pair> pairs;
  for (int i = 0; i < 40; ++i) {
    AcceleratorConfig config;
    config.mxu.rows = random.pick32({8, 16});
    config.mxu.fill_cycles = random.pick32({0, 1, 8, 30});
    config.vector_unit.fpus = random.pick32({16, 64, 128});
    config.vector_unit.latency_cycles = random.pick32({0, 4, 9, 40});
    config.compressor.lanes = random.pick32({4, 16});
    config.format.group_size = random.pick32({32, 64});
    Pair pair;
    pair.fast = std::make_unique<Machine>(config, memory_without_waits());
    config.level = Level::cycle;
    pair.cycle = std::make_unique<Machine>(config, memory_without_waits());
    pairs.push_back(std::move(pair));
  }
  for (int i = 0; i < 160; ++i) {
    const Pair& pair = pairs[static_cast<std::size_t>(i) % pairs.size()];
    const auto task = pair.fast->task(1 + random.below(64), 1 + random.below(192), 128 * (2 + random.below(6)),
                                      1 + random.below(16), 1 + random.below(16));
    StepShape shape;
    shape.m = 16 * (1 + random.below(2));
    shape.n = 64 * (1 + random.below(2));
    shape.k = 128 * (1 + random.below(2));
    shape.order = LoopOrder::mnk;  // in which they stay in the buffer
    INFO(task.m << " × " << task.n << " × " << task.k << ", M " << task.input.mantissa_bits << " to "
                << task.output.mantissa_bits << ", steps of " << shape.m << " × " << shape.n << " × " << shape.k
                << ", machine " << i % 40);
    CHECK(pair.fast->run(task, shape).at("controller.cycles") == pair.cycle->run(task, shape).at("controller.cycles"));
    CHECK(pair.cycle->read(ANDA_REG_ERROR_CODE) == 0);
  }
}
