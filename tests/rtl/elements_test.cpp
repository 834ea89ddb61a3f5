// SPDX-License-Identifier: Apache-2.0
// Every kind of element on random rows of groups against the numeric library, bit for bit: FP32 sums and FP16 outputs.
// Groups follow each other without a gap, and the tiles of the two accumulator banks take turns. A lane of the
// compressor has to make the same planes of the rows, and their exponents, as the library.
#include <Velements_bench.h>
#include <anda/numeric/reference/bit_plane.h>
#include <anda/numeric/reference/dot_row.h>
#include <anda/numeric/reference/weight_column.h>
#include <anda/numeric/rounding.h>

#include <algorithm>

#include "rtl_test.h"

using namespace rtl_test;

namespace {

constexpr std::size_t group = 64;
enum Element { anda_, figna, figna_m11, figna_m8, ifpu, fp_int, fp_fp, fp_fp_fused, fp_int_fused, elements };
const char* const names[] = {
    "apu",           "figna_element, 13",   "figna_element, 11",   "figna_element, 8", "ifpu_element", "fp_int_element",
    "fp_fp_element", "fp_fp_fused_element", "fp_int_fused_element"};

/// One addition of fused_sum.sv as its head says, on 64-bit integers: four products and the sum before.
class FusedSum {
 public:
  explicit FusedSum(float sum) : exact_(sum), held_(bits_of(sum)) {}

  void multiply(const anda::Fp16& a, const anda::Fp16& b) {
    exact_ += static_cast<double>(anda::to_float(a)) * static_cast<double>(anda::to_float(b));
    add(a.negative() != b.negative(), std::int64_t{4} * a.significand() * b.significand(),
        static_cast<int>(a.effective_exponent() + b.effective_exponent()) - 52);
  }
  void multiply(const anda::Fp16& a, int code) {
    exact_ += static_cast<double>(anda::to_float(a)) * code;
    add(a.negative() != (code < 0), std::int64_t{512} * a.significand() * std::abs(code),
        static_cast<int>(a.effective_exponent()) - 34);
  }

  float value() {
    if (!std::isfinite(exact_)) return static_cast<float>(exact_);
    const std::uint32_t field = held_ >> 23 & 0xFF;
    add(held_ >> 31 != 0, (field == 0 ? 0 : 1 << 23) | (held_ & 0x7FFFFF), static_cast<int>(std::max(field, 1u)) - 150);
    int highest = -149;
    for (const Addend& addend : addends_) highest = std::max(highest, addend.power);
    std::int64_t total = 0;
    for (const Addend& addend : addends_) {
      const int distance = highest - addend.power;
      const std::int64_t moved = distance > 28 ? 0 : (addend.magnitude * 16) >> distance;
      total += addend.negative ? -moved : moved;
    }
    return static_cast<float>(std::ldexp(static_cast<double>(total), highest - 4));
  }

 private:
  struct Addend {
    std::int64_t magnitude;  // of 24 bits
    int power;               // its lowest bit counts 2^power
    bool negative;
  };

  void add(bool negative, std::int64_t magnitude, int power) {
    if (magnitude != 0) addends_.push_back({magnitude, power, negative});
  }

  std::vector<Addend> addends_;
  double exact_;  // for infinity and NaN
  std::uint32_t held_;
};

/// A tile of one output: rows of groups with their weights, and the sums that are expected.
struct Tile {
  std::uint32_t mantissa_bits = 1;
  std::vector<anda::Fp16> activations;  // padded to groups
  anda::WeightColumn column;
  std::vector<anda::PlaneGroup> planes;
  float sums[elements] = {};
  anda::Fp16 outputs[elements];
};

class Bench {
 public:
  void run(std::uint64_t rows) {
    dut_.reset = 1;
    dut_.move = 1;
    clock();
    dut_.reset = 0;
    Tile before;
    for (std::uint64_t row = 0; row < rows || !before.planes.empty();) {
      const Tile tile = row < rows ? make() : Tile();
      dut_.bank ^= 1u;
      dut_.drain_bank = dut_.bank ^ 1u;
      const std::size_t groups = tile.planes.size();
      for (std::size_t g = 0; g < groups; ++g) {
        feed(tile, g);
        if (g == 0 && !before.planes.empty()) check(before);
      }
      if (groups == 0) {
        for (int i = 0; i < 8; ++i) clock();
        check(before);
      }
      row += groups;
      before = tile;
    }
  }
  const Checks& checks() const { return checks_; }

 private:
  Tile make() {
    Tile tile;
    tile.mantissa_bits = 1 + random_.below(16);
    const std::size_t k = group * random_.below(3) + 1 + random_.below(group);
    const bool wild = random_.one_in(32);  // infinities and NaNs
    tile.column.format = {4, group};
    const auto kind = static_cast<Numbers::Kind>(random_.below(Numbers::kinds));
    for (std::size_t first = 0; first < k; first += group) {
      const std::size_t count = std::min(group, k - first);
      std::vector<anda::Fp16> row = random_.row(kind, count);
      const std::uint32_t wild_one = random_.below(static_cast<std::uint32_t>(count));
      if (wild) make_wild(row[wild_one]);
      row.resize(group);
      tile.activations.insert(tile.activations.end(), row.begin(), row.end());
      const bool extreme = kind == Numbers::one_sign && random_.one_in(2);
      const std::int8_t end = random_.one_in(2) ? -8 : 7;
      for (std::size_t i = 0; i < count; ++i) {
        tile.column.values.push_back(extreme ? end : static_cast<std::int8_t>(static_cast<int>(random_.below(16)) - 8));
      }
      if (wild && random_.one_in(4)) tile.column.values[first + wild_one] = 0;  // infinity * 0
      // 8 times the scale has to be a finite FP16 number, for FP-FP.
      tile.column.scales.push_back(random_.one_in(4) ? random_.half(0, 26) : random_.half(0, 12));
    }
    expect(tile, k);
    tile.column.values.resize(tile.activations.size());
    return tile;
  }

  /// NaN, or infinity as often: of random fractions next to none is 0.
  void make_wild(anda::Fp16& half) {
    half.bits |= 0x7C00;
    if (random_.one_in(2)) half.bits &= 0xFC00;
  }

  static void expect(Tile& tile, std::size_t k) {
    anda::OverflowCounts overflows;
    const auto put = [&](Element element, const anda::DotResult& result) {
      tile.sums[element] = result.sum;
      tile.outputs[element] = result.output;
    };
    const auto rows = [&](std::uint32_t bits) {
      anda::NonFiniteCounts counts;
      return anda::encode_row(tile.activations.data(), k, {group, bits}, anda::NonFinite::saturate, {}, counts);
    };
    const auto aligned = [&](std::uint32_t bits) {
      return anda::dot_row(rows(bits), tile.column, anda::DotFormat::fp16, overflows);
    };
    for (const anda::AndaGroup& of : rows(tile.mantissa_bits)) tile.planes.push_back(anda::to_planes(of));
    put(anda_, aligned(tile.mantissa_bits));
    put(figna, aligned(13));
    put(figna_m11, aligned(11));
    put(figna_m8, aligned(8));
    put(ifpu, aligned(24));
    put(fp_int, anda::dot_row_codes(tile.activations.data(), tile.column, overflows));
    std::vector<anda::Fp16> weights = anda::dequantise(tile.column);
    put(fp_fp, anda::dot_row_fp16(tile.activations.data(), weights.data(), k, overflows));
    weights.resize(tile.activations.size());
    std::vector<std::int8_t> codes = tile.column.values;
    codes.resize(tile.activations.size());
    float products = 0;
    float scaled = 0;
    float part = 0;
    for (std::size_t i = 0; i < weights.size(); i += 4) {
      FusedSum next(products);
      FusedSum next_part(i % group == 0 ? 0 : part);
      for (std::size_t j = i; j < i + 4; ++j) {
        next.multiply(tile.activations[j], weights[j]);
        next_part.multiply(tile.activations[j], codes[j]);
      }
      products = next.value();
      part = next_part.value();
      if ((i + 4) % group == 0) scaled += part * anda::to_float(tile.column.scales[i / group]);
    }
    put(fp_fp_fused, {products, anda::round_output(products, overflows)});
    put(fp_int_fused, {scaled, anda::round_output(scaled, overflows)});
  }

  /// The operations of a group, of each element as many as it takes.
  void feed(const Tile& tile, std::size_t g) {
    const anda::PlaneGroup& planes = tile.planes[g];
    for (std::size_t i = 0; i < group; ++i) {
      place(dut_.row.m_storage, i * 16, 16, tile.activations[g * group + i].bits);
      place(dut_.weights.m_storage, i * 4, 4, static_cast<std::uint8_t>(tile.column.values[g * group + i]) & 15u);
    }
    dut_.factor = tile.column.scales[g].bits;
    dut_.mantissa_bits = tile.mantissa_bits;
    dut_.shared = planes.exponent;
    dut_.sign = planes.sign.word(0);
    dut_.first_group = g == 0;
    dut_.lane_take = 1;
    of_lane_ = &planes;
    lane_plane_ = 0;
    lane_agrees_ = true;
    const std::uint32_t clocks[] = {tile.mantissa_bits + 1, 16, 11, 8, 16, 16, 16};
    for (std::uint32_t now = 0; now < std::max(16u, clocks[anda_]); ++now) {
      dut_.clock_of_group = now & 15u;
      dut_.plane = now >= 1 && now <= tile.mantissa_bits ? planes.planes[now - 1].word(0) : random_.bits();
      dut_.valid = 0;
      dut_.first = 0;
      dut_.last = 0;
      for (std::uint32_t element = 0; element < 7; ++element) {
        dut_.valid |= static_cast<std::uint8_t>(now < clocks[element] ? 1u << element : 0u);
        dut_.first |= static_cast<std::uint8_t>(now == 0 ? 1u << element : 0u);
        dut_.last |= static_cast<std::uint8_t>(now + 1 == clocks[element] ? 1u << element : 0u);
      }
      if (random_.one_in(32)) {  // the pipeline stands still
        dut_.move = 0;
        clock();
        dut_.move = 1;
      }
      clock();
    }
    dut_.valid = 0;
  }

  void check(const Tile& tile) {
    dut_.eval();
    for (std::size_t element = 0; element < elements; ++element) {
      const std::uint32_t sum = dut_.sums.m_storage[element];
      const auto output = static_cast<std::uint16_t>(dut_.outputs.m_storage[element / 2] >> (element % 2 * 16));
      const bool same = same_single(sum, tile.sums[element]) && output == tile.outputs[element].bits;
      const std::string what =
          "M " + std::to_string(tile.mantissa_bits) + ": sum " + hex(sum) + ", not " + hex(bits_of(tile.sums[element]));
      // A tile is as many rows as it has groups.
      for (std::size_t g = 0; g < tile.planes.size(); ++g) {
        checks_.of(names[element]).check(same, std::isfinite(tile.sums[element]), what);
      }
    }
  }

  static void place(std::uint32_t* words, std::size_t bit, std::size_t width, std::uint32_t value) {
    const std::uint32_t mask = ((1u << width) - 1) << (bit % 32);
    words[bit / 32] = (words[bit / 32] & ~mask) | value << (bit % 32);
  }

  void clock() {
    dut_.clk = 0;
    dut_.eval();
    check_lane();
    dut_.clk = 1;
    dut_.eval();
    dut_.lane_take = 0;
  }

  /// A plane a clock, the sign plane in the one in which the lane takes the row; a row is checked once, with its last.
  void check_lane() {
    if (of_lane_ == nullptr) return;
    const anda::BitPlane& plane = lane_plane_ == 0 ? of_lane_->sign : of_lane_->planes[lane_plane_ - 1];
    lane_agrees_ = lane_agrees_ && dut_.lane_valid != 0 && dut_.lane_number == lane_plane_ &&
                   dut_.lane_plane == plane.word(0) && dut_.lane_exponent == of_lane_->exponent;
    if (lane_plane_++ < of_lane_->planes.size()) return;
    checks_.of("compressor_lane").check(lane_agrees_, true, "M " + std::to_string(of_lane_->planes.size()));
    of_lane_ = nullptr;
  }

  Velements_bench dut_;
  Numbers random_{64206};
  Checks checks_;
  const anda::PlaneGroup* of_lane_ = nullptr;  // whose planes the lane puts out
  std::size_t lane_plane_ = 0;
  bool lane_agrees_ = true;
};

}  // namespace

int main() {
  Bench bench;
  const std::uint64_t rows = rtl_test::rows(100'000);
  bench.run(rows);
  return bench.checks().finish(rows);
}
