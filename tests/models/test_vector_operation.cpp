// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "models/machine.h"

// Operations of the vector unit, cycle for cycle; docs/timing.md has the rules. The machine and its memory are those of
// test_hand_worked.cpp: 64 FPUs, a latency of 4 cycles, a tree of 6 levels over the FPUs, exponential, reciprocal and
// root take an FPU 4 cycles.

using namespace anda;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::stalls;

namespace {

VectorTask task_of(VectorOperation operation, std::uint32_t rows, std::uint32_t columns, std::uint32_t bits = 0) {
  VectorTask task;
  task.operation = operation;
  task.rows = rows;
  task.columns = columns;
  task.output = {bits, 64};
  return task;
}

/// Operations on machines of their own, at level fast and at level cycle, which have to agree in every counter.
class VectorOperationBench {
 public:
  std::size_t add(const AcceleratorConfig& machine, const VectorTask& task) {
    AcceleratorConfig config = machine;
    for (const Level level : {Level::fast, Level::cycle}) {
      config.level = level;
      machines_.push_back(std::make_unique<Machine>(config));
    }
    tasks_.push_back(task);
    return tasks_.size() - 1;
  }

  Machine::Result run(std::size_t i) {
    Machine::Result result = machines_[2 * i]->run(tasks_[i]);
    CHECK(result == machines_[2 * i + 1]->run(tasks_[i]));
    CHECK(result.at("controller.cycles") == result.at("mxu.busy_cycles") + stalls(result));
    return result;
  }

 private:
  std::vector<std::unique_ptr<Machine>> machines_;
  std::vector<VectorTask> tasks_;
};

Machine::Result run(const AcceleratorConfig& machine, const VectorTask& task) {
  VectorOperationBench bench;
  return bench.run(bench.add(machine, task));
}

}  // namespace

TEST_CASE("A softmax of sixteen rows, cycle for cycle") {
  const auto result = run(machine_of(PeKind::fp_fp), task_of(VectorOperation::softmax, 16, 64));
  // Load: 16 · 64 · 2 = 2048 bytes, 64 bursts: 38 + 64 · 0.133929 = 46.571 ns = 13.27 cycles: there at cycle 14.
  // Pass 1, maximum: 1024 elements / 64 = 16 cycles, latency 4, tree 6: cycle 40. The port brings 16 words in 8 cycles.
  // Pass 2, subtract, exponential, sum: (2 + 4) · 16 = 96, latency 4, tree 6: cycle 146.
  // Pass 3, times the reciprocal of the sum: 16, and 16 rows · 4 / 64 = 1: cycle 163. Results leave under its last 16
  // cycles and 4 later: the last is in the buffer at 167. They are 2048 bytes, 64 bursts: 167 · 3.50877 + 8.571 =
  // 594.54 ns = 169.44 cycles: done at 170.
  CHECK(result.at("controller.cycles") == 170);
  CHECK(result.at("stall.vector") == 167 - 14);
  CHECK(result.at("stall.dram") == 14 + 3);
  CHECK(result.at("vector_unit.lane_cycles") == 1024 * (1 + 6 + 1) + 16 * 4);
  CHECK(result.at("vector_unit.values") == 1024);
  CHECK(result.at("activation_buffer.mantissa_words_written") == 16 + 16 + 16);  // operands, exponentials, results
  CHECK(result.at("activation_buffer.mantissa_words_read") == 3 * 16 + 16);      // three passes, the DMA
  CHECK(result.at("dram.read_bytes") == 2048);
  CHECK(result.at("dram.write_bytes") == 2048);
  CHECK(result.at("controller.vector_operations") == 1);
}

TEST_CASE("Results of the vector unit are compressed to Anda groups") {
  const auto result = run(machine_of(PeKind::anda), task_of(VectorOperation::rotary, 16, 128, 7));
  // Load: 4096 bytes, 128 bursts: 38 + 17.143 = 55.143 ns = 15.72 cycles: there at 16. One pass of 3 cycles an element:
  // 2048 · 3 / 64 = 96: cycle 112. Results leave at 21 a cycle, a block of 1024 in 49 cycles: the first from 16 to 65,
  // the second, which 1024 · 3 / 64 = 48 cycles on has its operands, from 65 to 114; 4 cycles later they are in the
  // compressor, and the last group's 8 planes are out 8 cycles after its last value: 114 + 4 + 8 = 126.
  // Store: two blocks of (7 + 1) · 128 + 10 = 1034 bytes, 65 bursts together: 126 · 3.50877 + 8.705 = 450.81 ns =
  // 128.48 cycles: done at 129.
  CHECK(result.at("compressor.groups") == 32);
  CHECK(result.at("dram.write_bytes") == 2 * 1034);
  CHECK(result.at("controller.cycles") == 129);
  CHECK(result.at("stall.dram") == 16 + 3);
}

TEST_CASE("A product on the vector unit takes one FPU cycle per multiply-accumulate") {
  VectorTask task = task_of(VectorOperation::multiply, 16, 64);
  task.depth = 64;
  task.weights = WeightFormat::fp16(64);
  const auto result = run(machine_of(PeKind::anda), task);
  // Loads: x of 2048 and the second operand of 8192 bytes, 320 bursts: 38 + 42.857 = 80.857 ns = 23.04 cycles: there at
  // 24. 16 · 64 · 64 / 64 = 1024 cycles: 1048. Then 1024 results leave in 16 cycles: 1064, in the buffer at 1068.
  // Store: 64 bursts, 1068 · 3.50877 + 8.571 = 3755.94 ns = 1070.44 cycles: done at 1071.
  CHECK(result.at("controller.cycles") == 1071);
  CHECK(result.at("vector_unit.macs") == 16 * 64 * 64);
  CHECK(result.at("mxu.macs") == 0);
}

TEST_CASE("The largest of each row are found one after another, cycle for cycle") {
  VectorTask task = task_of(VectorOperation::top_k, 16, 64);
  task.depth = 2;
  const auto result = run(machine_of(PeKind::fp_fp), task);
  // Load: 2048 bytes, 64 bursts, 38 + 8.571 = 46.571 ns = 13.27 cycles: there at 14. Each selection takes 1024 elements
  // of 2 steps, 32 cycles, then 4 of latency and 6 of the tree: to 56 and 98. What was found is put out in 16 cycles:
  // 114, in the buffer at 118. Store: 64 bursts, 118 · 3.50877 + 8.571 = 422.61 ns = 120.44 cycles: done at 121.
  CHECK(result.at("controller.cycles") == 121);
  CHECK(result.at("vector_unit.lane_cycles") == 5 * 1024);
}

TEST_CASE("Operands of the next rows arrive while the vector unit computes") {
  VectorOperationBench bench;
  bench.add(machine_of(PeKind::fp_fp), task_of(VectorOperation::layer_norm, 16, 4096));
  bench.add(machine_of(PeKind::fp_fp), task_of(VectorOperation::layer_norm, 64, 4096));
  const auto one = bench.run(0);
  const auto four = bench.run(1);
  // A panel of 16 rows: 65536 elements; sums 3 · 1024 + 10 cycles, result 4 · 1024 and 16 · 7 / 64 = 2: 7180 cycles,
  // far more than its 131072 bytes take to come (155 cycles) and to go.
  const std::uint64_t panel = 3 * 1024 + 10 + 4 * 1024 + 2;
  CHECK(four.at("controller.cycles") == one.at("controller.cycles") + 3 * panel);
  CHECK(four.at("dram.read_bytes") == 4 * one.at("dram.read_bytes"));
}

TEST_CASE("Results do not leave before they are computed, however few lanes there are") {
  AcceleratorConfig narrow = machine_of(PeKind::fp_fp);
  narrow.vector_unit.fpus = 2;
  const auto result = run(narrow, task_of(VectorOperation::gelu, 16, 64));
  // Load: there at cycle 14. 1024 elements of 8 + 4 + 4 = 16 cycles on 2 lanes: 8192, to cycle 8206. The last value is
  // in the buffer 4 cycles later, 8210, though a value a cycle would have been out long before. Store: 64 bursts, 8210
  // · 3.50877 + 8.571 = 28815.6 ns = 8212.44 cycles: done at 8213.
  CHECK(result.at("controller.cycles") == 8213);
}

TEST_CASE("Results that leave more slowly than they are computed do not leave before they are there") {
  const auto result = run(machine_of(PeKind::fp_fp), task_of(VectorOperation::gated_silu, 16, 64));
  // Loads: x and the second operand, 4096 bytes, 128 bursts: 38 + 17.143 = 55.143 ns = 15.72 cycles: there at 16. 1024
  // elements of 2 + 4 + 4 + 1 = 11 cycles: 176, to cycle 192. Results leave at 64 / 11 = 5 a cycle, in 205 cycles, and
  // not before cycle 16: to 221, in the buffer at 225. Store: 64 bursts, 225 · 3.50877 + 8.571 = 798.04 ns = 227.44
  // cycles: done at 228.
  CHECK(result.at("controller.cycles") == 228);
}

TEST_CASE("Rows that do not fit are read from memory once per pass") {
  AcceleratorConfig small = machine_of(PeKind::fp_fp);
  small.activation_buffer.mantissa_bytes = 1u << 16;
  const VectorTask task = task_of(VectorOperation::softmax, 16, 1024);  // 32 KiB in, 32 KiB out
  VectorOperationBench bench;
  bench.add(machine_of(PeKind::fp_fp), task);
  bench.add(small, task);
  const auto fits = bench.run(0);
  const auto streams = bench.run(1);
  CHECK(fits.at("dram.read_bytes") == 16 * 1024 * 2);
  CHECK(streams.at("dram.read_bytes") == 3 * 16 * 1024 * 2);
  CHECK(streams.at("dram.write_bytes") == 16 * 1024 * 2);
  // The exponentials are not kept: subtract and exponential come again.
  // So does what is done once a row, in both parts of a panel.
  CHECK(streams.at("vector_unit.lane_cycles") - fits.at("vector_unit.lane_cycles") == 16 * 1024 * 5 + 16 * 4);
}

TEST_CASE("Every vector operation counts what it moves") {
  const auto any = [](VectorOperation operation) {
    VectorTask task = task_of(operation, 40, 200);
    if (operation == VectorOperation::multiply) task.depth = 96;
    if (operation == VectorOperation::top_k) task.depth = 3;
    if (operation == VectorOperation::multiply || operation == VectorOperation::quantise) task.weights = {4, 64, 16};
    return task;
  };
  VectorOperationBench bench;
  for (const auto& operation : vector_operations) bench.add(machine_of(PeKind::fp_fp), any(operation.value));
  for (std::size_t i = 0; i < vector_operations.size(); ++i) {
    const VectorOperation operation = vector_operations[i].value;
    INFO(vector_operations[i].name);
    const auto result = bench.run(i);
    const std::uint64_t x = 40 * (operation == VectorOperation::multiply ? 96 : 200) * 2;
    const std::uint64_t panels = 3;  // each of which takes the second operand of a product again
    std::uint64_t second = takes_second(operation) ? x : 0;
    if (operation == VectorOperation::multiply) second = panels * (96 * 200 / 2 + 2 * 200 * 2);
    CHECK(result.at("dram.read_bytes") == x + second);
    CHECK(result.at("dram.write_bytes") ==
          (operation == VectorOperation::quantise ? 40 * 200 / 2 + 40 * 4 * 2 : 40 * 200 * 2));
  }
}
