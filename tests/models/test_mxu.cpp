// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/mxu.h>
#include <anda/numeric/panel_codec.h>
#include <anda/numeric/reference/dot_row.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <optional>
#include <random>

#include "models/block_bench.h"

using namespace anda;
using namespace anda::test;

namespace {

/// The array of the paper alone, 16 × 16 elements, out of two memories. Tasks have M = 8: a group of 64 takes 9 cycles.
struct MxuBench {
  Clock clock{gigahertz};
  MachineShape shape;
  Mxu mxu;
  Neighbour activations{"activations"};
  Neighbour weights{"weights"};
  Neighbour sums{"sums"};
  BufferHalves activation_halves;
  BufferHalves weight_halves;
  std::optional<StepPlan> plan;
  Step step;

  explicit MxuBench(bool functional = false, const ActivationBufferConfig& activation_buffer = {},
                    const WeightBufferConfig& weight_buffer = {})
      : shape({}, {}, activation_buffer, weight_buffer),
        mxu("mxu", shape.mxu, shape.format, clock, activation_buffer.read_words_per_cycle,
            {functional, DotFormat::fp16}) {
    activations.behind(mxu.activations);
    weights.behind(mxu.weights);
    sums.behind(mxu.sums);
    mxu.activation_credits.bind(activation_halves);
    mxu.weight_credits.bind(weight_halves);
    elaborate();
  }

  /// Operands that are in the buffers from these cycles on, and ports of a cycle a word for weights, two for the
  /// others.
  void buffers(std::uint64_t activations_arrive, std::uint64_t weights_arrive) {
    const auto port = [](std::uint64_t arrives, std::uint64_t words) {
      return [arrives, words](const Neighbour::Access& access, DataflowExtension& said) {
        said.arrived = arrives;
        said.done = std::max(access.said.cycle, arrives) + ceil_div(said.first_words, words);
      };
    };
    activations.answer = port(activations_arrive, mxu.activation_words_per_cycle());
    weights.answer = port(weights_arrive, 1);
  }

  /// Computes one step, and returns the cycle in which the array is done.
  std::uint64_t compute(std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint64_t held = 0) {
    const GemmTask task{m, n, k, {8, 64}, {0, 64}, {4, 128}};
    plan.emplace(task, StepShape{m + 15, 64, k + 127, LoopOrder::nkm}, GemmAddresses{}, shape);
    mxu.begin(*plan);
    plan->next(step);
    activation_halves.acquire(step.activation_half);
    weight_halves.acquire(step.weight_half);
    return mxu.compute(step, held);
  }
};

}  // namespace

TEST_CASE("The array computes a tile when the ports have delivered its first words, one plane per cycle") {
  MxuBench bench;
  bench.buffers(0, 0);
  // One group: 64 · 16 · 4 bits of weights and 16 scales are 4 + 1 words, 5 cycles; activations are there after one.
  // Then 9 planes: 5 + 9 = 14. The sums leave through the 8 stages of the pipeline: 22.
  CHECK(bench.compute(16, 16, 64) == 14);
  REQUIRE(bench.sums.accesses.size() == 1);
  CHECK(bench.sums.accesses[0].said.cycle == 22);
  CHECK(bench.sums.accesses[0].bytes == 1024);
  CHECK(bench.sums.accesses[0].address == bench.plan->result_address(bench.step, 0, 0));
  CHECK(bench.activation_halves.free_from(bench.step.activation_half) == 14);
  CHECK(bench.weight_halves.free_from(bench.step.weight_half) == 14);
  CHECK(counted(bench.mxu, "mxu.busy_cycles") == 9);
  CHECK(counted(bench.mxu, "mxu.pe_cycles") == 9 * 256);
}

TEST_CASE("The array waits for the operand that arrives last") {
  MxuBench bench;
  bench.buffers(100, 40);
  CHECK(bench.compute(16, 16, 64) == 100 + 1 + 9);  // one cycle of the activations' port
  bench.buffers(40, 100);
  CHECK(bench.compute(16, 16, 64) == 100 + 5 + 9);  // five of the weights'
  bench.buffers(103, 100);
  CHECK(bench.compute(16, 16, 64) == 105 + 9);
  bench.buffers(104, 100);  // both ports are ready in 105
  CHECK(bench.compute(16, 16, 64) == 105 + 9);
  bench.buffers(105, 100);
  CHECK(bench.compute(16, 16, 64) == 106 + 9);
  // Of the 100 cycles for operands the first 30 are those in which no half was free.
  bench.buffers(40, 100);
  const std::uint64_t full = counted(bench.mxu, "stall.buffer_full");
  const std::uint64_t dram = counted(bench.mxu, "stall.dram");
  bench.compute(16, 16, 64, 30);
  CHECK(counted(bench.mxu, "stall.buffer_full") == full + 30);
  CHECK(counted(bench.mxu, "stall.dram") == dram + 70);
}

TEST_CASE("A tile continues group by group while the ports keep up") {
  MxuBench bench;
  bench.buffers(0, 0);
  CHECK(bench.compute(16, 16, 128) == 5 + 2 * 9);
  bench.mxu.finish(100);
  CHECK(counted(bench.mxu, "stall.activation_port") == 0);
  CHECK(counted(bench.mxu, "stall.weight_port") == 5);  // the first words
}

TEST_CASE("A slow activation port delays every plane except the first") {
  ActivationBufferConfig narrow;
  narrow.word_bits = 512;
  narrow.read_words_per_cycle = 1;
  MxuBench bench(false, narrow);
  bench.buffers(0, 0);
  // A plane of 16 × 64 bits is two words. The first comes beside the weights, each of the other 8 takes two cycles:
  // from 5 on 1 + 8 · 2, of which 9 are busy.
  CHECK(bench.compute(16, 16, 64) == 5 + 17);
  bench.mxu.finish(100);
  CHECK(counted(bench.mxu, "stall.activation_port") == 8);
}

TEST_CASE("A slow weight port delays every group") {
  WeightBufferConfig narrow;
  narrow.word_bits = 256;
  MxuBench bench(false, {}, narrow);
  bench.buffers(0, 0);
  // 64 · 16 · 4 bits of weights are 16 words, the scales one: from 17 on the first group, 16 cycles later the second,
  // which takes 9. So 17 + 16 + 9, of which 18 are busy.
  CHECK(bench.compute(16, 16, 128) == 42);
  bench.mxu.finish(100);
  CHECK(counted(bench.mxu, "stall.weight_port") == 17 + 7);
}

TEST_CASE("The next tile follows without a gap, and waits for the bank of accumulators of the tile two before") {
  MxuBench bench;
  bench.buffers(0, 0);
  // Tiles of 9 cycles from 5 on: done in 14, 23 and 32. The first tile's sums leave the array in 14 and its bank in
  // 14 + 8 of the pipeline; what comes behind takes them until `until`, 8 cycles of which are the pipeline's.
  std::uint64_t until = 0;
  bench.sums.answer = [&](const Neighbour::Access&, DataflowExtension& said) {
    said.done = std::max(said.cycle, until);
    said.put_out = said.stored = said.done;
    until = 0;
  };
  CHECK(bench.compute(16, 48, 64) == 32);
  until = 23 + 8;  // the bank is free in the cycle in which the third tile starts
  CHECK(bench.compute(16, 48, 64) == 32);
  until = 24 + 8;  // a cycle later
  CHECK(bench.compute(16, 48, 64) == 33);
  until = 60 + 8;
  CHECK(bench.compute(16, 48, 64) == 69);
}

TEST_CASE("Ragged tiles take the cycles of full ones, and energy only for elements with a result") {
  MxuBench bench;
  bench.buffers(0, 0);
  // One column: 64 · 4 bits of weights and a scale are 1 + 1 words. 9 planes follow.
  CHECK(bench.compute(3, 1, 64) == 2 + 9);
  CHECK(counted(bench.mxu, "mxu.pe_cycles") == 9 * 3);
  CHECK(counted(bench.mxu, "mxu.macs") == 3 * 64);
}

TEST_CASE("Plain memories behind the array delay it by their latency") {
  MxuBench bench;
  bench.activations.latency = ns(20);
  bench.weights.latency = ns(30);
  bench.sums.latency = ns(7);
  CHECK(bench.compute(16, 16, 64) == 30 + 9);
  CHECK(bench.mxu.results_stored() == 30 + 9 + 8 + 7);
}

TEST_CASE("Sums of the array are those of the reference arithmetic") {
  MxuBench bench(true);
  std::mt19937 random(9);
  const GemmTask task{5, 19, 200, {8, 64}, {0, 64}, {4, 128}};
  std::vector<Fp16> a(task.m * task.k);
  for (Fp16& value : a) value = to_fp16((static_cast<double>(random() % 2001) - 1000) / 128);
  std::vector<std::int8_t> codes(task.k * task.n);
  for (std::int8_t& code : codes) code = static_cast<std::int8_t>(static_cast<int>(random() % 16) - 8);
  std::vector<Fp16> scales(2 * task.n);
  for (Fp16& scale : scales) scale = to_fp16((1 + static_cast<double>(random() % 64)) / 64);

  // The panels where the plan has them: 5 rows of activations; 16 columns of weights, then 3.
  bench.plan.emplace(task, StepShape{16, 64, 256, LoopOrder::nkm}, GemmAddresses{}, bench.shape);
  bench.mxu.begin(*bench.plan);
  REQUIRE(bench.plan->next(bench.step));
  EncodingLoss loss;
  std::vector<std::uint8_t> panel(task.input.bytes(task.m, task.k));
  pack_activations(a.data(), task.k, task.m, task.k, task.input, panel.data(), loss);
  bench.activations.memory.write(bench.plan->activation_address(bench.step, 0), panel.data(), panel.size());
  for (std::uint64_t column = 0; column < 2; ++column) {
    const std::uint64_t columns = bench.plan->columns_of(bench.step, column);
    panel.resize(task.weights.bytes(task.k, columns));
    pack_weights(&codes[16 * column], &scales[16 * column], task.n, task.k, columns, task.weights, panel.data());
    bench.weights.memory.write(bench.plan->weight_address(bench.step, column), panel.data(), panel.size());
  }
  // Both tiles are of one block, to whose address they are written; each is checked as it comes.
  std::uint64_t checked = 0;
  bench.sums.answer = [&](const Neighbour::Access& access, DataflowExtension& said) {
    std::vector<float> seen(said.tile->values());
    const auto bytes = bench.sums.contents(access.address, access.bytes);
    std::memcpy(seen.data(), bytes.data(), bytes.size());
    for (std::uint64_t i = 0; i < seen.size(); ++i, ++checked) {
      const std::uint64_t row = i / said.tile->columns;
      const std::uint64_t n = said.tile->first_column + i % said.tile->columns;
      WeightColumn column;
      column.format = task.weights;
      for (std::uint64_t k = 0; k < task.k; ++k) column.values.push_back(codes[k * task.n + n]);
      column.scales = {scales[n], scales[task.n + n]};
      NonFiniteCounts none;
      OverflowCounts overflows;
      const auto groups = encode_row(&a[row * task.k], task.k, {64, 8}, NonFinite::refuse, {"A", 0}, none);
      CHECK(seen[i] == dot_row(groups, column, DotFormat::fp16, overflows).sum);
    }
  };
  bench.mxu.compute(bench.step, 0);
  CHECK(checked == 5 * 19);
}

TEST_CASE("A block that refuses the array's access ends the run with its socket and the address") {
  MxuBench bench;
  bench.weights.status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  CHECK_THROWS_WITH(bench.compute(16, 16, 64),
                    Catch::Contains("mxu.weights") && Catch::Contains("TLM_ADDRESS_ERROR_RESPONSE"));
}
