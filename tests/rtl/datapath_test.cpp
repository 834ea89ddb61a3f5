// SPDX-License-Identifier: Apache-2.0
// Random GeMMs through the datapath, from words of the buffers to bit planes of the results, against the numeric
// library: ragged edges, groups of any mantissa length, a split k, panels that arrive late, results that wait for
// lanes.
#include <Vdatapath.h>
#include <anda/numeric/reference/bit_plane.h>
#include <anda/numeric/reference/dot_row.h>
#include <anda/numeric/rounding.h>

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

#include "rtl_test.h"

using namespace rtl_test;

namespace {

// The parameters of the RTL as it is built.
constexpr std::size_t rows = 4, columns = 4, group = 8, lanes = 4, groups_of_block = 2, weight_words = 2;
constexpr std::size_t block_columns = groups_of_block * group;
constexpr std::size_t register_bits = 4, block_bits = 3, block_numbers = 8;

std::size_t pieces(std::size_t extent, std::size_t width) { return (extent + width - 1) / width; }

/// A GeMM in the formats of the buffers, and what has to come out.
struct Gemm {
  std::size_t m = 0, n = 0, k = 0;
  std::uint32_t input_bits = 1, output_bits = 1;
  std::size_t scale_groups = 1;  ///< groups along k with one scale
  std::vector<std::vector<anda::AndaGroup>> activations;
  std::vector<anda::WeightColumn> weights;
  std::vector<std::vector<anda::Fp16>> outputs;

  std::size_t groups() const { return pieces(k, group); }
};

/// What the controller hands over for one tile, with the clock from which on its panels are in the buffers.
struct Tile {
  std::size_t row = 0, column = 0, rows = 0, columns = 0;
  std::size_t block = 0, first_column = 0;
  bool begins_block = false, ends_row = false;
  std::size_t parts = 0;
  std::size_t first_group = 0, groups = 0;  ///< along k
  bool sums_in = false, sums_out = false;   ///< partial sums of a split k
  std::size_t sums_before = 0;              ///< the tile so many before left those that come in
  std::uint64_t activations_arrive = 0, weights_arrive = 0;
};

Gemm make(Numbers& random) {
  Gemm gemm;
  gemm.m = 1 + random.below(10);
  gemm.n = 1 + random.below(36);
  gemm.k = 1 + random.below(40);
  gemm.input_bits = 1 + random.below(16);
  gemm.output_bits = 1 + random.below(16);
  gemm.scale_groups = 1 + random.below(3);
  if (random.one_in(4)) {  // tiles so short that results wait for lanes
    gemm.n = 2 * block_columns + random.below(6);
    gemm.k = 1 + random.below(group);
    gemm.input_bits = 1 + random.below(2);
    gemm.output_bits = 9 + random.below(8);
  }
  const auto kind = static_cast<Numbers::Kind>(random.below(Numbers::kinds));
  for (std::size_t r = 0; r < gemm.m; ++r) {
    anda::NonFiniteCounts counts;
    gemm.activations.push_back(anda::encode_row(random.row(kind, gemm.k).data(), gemm.k, {group, gemm.input_bits},
                                                anda::NonFinite::saturate, {}, counts));
  }
  gemm.outputs.resize(gemm.m);
  for (std::size_t c = 0; c < gemm.n; ++c) {
    anda::WeightColumn column;
    column.format = {4, static_cast<std::uint32_t>(gemm.scale_groups * group)};
    for (std::size_t i = 0; i < gemm.k; ++i) {
      column.values.push_back(static_cast<std::int8_t>(static_cast<int>(random.below(16)) - 8));
    }
    for (std::size_t i = 0; i < pieces(gemm.k, column.format.scale_group); ++i) {
      column.scales.push_back(random.half(0, 16));
    }
    anda::OverflowCounts overflows;
    for (std::size_t r = 0; r < gemm.m; ++r) {
      gemm.outputs[r].push_back(anda::dot_row(gemm.activations[r], column, anda::DotFormat::fp16, overflows).output);
    }
    gemm.weights.push_back(std::move(column));
  }
  return gemm;
}

/// One tile of a part of k; `block`: of its results.
Tile cut_tile(const Gemm& gemm, std::size_t row, std::size_t column, std::size_t block) {
  Tile tile;
  tile.row = row;
  tile.column = column;
  tile.rows = std::min(rows, gemm.m - row);
  tile.columns = std::min(columns, gemm.n - column);
  tile.first_column = column % block_columns;
  tile.begins_block = tile.first_column == 0;
  tile.ends_row = column + tile.columns == gemm.n || (column + columns) % block_columns == 0;
  tile.block = block;
  return tile;
}

/// Part of k after part, in each row tile after row tile, in each the column tiles, in blocks of results.
std::vector<Tile> cut(const Gemm& gemm, Numbers& random) {
  std::vector<Tile> tiles;
  std::uint64_t arrival = 0;
  const std::uint32_t late = random.one_in(2) ? 1 : 60;
  const std::size_t scales = pieces(gemm.groups(), gemm.scale_groups);
  const std::size_t tiles_of_part = pieces(gemm.m, rows) * pieces(gemm.n, columns);
  const std::size_t part = random.one_in(3) ? 1 + random.below(static_cast<std::uint32_t>(scales)) : scales;
  std::size_t block = 0;
  for (std::size_t first = 0; first < scales; first += part) {
    for (std::size_t r = 0; r < gemm.m; r += rows) {
      for (std::size_t c = 0; c < gemm.n; c += columns) {
        Tile tile = cut_tile(gemm, r, c, block);
        tile.first_group = first * gemm.scale_groups;
        tile.groups = std::min(part * gemm.scale_groups, gemm.groups() - tile.first_group);
        tile.sums_in = first > 0;
        tile.sums_out = first + part < scales;
        tile.sums_before = tile.sums_in ? tiles_of_part : 0;
        const std::size_t width = std::min(block_columns, gemm.n - (c - tile.first_column));
        tile.parts = tile.rows * (tile.sums_out ? width : pieces(width, group) * (gemm.output_bits + 1));
        if (tile.ends_row) ++block;
        arrival += random.below(late);
        tile.activations_arrive = arrival + random.below(late);
        tile.weights_arrive = arrival + random.below(late);
        tiles.push_back(tile);
      }
    }
  }
  return tiles;
}

class Bench {
 public:
  void run(const Gemm& gemm) {
    gemm_ = &gemm;
    tiles_ = cut(gemm, random_);
    reset();
    const std::size_t blocks = tiles_.back().block + 1;
    for (cycle_ = 0; dut_.blocks_complete < blocks; ++cycle_) {
      clock();
      if (cycle_ > 20'000) {
        checks_.of("datapath").check(false, false, "the GeMM does not end");
        return;
      }
    }
    clocks_ += cycle_;
    compare();
  }
  std::uint64_t clocks() const { return clocks_; }
  const Checks& checks() const { return checks_; }

 private:
  struct Port {
    std::size_t tile = 0, group = 0, plane = 0;  ///< of the next operand
    std::size_t asked_tile = 0, asked_group = 0, asked_plane = 0;
    std::size_t slots = 0, read = 0;  ///< of the operand that was asked for
  };

  void reset() {
    weights_ = {};
    activations_ = {};
    pushed_ = 0;
    planes_.clear();
    passed_ = 0;
    passed_values_ = 0;
    summed_ = 0;
    sums_.assign(gemm_->m, std::vector<std::uint32_t>(gemm_->n, 0x7FC00000u));  // of no finite result
    dut_.reset = 1;
    dut_.tile_valid = 0;
    dut_.weights_next_valid = 0;
    dut_.activations_next_valid = 0;
    dut_.input_bits = gemm_->input_bits;
    dut_.output_bits = gemm_->output_bits;
    edge();
    dut_.reset = 0;
  }

  void edge() {
    dut_.clk = 0;
    dut_.eval();
    dut_.clk = 1;
    dut_.eval();
  }

  std::size_t weight_slots(const Port& port) const {
    return weight_words + (port.group % gemm_->scale_groups == 0 ? 1 : 0);
  }

  void clock() {
    offer_tile();
    const bool weights = weights_.tile < tiles_.size();
    dut_.weights_next_valid = weights;
    dut_.weights_next_slots = static_cast<std::uint16_t>(weight_slots(weights_));
    dut_.weights_next_here = weights && tiles_[weights_.tile].weights_arrive <= cycle_;
    dut_.weights_here = tiles_[weights_.asked_tile].weights_arrive <= cycle_;
    const bool activations = activations_.tile < tiles_.size();
    dut_.activations_next_valid = activations;
    dut_.activations_next_slots = 1;
    dut_.activations_next_here = activations && tiles_[activations_.tile].activations_arrive <= cycle_;
    dut_.activations_here = tiles_[activations_.asked_tile].activations_arrive <= cycle_;
    show_sums();
    dut_.panels_here = 1;
    dut_.clk = 0;
    dut_.eval();
    ask(weights_, dut_.weights_next_valid && dut_.weights_next_ready, 1);
    ask(activations_, dut_.activations_next_valid && dut_.activations_next_ready, gemm_->input_bits + 1);
    if (dut_.weights_read) read_weights();
    if (dut_.activations_read) read_activations();
    if (dut_.tile_valid && dut_.tile_ready) ++pushed_;
    if (dut_.partial_sums_taken) ++summed_;
    collect();
    collect_sums();
    dut_.clk = 1;
    dut_.eval();
  }

  /// What the next tile at the accumulators starts from.
  void show_sums() {
    const Tile none;
    const Tile& tile = summed_ < tiles_.size() ? tiles_[summed_] : none;
    for (std::size_t i = 0; i < rows * columns; ++i) {
      const std::size_t r = i / columns;
      const std::size_t c = i % columns;
      const bool is_there = tile.sums_in && r < tile.rows && c < tile.columns;
      dut_.partial_sums[i] = is_there ? sums_[tile.row + r][tile.column + c] : 0;
    }
  }

  /// Partial sums that come out in this clock, row after row of their tile.
  void collect_sums() {
    for (std::size_t i = 0; i < dut_.values_valid; ++i) {
      while (!tiles_[passed_].sums_out) ++passed_;
      const Tile& tile = tiles_[passed_];
      sums_[tile.row + passed_values_ / tile.columns][tile.column + passed_values_ % tile.columns] = dut_.values[i];
      if (++passed_values_ < tile.rows * tile.columns) continue;
      passed_values_ = 0;
      ++passed_;
    }
  }

  void offer_tile() {
    dut_.tile_valid = pushed_ < tiles_.size();
    if (!dut_.tile_valid) return;
    const Tile& tile = tiles_[pushed_];
    dut_.tile_groups = static_cast<std::uint16_t>(tile.groups);
    dut_.tile_values = static_cast<std::uint8_t>(tile.rows * tile.columns);
    dut_.tile_columns = static_cast<std::uint8_t>(tile.columns);
    dut_.tile_first_column = static_cast<std::uint16_t>(tile.first_column);
    dut_.tile_block = tile.block % block_numbers;
    dut_.tile_begins_block = tile.begins_block;
    dut_.tile_ends_row = tile.ends_row;
    dut_.tile_passes = tile.sums_out;
    dut_.tile_parts = static_cast<std::uint16_t>(tile.parts);
    dut_.tile_sums_before = static_cast<std::uint16_t>(tile.sums_before);
  }

  /// The next operand is asked for in this clock; `planes` of a group are operands of their own.
  void ask(Port& port, bool asks, std::size_t planes) {
    if (!asks) return;
    port.asked_tile = port.tile;
    port.asked_group = port.group;
    port.asked_plane = port.plane;
    port.slots = weight_slots(port);
    port.read = 0;
    if (++port.plane < planes) return;
    port.plane = 0;
    if (++port.group < tiles_[port.tile].groups) return;
    port.group = 0;
    ++port.tile;
  }

  void read_weights() {
    const Tile& tile = tiles_[weights_.asked_tile];
    std::uint64_t word = 0;
    const std::size_t scales = weights_.slots - weight_words;
    for (std::size_t i = 0; weights_.read < scales && i < tile.columns; ++i) {
      const anda::Fp16 scale =
          gemm_->weights[tile.column + i].scales[(tile.first_group + weights_.asked_group) / gemm_->scale_groups];
      word |= std::uint64_t{scale.bits} << (i * 16);
    }
    for (std::size_t i = 0; weights_.read >= scales && i < 16; ++i) {  // 16 weights a word
      const std::size_t at = (weights_.read - scales) * 16 + i;
      const std::size_t element = (tile.first_group + weights_.asked_group) * group + at % group;
      if (at / group >= tile.columns || element >= gemm_->k) continue;
      const auto code = static_cast<std::uint8_t>(gemm_->weights[tile.column + at / group].values[element]);
      word |= std::uint64_t{code & 15u} << (i * 4);
    }
    ++weights_.read;
    dut_.weights_word = word;
  }

  void read_activations() {
    const Tile& tile = tiles_[activations_.asked_tile];
    dut_.activations_word = 0;
    dut_.exponents_word = 0;
    for (std::size_t r = 0; r < tile.rows; ++r) {
      const anda::PlaneGroup planes =
          anda::to_planes(gemm_->activations[tile.row + r][tile.first_group + activations_.asked_group]);
      const anda::BitPlane& plane =
          activations_.asked_plane == 0 ? planes.sign : planes.planes[activations_.asked_plane - 1];
      dut_.activations_word |= static_cast<std::uint32_t>(plane.word(0)) << (r * group);
      dut_.exponents_word |= planes.exponent << (r * 5);
    }
  }

  /// Planes of the lanes in this clock, by the block's number and how often this one came.
  void collect() {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if ((dut_.plane_valid >> lane & 1) == 0) continue;
      const auto place = static_cast<std::size_t>(dut_.plane_place >> (lane * (register_bits + block_bits)) & 0x7F);
      const auto number = static_cast<std::size_t>(dut_.plane_number >> (lane * 5) & 31);
      const auto bits = static_cast<std::uint8_t>(dut_.planes >> (lane * group) & 0xFF);
      const auto exponent = static_cast<std::uint32_t>(dut_.exponents >> (lane * 5) & 31);
      planes_[{place, number}].push_back({bits, exponent});
    }
  }

  void compare() {
    std::map<std::size_t, std::size_t> seen;  // blocks of each number modulo block_numbers
    for (const Tile& tile : tiles_) {
      if (!tile.begins_block || tile.sums_out) continue;
      const std::size_t width = std::min(block_columns, gemm_->n - tile.column);
      for (std::size_t r = 0; r < tile.rows; ++r) {
        anda::NonFiniteCounts counts;
        const std::vector<anda::AndaGroup> expected =
            anda::encode_row(&gemm_->outputs[tile.row + r][tile.column], width, {group, gemm_->output_bits},
                             anda::NonFinite::saturate, {}, counts);
        for (std::size_t g = 0; g < expected.size(); ++g) {
          const std::size_t place = tile.block % block_numbers << register_bits |
                                    tile.block % 2 * rows * groups_of_block | r * groups_of_block | g;
          compare(place, seen[tile.block % block_numbers << 8 | r << 4 | g]++, anda::to_planes(expected[g]), counts);
        }
      }
    }
  }

  void compare(std::size_t place, std::size_t nth, const anda::PlaneGroup& expected,
               const anda::NonFiniteCounts& counts) {
    for (std::size_t p = 0; p <= gemm_->output_bits; ++p) {
      const anda::BitPlane& plane = p == 0 ? expected.sign : expected.planes[p - 1];
      const std::vector<Part>& parts = planes_[{place, p}];
      const bool same =
          nth < parts.size() && parts[nth].bits == plane.word(0) && (p > 0 || parts[nth].exponent == expected.exponent);
      checks_.of("datapath, planes")
          .check(same, counts.infinities + counts.nans == 0, "place " + hex(place) + " plane " + std::to_string(p));
    }
  }

  struct Part {
    std::uint8_t bits = 0;
    std::uint32_t exponent = 0;
  };

  Vdatapath dut_;
  Numbers random_{271828};
  Checks checks_;
  const Gemm* gemm_ = nullptr;
  std::vector<Tile> tiles_;
  Port weights_, activations_;
  std::size_t pushed_ = 0;
  std::uint64_t cycle_ = 0;
  std::uint64_t clocks_ = 0;
  std::map<std::tuple<std::size_t, std::size_t>, std::vector<Part>> planes_;
  std::size_t passed_ = 0, passed_values_ = 0;  // tile whose partial sums come out next, and those that have
  std::size_t summed_ = 0;                      // tile whose sums start next
  std::vector<std::vector<std::uint32_t>> sums_;
};

}  // namespace

int main() {
  Bench bench;
  Numbers random(314159);
  const std::uint64_t rows = rtl_test::rows(100'000);
  const std::uint64_t gemms = std::max<std::uint64_t>(rows / 100, 20);
  for (std::uint64_t i = 0; i < gemms; ++i) bench.run(make(random));
  std::printf("%" PRIu64 " GeMMs, %" PRIu64 " clocks\n", gemms, bench.clocks());
  return bench.checks().finish(rows);
}
