// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "models/random_machines.h"

// More hardware, or less data, never costs bytes, and never costs cycles as long as it leaves the tiles as they are.
// Where it makes room for larger tiles, fewer and longer steps leave less to overlap at the two ends of a GeMM, which
// costs some of these small GeMMs cycles: at most a tenth, and in at most one of twenty cases.

using anda::AcceleratorConfig;
using anda::DramConfig;
using anda::StepShape;
using anda::test::Machine;
using anda::test::RandomGemm;
using anda::test::RandomMachines;

namespace {

struct Pair {
  std::unique_ptr<Machine> less;
  std::unique_ptr<Machine> more;
  RandomGemm gemm;
  RandomGemm gemm_of_more;
};

using Improve = std::function<void(AcceleratorConfig&, DramConfig&, RandomGemm&)>;

std::uint64_t bytes(const Machine::Result& result) {
  return result.at("dram.read_bytes") + result.at("dram.write_bytes");
}

/// Whether two machines cut a GeMM in the same way: into the same steps, and those into the same array tiles.
bool same_tiles(const Machine& a, const StepShape& s, const Machine& b, const StepShape& t) {
  const anda::MxuConfig& x = a.accelerator.config().mxu;
  const anda::MxuConfig& y = b.accelerator.config().mxu;
  return s.m == t.m && s.n == t.n && s.k == t.k && s.order == t.order && x.rows == y.rows && x.columns == y.columns;
}

void compare(std::uint32_t seed, const Improve& improve, bool phases = false) {
  RandomMachines random(seed);
  std::vector<Pair> pairs;
  const int machines = phases ? 80 : 250;  // these send each burst by itself
  for (int i = 0; i < machines; ++i) {
    AcceleratorConfig config = random.accelerator();
    if (phases) random.use_phases(config);
    DramConfig dram = random.dram();
    Pair pair;
    pair.less = std::make_unique<Machine>(config, dram);
    pair.gemm = random.gemm();
    if (pair.gemm.input_bits == 1) pair.gemm.input_bits = 2;
    pair.gemm_of_more = pair.gemm;
    improve(config, dram, pair.gemm_of_more);
    pair.more = std::make_unique<Machine>(config, dram);
    pairs.push_back(std::move(pair));
  }

  int compared = 0;
  int slower = 0;
  for (const Pair& pair : pairs) {
    const RandomGemm& gemm = pair.gemm;
    const auto run = [](Machine& machine, const RandomGemm& of, const StepShape& tile) {
      return machine.run(machine.task(of.m, of.n, of.k, of.input_bits, of.output_bits), tile);
    };
    const auto tile_of = [](const Machine& machine, const RandomGemm& of) {
      return of.tile(machine.accelerator.config(), machine.task(of.m, of.n, of.k, of.input_bits, of.output_bits));
    };
    const auto less_tile = tile_of(*pair.less, gemm);
    if (!less_tile) continue;
    const auto more_tile = tile_of(*pair.more, pair.gemm_of_more);
    REQUIRE(more_tile);
    ++compared;
    const auto less = run(*pair.less, gemm, *less_tile);
    const auto more = run(*pair.more, pair.gemm_of_more, *more_tile);
    INFO("m " << gemm.m << " n " << gemm.n << " k " << gemm.k << " M " << gemm.input_bits << " tile " << less_tile->m
              << " × " << less_tile->n << " × " << less_tile->k << " to " << more_tile->m << " × " << more_tile->n
              << " × " << more_tile->k);
    CHECK(bytes(more) <= bytes(less));
    if (same_tiles(*pair.less, *less_tile, *pair.more, *more_tile)) {
      CHECK(more.at("controller.cycles") <= less.at("controller.cycles"));
    } else {
      slower += more.at("controller.cycles") > less.at("controller.cycles") ? 1 : 0;
      CHECK(static_cast<double>(more.at("controller.cycles")) <=
            1.1 * static_cast<double>(less.at("controller.cycles")));
    }
  }
  CHECK(compared * 5 > machines * 3);
  CHECK(slower * 20 <= compared);
}

}  // namespace

TEST_CASE("More bandwidth never costs cycles or bytes") {
  compare(1, [](AcceleratorConfig&, DramConfig& dram, RandomGemm&) { dram.data_rate_bit_per_s *= 2; });
}

TEST_CASE("Through the four phases more bandwidth never costs cycles or bytes") {
  compare(
      6, [](AcceleratorConfig&, DramConfig& dram, RandomGemm&) { dram.data_rate_bit_per_s *= 2; }, true);
}

TEST_CASE("Through the four phases more requests in flight never cost cycles or bytes") {
  compare(
      7, [](AcceleratorConfig& config, DramConfig&, RandomGemm&) { config.dma.requests_in_flight *= 2; }, true);
}

TEST_CASE("Fewer mantissa bits never cost cycles or bytes") {
  compare(2, [](AcceleratorConfig&, DramConfig&, RandomGemm& gemm) { --gemm.input_bits; });
}

TEST_CASE("More SRAM never costs cycles or bytes") {
  compare(3, [](AcceleratorConfig& config, DramConfig&, RandomGemm&) {
    config.activation_buffer.mantissa_bytes *= 2;
    config.activation_buffer.exponent_bytes *= 2;
    config.weight_buffer.bytes *= 2;
  });
}

namespace {

/// What takes the results of twice the array, and holds its operands.
void double_around_array(AcceleratorConfig& config) {
  config.activation_buffer.mantissa_bytes *= 2;
  config.activation_buffer.exponent_bytes *= 2;
  config.weight_buffer.bytes *= 2;
  config.vector_unit.fpus *= 2;
  config.compressor.lanes *= 2;
  config.compressor.values_per_cycle *= 2;
}

}  // namespace

TEST_CASE("Twice the rows, with ports and buffers to feed them, never cost cycles or bytes") {
  compare(4, [](AcceleratorConfig& config, DramConfig&, RandomGemm&) {
    config.mxu.rows *= 2;
    config.activation_buffer.word_bits *= 2;
    config.activation_buffer.exponent_word_bits *= 2;
    double_around_array(config);
  });
}

TEST_CASE("Twice the columns, with ports and buffers to feed them, never cost cycles or bytes") {
  compare(5, [](AcceleratorConfig& config, DramConfig&, RandomGemm&) {
    config.mxu.columns *= 2;
    config.weight_buffer.word_bits *= 2;
    double_around_array(config);
  });
}
