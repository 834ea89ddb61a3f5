// SPDX-License-Identifier: Apache-2.0
// GeMMs as the C driver writes them: sizes, steps and descriptors are those of the library.
#include <anda_driver.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include <anda/dataflow/schedule.h>
#include <anda/dataflow/tensor_image.h>

#include "models/driver_io.h"
#include "models/random_machines.h"

using namespace anda;
using anda::test::gemm_of;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::polling;
using anda::test::waiting;

namespace {

using Words = Machine::Words;

/// A GeMM that the machine may run, in any format of weights, and the same as a task of the library.
struct RandomDriverGemm {
  anda_gemm gemm;
  GemmTask task;

  RandomDriverGemm(Machine& machine, const anda_device& device, std::mt19937& engine) {
    const auto up_to = [&](std::uint32_t most) { return 1 + static_cast<std::uint32_t>(engine()) % most; };
    const std::uint32_t bits = device.takes_groups != 0 ? up_to(16) : 0;
    gemm = gemm_of(up_to(600), up_to(600), up_to(20000), bits);
    gemm.weight_bits = up_to(device.weight_bits);
    gemm.encoded = up_to(4) / 4;
    gemm.shared_bits = gemm.encoded * (up_to(33) - 1);
    gemm.scale_format = gemm.encoded != 0 ? 0 : up_to(4) - 1;
    gemm.zero_points = device.has_zero_points != 0 && gemm.encoded == 0 ? up_to(2) - 1 : 0;
    task = machine.task(gemm.m, gemm.n, gemm.k, bits, bits);
    task.weights.bits = gemm.weight_bits;
    task.weights.encoded = gemm.encoded != 0;
    task.weights.scale_bits =
        gemm.encoded != 0 ? gemm.shared_bits : std::array<std::uint32_t, 4>{16, 5, 0, 8}[gemm.scale_format];
    task.weights.zero_bits = gemm.zero_points * gemm.weight_bits;
  }

  GemmDescriptor descriptor(Machine& machine, const StepShape& step) const {
    GemmDescriptor descriptor = machine.descriptor(task, step);
    descriptor.zero_points = gemm.zero_points != 0;
    descriptor.encoded_weights = task.weights.encoded;
    descriptor.scale_bits = task.weights.scale_bits;
    return descriptor;
  }
};

/// What the driver has written to the first place of the instruction memory.
Words written(Machine& machine) {
  Words words{};
  for (std::uint32_t i = 0; i < words.size(); ++i) words[i] = machine.read(ANDA_INSTRUCTION_MEMORY + 4 * i);
  return words;
}

}  // namespace

TEST_CASE("The driver loads weights ahead as the compiler's descriptor does") {
  Machine machine(machine_of(PeKind::anda));
  Machine other(machine_of(PeKind::anda));
  const anda_io io = waiting(machine);
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  anda_gemm gemm = gemm_of(16, 64, 64, 7);
  REQUIRE(anda_choose_step(&device, &gemm) == ANDA_OK);
  REQUIRE(anda_write_load_ahead(&device, 0, &gemm, 4) == ANDA_OK);
  REQUIRE(anda_write_gemm(&device, 1, &gemm) == ANDA_OK);
  REQUIRE(anda_write_gemm(&device, 2, &gemm) == ANDA_OK);
  CHECK(anda_run(&device, 3, 1000000) == ANDA_OK);
  const GemmTask task = other.task(16, 64, 64, 7, 7);
  const GemmDescriptor descriptor = other.descriptor(task, choose_step(Tiling::paper, machine_of(PeKind::anda), task));
  const auto expected = other.run(
      std::vector<Words>{LoadAheadDescriptor{descriptor, 4}.encode(), descriptor.encode(), descriptor.encode()});
  CHECK(anda_counter(&device, ANDA_COUNTER_CYCLES) == expected.at("controller.cycles"));
  CHECK(anda_counter(&device, ANDA_COUNTER_READ_BYTES) == expected.at("dma.read_bytes"));
  // Both GeMMs would load all their weights.
  CHECK(anda_counter(&device, ANDA_COUNTER_CYCLES) < 2 * other.run(descriptor).at("controller.cycles"));
  CHECK(anda_write_load_ahead(&device, device.descriptors, &gemm, 4) == ANDA_WRONG_ARGUMENT);
}

TEST_CASE("The driver refuses GeMMs that no descriptor can express and sizes that it cannot know") {
  Machine machine(machine_of(PeKind::anda));
  const anda_io io = polling(machine);
  anda_device device;
  REQUIRE(anda_open(&device, &io) == ANDA_OK);
  anda_gemm gemm = gemm_of(16, 64, 64, 7);
  gemm.encoded = 1;
  CHECK(anda_write_gemm(&device, 0, &gemm) == ANDA_OK);
  gemm.scale_format = 1;
  CHECK(anda_write_gemm(&device, 0, &gemm) == ANDA_WRONG_ARGUMENT);
  CHECK(anda_write_load_ahead(&device, 0, &gemm, 1) == ANDA_WRONG_ARGUMENT);
  for (std::uint32_t anda_gemm::*bits : {&anda_gemm::input_bits, &anda_gemm::output_bits}) {
    anda_gemm encoded = gemm_of(16, 64, 64, 7);
    encoded.*bits = ANDA_OPERAND_FORMAT + 1;
    CHECK(anda_choose_step(&device, &encoded) == ANDA_WRONG_ARGUMENT);
  }
}

TEST_CASE("The driver's sizes and tiles are those of the library, on random machines") {
  std::mt19937 engine(11);
  anda::test::RandomMachines random(11);
  std::vector<std::unique_ptr<Machine>> machines;
  for (int i = 0; i < 60; ++i) {
    AcceleratorConfig config = random.accelerator();
    config.format.weight_zero_points = i % 2 == 0;
    machines.push_back(std::make_unique<Machine>(config));
  }
  for (const auto& each : machines) {
    Machine& machine = *each;
    const AcceleratorConfig& config = machine.accelerator.config();
    const anda_io io = polling(machine);
    anda_device device;
    REQUIRE(anda_open(&device, &io) == ANDA_OK);
    CHECK(device.clock_khz == static_cast<std::uint32_t>(config.clock_hz / 1e3));
    for (int j = 0; j < 20; ++j) {
      const RandomDriverGemm random_gemm(machine, device, engine);
      anda_gemm gemm = random_gemm.gemm;
      const GemmTask& task = random_gemm.task;
      CHECK(anda_activation_bytes(&device, gemm.m, gemm.k, gemm.input_bits) ==
            tensor_bytes(gemm.m, gemm.k, task.input, config.mxu.rows));
      const std::uint64_t weights = tensor_bytes(gemm.k, gemm.n, task.weights, config.mxu.columns);
      CHECK(anda_second_bytes(&device, &gemm) == weights);
      if (gemm.zero_points == 0 && task.weights.scale_bits == 16)
        CHECK(anda_weight_bytes(&device, gemm.k, gemm.n, gemm.weight_bits) == weights);
      StepShape tile;
      try {
        tile = choose_step(Tiling::paper, config, task);
      } catch (const Error&) {
        CHECK(anda_choose_step(&device, &gemm) == ANDA_NO_STEP);
        continue;
      }
      REQUIRE(anda_choose_step(&device, &gemm) == ANDA_OK);
      CHECK(gemm.step_m == tile.m);
      CHECK(gemm.step_n == tile.n);
      CHECK(gemm.step_k == tile.k);
      CHECK(gemm.loop_order == static_cast<std::uint32_t>(tile.order));
      if (Schedule(task, tile).spills()) CHECK(anda_partial_sum_bytes(&gemm) == std::uint64_t{gemm.m} * gemm.n * 4);
      REQUIRE(anda_write_gemm(&device, 0, &gemm) == ANDA_OK);
      const GemmDescriptor expected = random_gemm.descriptor(machine, tile);
      CHECK(written(machine) == expected.encode());
      REQUIRE(anda_write_load_ahead(&device, 0, &gemm, 77) == ANDA_OK);
      CHECK(written(machine) == LoadAheadDescriptor{expected, 77}.encode());
    }
  }
}
