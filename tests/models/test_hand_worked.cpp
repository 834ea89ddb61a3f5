// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "models/machine.h"

// Four small GeMMs, cycle for cycle, at every level. docs/timing.md works the same four in prose; one cycle of 285
// MHz is 3.50877 ns. External memory: the first data of a read 38 ns after its request, then a burst of 32 bytes every
// 2 ns / 16 channels / (1 − 260 / 3900) = 0.133929 ns; transfers follow each other without a gap.

using anda::LoopOrder;
using anda::PeKind;
using anda::StepShape;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

std::vector<Machine::Result> at_every_level(anda::AcceleratorConfig config, std::uint32_t m, std::uint32_t n,
                                            std::uint32_t k, std::uint32_t bits, std::uint32_t output_bits,
                                            const StepShape& tile) {
  std::vector<std::unique_ptr<Machine>> machines;
  for (const auto& level : anda::levels) {
    config.level = level.value;
    machines.push_back(std::make_unique<Machine>(config));
  }
  std::vector<Machine::Result> results;
  for (const auto& machine : machines) {
    results.push_back(machine->run(machine->task(m, n, k, bits, output_bits), tile));
  }
  return results;
}

}  // namespace

TEST_CASE("A GeMM of one step, on Anda, cycle for cycle") {
  const auto results =
      at_every_level(machine_of(PeKind::anda), 16, 64, 64, 7, 5, StepShape{16, 64, 128, LoopOrder::nkm});

  // Loads, in the order in which output tiles need them. A panel of weights is 64 · 16 · 4 / 8 = 512 bytes and 16
  // scales of 2 bytes, 544 bytes or 17 bursts; the activations are one block of 8 planes · 128 + 10 = 1034 bytes, 33
  // bursts.
  //   weights 0        38 +     17 bursts = 40.277 ns = 11.48 cycles: there at cycle 12
  //   activations      + 33 bursts        = 44.696 ns = 12.74 cycles: there at cycle 13
  //   weights 1, 2, 3  + 51 bursts        = 51.527 ns = 14.69 cycles: there long before the tiles that need them
  // (panels do not start at multiples of 32 bytes here: 544 = 17 · 32 does, so no burst is counted twice)
  // Ports: the first group's 4 words of weights and its word of scales come from cycle 12 to 17, the first plane from
  // 13 to 14. Each later tile's 5 words come under the tile before. Compute: 4 tiles · 1 group · (7 + 1) cycles = 32,
  // from 17 to 49. Draining 256 results takes 4 < 8 cycles: hidden. End: 8 cycles of pipeline, 4 to drain the last
  // tile, 4 in the vector unit, 6 for the sign and mantissa planes of the results with 5 bits: cycle 71. They are 6 ·
  // 128 + 10 = 778 bytes, 25 bursts, 3.348 ns: 71 · 3.50877 + 3.348 = 252.47 ns = 71.95 cycles: done at 72.
  for (const auto& result : results) {
    CHECK(result.at("mxu.busy_cycles") == 32);
    CHECK(result.at("stall.fill") == 8);
    CHECK(result.at("stall.drain") == 8);
    CHECK(result.at("stall.compressor") == 6);
    CHECK(result.at("stall.dram") == 13 + 1);
    CHECK(result.at("stall.weight_port") == 17 - 13);
    CHECK(result.at("controller.cycles") == 72);
    CHECK(result.at("dram.read_bytes") == 1034 + 4 * 544);
    CHECK(result.at("dram.write_bytes") == 778);
    CHECK(result.at("dram.read_bursts") == 33 + 4 * 17);
    CHECK(result.at("mxu.pe_cycles") == 32 * 256);
    CHECK(result.at("activation_buffer.mantissa_words_read") ==
          4 * 8 + 6);  // 4 passes by the array, results by the DMA
    CHECK(result.at("activation_buffer.mantissa_words_written") == 8 + 6);
    CHECK(result.at("activation_buffer.exponent_words_read") == 4 + 1);
    CHECK(result.at("weight_buffer.words_read") == 4 * (4 + 1));  // 4 words of weights and 1 of scales for each tile
    CHECK(result.at("weight_buffer.words_written") == 17);        // 2176 bytes
    CHECK(result.at("compressor.groups") == 16);
  }
}

TEST_CASE("The same GeMM with zero points, cycle for cycle") {
  anda::AcceleratorConfig config = machine_of(PeKind::anda);
  config.format.weight_zero_points = true;
  const auto results = at_every_level(config, 16, 64, 64, 7, 5, StepShape{16, 64, 128, LoopOrder::nkm});

  // A panel of weights has 16 zero points of 4 bits more: 552 bytes, 18 bursts. The activations are there after 38 +
  // (18 + 33) · 0.133929 = 44.830 ns = 12.78 cycles. Scales and zero points of 16 columns, 320 bits, are one word.
  // Compute: 4 · (7 + 1 + 1) = 36, from 17 to 53, and 22 to the end: 75. 75 · 3.50877 + 3.348 = 266.51 ns = 75.95.
  for (const auto& result : results) {
    CHECK(result.at("mxu.busy_cycles") == 36);
    CHECK(result.at("mxu.pe_cycles") == 36 * 256);
    CHECK(result.at("mxu.summing_cycles") == 32 * 16);
    CHECK(result.at("stall.dram") == 13 + 1);
    CHECK(result.at("stall.weight_port") == 17 - 13);
    CHECK(result.at("controller.cycles") == 76);
    CHECK(result.at("dram.read_bytes") == 1034 + 4 * 552);
    CHECK(result.at("weight_buffer.words_read") == 4 * (4 + 1));
  }
}

TEST_CASE("The same GeMM on FP-FP, cycle for cycle") {
  const auto results =
      at_every_level(machine_of(PeKind::fp_fp), 16, 64, 64, 0, 0, StepShape{16, 64, 128, LoopOrder::nkm});

  // The activations are 16 · 64 · 2 = 2048 bytes, 64 bursts: 38 + (17 + 64) · 0.133929 = 48.848 ns = 13.92 cycles.
  // The first 5 words of weights and scales are through the port at 17, as before.
  // Compute: 4 tiles · 16 cycles = 64, from 17 to 81. No compressor: + 8 + 4 + 4 = 97. Results: 2048 bytes, 8.571 ns:
  // 97 · 3.50877 + 8.571 = 348.92 ns = 99.44 cycles: done at 100.
  for (const auto& result : results) {
    CHECK(result.at("mxu.busy_cycles") == 64);
    CHECK(result.at("stall.dram") == 14 + 3);
    CHECK(result.at("stall.compressor") == 0);
    CHECK(result.at("stall.weight_port") == 17 - 14);
    CHECK(result.at("controller.cycles") == 100);
    CHECK(result.at("dram.read_bytes") == 2048 + 4 * 544);
    CHECK(result.at("dram.write_bytes") == 2048);
  }
}

TEST_CASE("Ragged edges, two row tiles, weights that stay and a port too narrow, cycle for cycle") {
  anda::AcceleratorConfig config = machine_of(PeKind::anda);
  config.weight_buffer.word_bits = 256;
  const auto results = at_every_level(config, 20, 24, 130, 3, 3, StepShape{16, 64, 256, LoopOrder::nkm});

  // k = 130 is padded to 3 groups. Column tiles of 16 and 8 columns; row tiles of 16 and 4 rows.
  // The weight port takes 16 · 64 · 4 / 256 = 16 cycles for a group's weights in the first column tile, 8 in the
  // second, and the array 4 for its planes. Scales: 16 columns · 16 bits are a word for each 128 elements in the first
  // column tile, ahead of groups 0 and 2; 8 columns' scales of both scale groups are one word, ahead of group 0. Busy:
  // 2 row tiles · 2 column tiles · 3 groups · 4 = 48.
  //
  // Loads. The first tile takes parts of 128 elements: weights 128 · 16 / 2 + 32 = 1056 bytes, activations
  // 2 · (4 · 128 + 10) = 1044; then 2 · 16 / 2 + 32 = 48 and 522 bytes. In bursts of 32 bytes: 33 + 33 = 66 for the
  // first part: 38 + 8.839 = 46.839 ns = 13.35 cycles, there at 14, its weights after 42.420 ns = 12.09 cycles, at 13.
  // The port has 17 words to bring for group 0: it starts at 30. The words of the next group come under each group:
  //   first column tile   groups start at 30, + 16 = 46, + 17 = 63 (the second part has arrived by then)
  //   second              63 + 9 = 72, 80, 88
  //   second row tile     88 + 17 = 105, 121, 138, then 138 + 9 = 147, 155, 163
  // The last group's planes end at 167. All but 48 cycles from 14 on went to the weight port: 167 − 14 − 48 = 105.
  // End: the last tile has 4 · 8 = 32 results, 1 cycle to drain: 167 + 8 + 1 + 4 + 4 planes = 184. Its results are
  // 4 rows · 1 group: 4 planes · 32 + 3 = 131 bytes, 5 or 6 bursts (0.80 ns): 184 + 0.23: done at 185.
  for (const auto& result : results) {
    CHECK(result.at("mxu.busy_cycles") == 48);
    CHECK(result.at("stall.weight_port") == 105);
    CHECK(result.at("stall.dram") == 14 + 1);
    CHECK(result.at("stall.fill") == 8);
    CHECK(result.at("stall.drain") == 1 + 4);
    CHECK(result.at("stall.compressor") == 4);
    CHECK(result.at("controller.cycles") == 185);
    CHECK(result.at("controller.steps") == 2);
    CHECK(result.at("mxu.pe_cycles") == 3 * 4 * (20 * 24));
    CHECK(result.at("mxu.macs") == 20 * 24 * 130);
    // Activations once; weights once; results of 16 and of 4 rows.
    CHECK(result.at("dram.read_bytes") == 3 * 522 + 3 * (4 * 32 + 3) + (130 * 24 * 4 / 8 + 2 * 24 * 2));
    CHECK(result.at("dram.write_bytes") == 522 + 131);
  }
}
