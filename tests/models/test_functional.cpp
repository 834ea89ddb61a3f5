// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "models/functional_gemm.h"

using namespace anda;
using anda::test::FunctionalGemm;
using anda::test::Machine;

namespace {

DramConfig storing_memory() {
  DramConfig config;
  config.store_data = true;
  return config;
}

AcceleratorConfig functional(PeKind kind) {
  AcceleratorConfig config = test::machine_of(kind);
  config.functional.enabled = true;
  config.mxu.weight_bits = 8;
  return config;
}

void write(Machine& machine, std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  machine.place(address, bytes);
}
std::vector<std::uint8_t> read(Machine& machine, std::uint64_t address, std::uint64_t bytes) {
  return machine.contents(address, bytes);
}

std::vector<std::uint8_t> outputs(Machine& machine, const GemmDescriptor& descriptor, const GemmTask& task) {
  return read(machine, descriptor.addresses.outputs,
              tensor_bytes(task.m, task.n, task.output, machine.accelerator.config().mxu.rows));
}

GemmTask functional_task(const Machine& machine, std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint32_t input,
                         std::uint32_t output, std::uint32_t weight_bits = 4) {
  GemmTask task = machine.task(m, n, k, input, output);
  task.weights.bits = weight_bits;
  return task;
}

}  // namespace

TEST_CASE("Results in memory are those of the numeric library: every element, mantissa length and both dot formats") {
  std::vector<std::unique_ptr<Machine>> machines;
  for (const DotFormat format : {DotFormat::fp16, DotFormat::fp32}) {
    for (const auto& kind : pe_kinds) {
      AcceleratorConfig config = functional(kind.value);
      config.functional.dot_format = format;
      machines.push_back(std::make_unique<Machine>(config, storing_memory()));
    }
  }
  for (std::uint32_t bits = 1; bits <= 16; ++bits) {
    for (const auto& machine : machines) {
      const GemmTask task = functional_task(*machine, 37, 75, 300, bits, bits % 3 == 0 ? 0 : 17 - bits, 1 + bits % 8);
      const FunctionalGemm gemm(task, bits);
      const GemmDescriptor descriptor =
          machine->descriptor(task, choose_step(Tiling::automatic, machine->accelerator.config(), task));
      gemm.place(*machine, descriptor.addresses);
      machine->run(descriptor);
      INFO(machine->accelerator.config().mxu.processing_element.name() << " " << bits);
      CHECK(outputs(*machine, descriptor, task) == gemm.expected_bytes(*machine));
    }
  }
}

TEST_CASE("Results do not depend on the tiles, on split sums or on the array") {
  AcceleratorConfig small = functional(PeKind::anda);
  small.mxu.rows = 5;
  small.mxu.columns = 24;
  small.format.group_size = 16;
  small.format.weight_scale_group = 48;
  small.dma.max_burst_bytes = 256;
  std::vector<std::unique_ptr<Machine>> machines;
  for (const PeKind kind : {PeKind::fp_fp, PeKind::fp_int, PeKind::ifpu, PeKind::anda}) {
    machines.push_back(std::make_unique<Machine>(functional(kind), storing_memory()));
    small.mxu.processing_element = kind;
    machines.push_back(std::make_unique<Machine>(small, storing_memory()));
  }
  for (const auto& machine : machines) {
    const AcceleratorConfig& config = machine->accelerator.config();
    const GemmTask task = functional_task(*machine, 45, 150, 1000, 9, 6);
    const FunctionalGemm gemm(task, 7);
    const auto expected = gemm.expected_bytes(*machine);
    const StepLimits limits(config.mxu, config.format, config.activation_buffer, config.weight_buffer, task);
    bool spilled = false;
    for (const LoopOrder order : {LoopOrder::nkm, LoopOrder::mkn, LoopOrder::mnk}) {
      for (const std::uint32_t m : {1u, 2u, 50u}) {
        for (const std::uint32_t n : {1u, 2u, 4u}) {
          for (const std::uint32_t k : {1u, 3u, 30u}) {
            const StepShape shape{m * limits.m_step(), n * limits.n_step(), k * limits.k_step(), order};
            if (!limits.legal(shape)) continue;
            INFO(shape.m << " " << shape.n << " " << shape.k << " " << static_cast<int>(order));
            const GemmDescriptor descriptor = machine->descriptor(task, shape);
            gemm.place(*machine, descriptor.addresses);
            write(*machine, descriptor.addresses.outputs, std::vector<std::uint8_t>(expected.size(), 0xA5));
            machine->run(descriptor);
            CHECK(outputs(*machine, descriptor, task) == expected);
            spilled = spilled || Schedule(task, shape).spills();
          }
        }
      }
    }
    CHECK(spilled);
  }
}

TEST_CASE("Data moves take no time: a functional run counts what a timing-only run counts") {
  Machine real(functional(PeKind::anda), storing_memory());
  AcceleratorConfig config = functional(PeKind::anda);
  config.functional.enabled = false;
  Machine sizes(config);
  const GemmTask task = functional_task(real, 100, 200, 3000, 7, 7);
  for (const Tiling tiling : {Tiling::paper, Tiling::automatic})
    CHECK(real.run(task, tiling) == sizes.run(task, tiling));
}

TEST_CASE("The results of a GeMM are the activations of the next as they lie in memory") {
  Machine machine(functional(PeKind::anda), storing_memory());
  for (const std::uint32_t bits : {3u, 8u, 16u}) {
    const GemmTask first_task = functional_task(machine, 40, 136, 200, 11, bits);
    const GemmTask second_task = functional_task(machine, 40, 70, 136, bits, 0);
    const FunctionalGemm first(first_task, 1);
    FunctionalGemm second(second_task, 2);
    GemmDescriptor descriptors[] = {
        machine.descriptor(first_task, choose_step(Tiling::paper, machine.accelerator.config(), first_task)),
        machine.descriptor(second_task, choose_step(Tiling::automatic, machine.accelerator.config(), second_task))};
    descriptors[1].addresses.weights += 1u << 20;
    descriptors[1].addresses.activations = descriptors[0].addresses.outputs;
    descriptors[1].addresses.outputs = 1u << 26;
    second.place(machine, descriptors[1].addresses);
    first.place(machine, descriptors[0].addresses);  // its results will lie over the second's activations
    machine.run(descriptors[0]);
    machine.run(descriptors[1]);

    // Encoding again what was encoded changes nothing, so the reference may start from the decoded results.
    second.activations = unpack_activation_tensor(first.expected_bytes(machine), 40, 136, first_task.output, 16);
    CHECK(outputs(machine, descriptors[1], second_task) == second.expected_bytes(machine));
  }
}

TEST_CASE("A wrong bit in memory changes the results that depend on it and no others") {
  Machine machine(functional(PeKind::anda), storing_memory());
  const GemmTask task = functional_task(machine, 40, 50, 200, 8, 0);
  const FunctionalGemm gemm(task, 3);
  const GemmDescriptor descriptor =
      machine.descriptor(task, choose_step(Tiling::paper, machine.accelerator.config(), task));
  const auto changed_after = [&](std::uint64_t address, std::uint8_t flip) {
    gemm.place(machine, descriptor.addresses);
    auto byte = read(machine, address, 1);
    byte[0] ^= flip;
    write(machine, address, byte);
    machine.run(descriptor);
    const std::vector<Fp16> results =
        unpack_activation_tensor(outputs(machine, descriptor, task), task.m, task.n, task.output, 16);
    const std::vector<Fp16> expected = gemm.expected(machine);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> changed;
    for (std::uint64_t i = 0; i < results.size(); ++i) {
      if (results[i] != expected[i]) changed.emplace_back(i / task.n, i % task.n);
    }
    return changed;
  };
  CHECK(changed_after(1u << 28 | 1u << 20, 0xFF).empty());  // behind the weights

  // The first mantissa plane of panel 1, whose rows take 8 bytes each: row 16 + 3, elements 8 … 15 of the first group.
  const std::uint64_t panel = task.input.bytes(16, task.k);
  const auto rows = changed_after(descriptor.addresses.activations + panel + 16 * 8 + 3 * 8 + 1, 0x10);
  CHECK(rows.size() > 40);
  for (const auto& [row, column] : rows) CHECK(row == 19);

  // The sign of weight (5, 6) of panel 2, in the low nibble of its byte.
  const std::uint64_t weights = task.weights.bytes(task.k, 16);
  const auto columns = changed_after(descriptor.addresses.weights + 2 * weights + (5 * 16 + 6) / 2, 0x08);
  CHECK(columns.size() > 10);  // of 40 rows, less those that are 0 at k = 5
  for (const auto& [row, column] : columns) CHECK(column == 38);
}

TEST_CASE("Overflows, replaced infinities and lost elements are counted") {
  Machine machine(functional(PeKind::anda), storing_memory());
  const GemmTask task = functional_task(machine, 3, 64, 64, 11, 4);
  FunctionalGemm gemm(task, 5);
  for (std::uint64_t i = 0; i < gemm.activations.size(); ++i) gemm.activations[i] = i < 64 ? fp16_max : Fp16{0x3C00};
  std::fill(gemm.weights.codes.begin(), gemm.weights.codes.end(), 1);
  std::fill(gemm.weights.scales.begin(), gemm.weights.scales.end(), Fp16{0x3C00});
  gemm.weights.scales[5] = Fp16{0x0001};
  const GemmDescriptor descriptor =
      machine.descriptor(task, choose_step(Tiling::paper, machine.accelerator.config(), task));
  gemm.place(machine, descriptor.addresses);
  machine.run(descriptor);
  const DataLosses& losses = machine.accelerator.losses();
  CHECK(losses.overflows.group_dots == 64);  // row 0: 64 · 65504
  CHECK(losses.overflows.outputs == 0);      // its sums were infinite before
  CHECK(losses.saturated.infinities == 64);
  CHECK(losses.first_saturated_row == 0);
  CHECK(losses.first_saturated_column == 0);
  CHECK(losses.zeroed == 2);  // rows 1 and 2: 64 · 2^-24 beside 64
  const std::vector<Fp16> results =
      unpack_activation_tensor(outputs(machine, descriptor, task), 3, 64, task.output, 16);
  CHECK(results[0].bits == 0x7B80);  // 65504 cut to four bits
  CHECK(results[64].bits == 0x5400);
  CHECK(results[64 + 5].bits == 0);
}

TEST_CASE("Values that an aligning element cannot represent are replaced at every read and counted") {
  Machine machine(functional(PeKind::figna), storing_memory());
  const GemmTask task = functional_task(machine, 20, 100, 64, 0, 0);
  FunctionalGemm gemm(task, 6);
  const GemmDescriptor descriptor =
      machine.descriptor(task, choose_step(Tiling::paper, machine.accelerator.config(), task));
  gemm.activations[64 + 1] = fp16_infinity;
  gemm.activations[64 * 19 + 2] = fp16_nan;
  gemm.place(machine, descriptor.addresses);
  machine.run(descriptor);
  const std::uint64_t reads = 2;  // a step is 64 of the 100 columns wide
  CHECK(machine.accelerator.losses().misread.infinities == reads);
  CHECK(machine.accelerator.losses().misread.nans == reads);
  gemm.activations[64 + 1] = fp16_max;
  gemm.activations[64 * 19 + 2] = Fp16{};
  CHECK(outputs(machine, descriptor, task) == gemm.expected_bytes(machine));
}
