// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include <anda/base/error.h>
#include <anda/numeric/block_layout.h>
#include <anda/numeric/panel.h>

#include "numeric/instruction_sets.h"

using namespace anda;

namespace {

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(engine_()) % end; }
  /// A finite number whose exponent field lies in lowest … lowest + span - 1.
  Fp16 value(std::uint32_t lowest, std::uint32_t span) {
    return Fp16{static_cast<std::uint16_t>(below(2) << 15 | (lowest + below(span)) << 10 | below(1024))};
  }

 private:
  std::mt19937 engine_;
};

/// What the tests are made of: activations [row][k], codes [k][column], scales [group][column].
struct Operands {
  std::size_t rows;
  std::size_t k;
  std::size_t columns;
  WeightFormat weights;
  std::vector<Fp16> activations;
  std::vector<std::int8_t> codes;
  std::vector<Fp16> scales;

  Operands(std::size_t rows_, std::size_t k_, std::size_t columns_, const WeightFormat& format, std::uint32_t lowest,
           std::uint32_t span, Random& random)
      : rows(rows_), k(k_), columns(columns_), weights(format) {
    for (std::size_t i = 0; i < rows * k; ++i) activations.push_back(random.value(lowest, span));
    const int end = 1 << (format.bits - 1);
    for (std::size_t i = 0; i < k * columns; ++i) {
      const int code =
          random.below(4) == 0 ? -end : static_cast<int>(random.below(2u * static_cast<unsigned>(end))) - end;
      codes.push_back(static_cast<std::int8_t>(code));
    }
    const std::size_t groups = (k + format.scale_group - 1) / format.scale_group;
    for (std::size_t i = 0; i < groups * columns; ++i) scales.push_back(random.value(0, 12));
  }

  WeightColumn column(std::size_t c) const {
    WeightColumn column;
    column.format = weights;
    for (std::size_t i = 0; i < k; ++i) column.values.push_back(codes[i * columns + c]);
    for (std::size_t i = c; i < scales.size(); i += columns) column.scales.push_back(scales[i]);
    for (Fp16& scale : column.scales) scale.bits &= 0x7FFF;
    return column;
  }
  std::vector<std::uint8_t> packed_activations(const ActivationFormat& format) const {
    std::vector<std::uint8_t> bytes(format.bytes(rows, k), 0xA5);
    EncodingLoss loss;
    pack_activations(activations.data(), k, rows, k, format, bytes.data(), loss);
    return bytes;
  }
  std::vector<std::uint8_t> packed_weights() const {
    std::vector<std::uint8_t> bytes(weights.bytes(k, columns), 0xA5);
    std::vector<Fp16> magnitudes = scales;
    for (Fp16& scale : magnitudes) scale.bits &= 0x7FFF;
    pack_weights(codes.data(), magnitudes.data(), columns, k, columns, weights, bytes.data());
    return bytes;
  }
};

std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return std::isnan(value) ? 0x7FC00000u : bits;  // which NaN is the processor's choice
}

}  // namespace

TEST_CASE("A panel of activations is its blocks one after another") {
  Random random(1);
  for (const std::uint32_t group : {8u, 16u, 64u, 256u}) {
    for (std::uint32_t bits = 1; bits <= 16; ++bits) {
      const std::size_t k = 1 + random.below(300);
      const Operands operands(1 + random.below(20), k, 1, {4, 128}, 3, 20, random);
      const ActivationFormat format{bits, group};
      std::vector<std::uint8_t> expected;
      std::vector<Fp16> decoded(operands.rows * k);
      std::uint64_t zeroed = 0;
      for (std::size_t first = 0; first < k; first += group) {
        const std::size_t count = std::min<std::size_t>(group, k - first);
        std::vector<PlaneGroup> block;
        NonFiniteCounts none;
        for (std::size_t row = 0; row < operands.rows; ++row) {
          const Fp16* values = &operands.activations[row * k + first];
          const AndaGroup encoded = encode_group(values, count, {group, bits}, NonFinite::refuse, {"A", 0}, none);
          const std::vector<Fp16> back = decode_group(encoded);
          for (std::size_t i = 0; i < count; ++i) {
            decoded[row * k + first + i] = back[i];
            if (encoded.mantissa[i] == 0 && values[i].significand() != 0) ++zeroed;
          }
          block.push_back(to_planes(encoded));
        }
        const std::vector<std::uint8_t> bytes = pack_block(block);
        expected.insert(expected.end(), bytes.begin(), bytes.end());
      }
      std::vector<std::uint8_t> packed(format.bytes(operands.rows, k), 0xA5);
      EncodingLoss loss;
      pack_activations(operands.activations.data(), k, operands.rows, k, format, packed.data(), loss);
      CHECK(packed == expected);
      CHECK(loss.zeroed == zeroed);
      std::vector<Fp16> unpacked(operands.rows * k);
      unpack_activations(packed.data(), operands.rows, k, format, unpacked.data(), k);
      CHECK(unpacked == decoded);
    }
  }
}

TEST_CASE("A panel of FP16 activations and panels of weights come back as they were") {
  Random random(2);
  for (std::uint32_t bits = 1; bits <= 8; ++bits) {
    const Operands operands(1 + random.below(20), 1 + random.below(500), 1 + random.below(40),
                            {bits, 8 * (1 + random.below(20))}, 0, 32, random);
    std::vector<Fp16> values(operands.activations.size());
    unpack_activations(operands.packed_activations({}).data(), operands.rows, operands.k, {}, values.data(),
                       operands.k);
    CHECK(values == operands.activations);

    std::vector<std::int8_t> codes(operands.codes.size());
    std::vector<Fp16> scales(operands.scales.size());
    unpack_weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights, codes.data(),
                   scales.data(), operands.columns);
    CHECK(codes == operands.codes);
    for (std::size_t i = 0; i < scales.size(); ++i) CHECK(scales[i].bits == (operands.scales[i].bits & 0x7FFF));
  }
}

TEST_CASE("Weights of a panel lie where the layout says") {
  // Two columns, three weights along k in scale groups of 8: INT4 nibbles (0,0) (0,1) (1,0) …, then two scales.
  const std::vector<std::int8_t> codes{1, 2, 3, 4, 5, -1};
  const std::vector<Fp16> scales{Fp16{0x3C00}, Fp16{0x1234}};
  std::vector<std::uint8_t> bytes(WeightFormat{4, 8}.bytes(3, 2));
  pack_weights(codes.data(), scales.data(), 2, 3, 2, {4, 8}, bytes.data());
  CHECK(bytes == std::vector<std::uint8_t>{0x21, 0x43, 0xF5, 0x00, 0x3C, 0x34, 0x12});
  const std::vector<std::int8_t> wide{1, 2, 3, 4, 5, 8};
  CHECK_THROWS_AS(pack_weights(wide.data(), scales.data(), 2, 3, 2, {4, 8}, bytes.data()), Error);
}

TEST_CASE("Products of panels are those of rows and columns, with any instructions") {
  Random random(3);
  for (const Simd simd : instruction_sets()) {
    INFO(name_of(simd_choices, simd));
    std::uint64_t overflows = 0;
    for (std::uint32_t run = 0; run < 160; ++run) {
      const std::uint32_t bits = 1 + run % 16;
      const std::uint32_t group = 8u << random.below(6);
      const DotFormat dot_format = run / 16 % 2 == 0 ? DotFormat::fp16 : DotFormat::fp32;
      const std::uint32_t span = 1 + random.below(31);
      const std::uint32_t lowest = random.below(32 - span);
      const Operands operands(1 + random.below(20), 1 + random.below(600), 1 + random.below(40),
                              {1 + random.below(8), group * (1 + random.below(3))}, lowest, span, random);
      const ActivationFormat format{bits, group};
      const ActivationPanel activations(operands.packed_activations(format).data(), operands.rows, operands.k, format,
                                        simd);
      const WeightPanel weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights,
                                WeightPanel::Kind::integer, group);
      std::vector<float> sums(operands.rows * weights.padded_columns(), 0);
      OverflowCounts counts;
      PanelProduct(dot_format, simd).add(activations, weights, sums.data(), counts);

      OverflowCounts expected;
      for (std::size_t c = 0; c < operands.columns; ++c) {
        const WeightColumn column = operands.column(c);
        for (std::size_t row = 0; row < operands.rows; ++row) {
          NonFiniteCounts none;
          const auto encoded = encode_row(&operands.activations[row * operands.k], operands.k, {group, bits},
                                          NonFinite::refuse, {"A", 0}, none);
          const DotResult result = dot_row(encoded, column, dot_format, expected);
          REQUIRE(bits_of(sums[row * weights.padded_columns() + c]) == bits_of(result.sum));
        }
      }
      CHECK(counts.group_dots == expected.group_dots);
      overflows += expected.group_dots;
    }
    CHECK(overflows > 0);
  }
}

TEST_CASE("The largest dot products round once, with any instructions") {
  // Codes and mantissas at their ends, so that |D| passes 2^24 and ties have far-off last bits.
  Random random(4);
  for (const Simd simd : instruction_sets()) {
    for (const std::uint32_t bits : {12u, 13u, 14u, 15u, 16u}) {
      for (std::uint32_t run = 0; run < 20; ++run) {
        Operands operands(9, 256, 16, {8, 256}, 1, 1, random);
        for (Fp16& value : operands.activations) {
          value.bits = static_cast<std::uint16_t>((0x03FFu - random.below(3)) | random.below(40) / 39 << 15);
          value.bits = static_cast<std::uint16_t>(value.bits | (1 + random.below(2)) << 10);
        }
        for (std::int8_t& code : operands.codes) code = static_cast<std::int8_t>(random.below(9) == 0 ? 127 : -128);
        const ActivationFormat format{bits, 256};
        const ActivationPanel activations(operands.packed_activations(format).data(), 9, 256, format, simd);
        const WeightPanel weights(operands.packed_weights().data(), 256, 16, operands.weights,
                                  WeightPanel::Kind::integer, 256);
        for (const DotFormat dot_format : {DotFormat::fp16, DotFormat::fp32}) {
          std::vector<float> sums(9 * 16, 0);
          std::vector<float> expected(9 * 16, 0);
          OverflowCounts counts;
          PanelProduct(dot_format, simd).add(activations, weights, sums.data(), counts);
          for (std::size_t row = 0; row < 9; ++row) {
            NonFiniteCounts none;
            const auto encoded =
                encode_row(&operands.activations[row * 256], 256, {256, bits}, NonFinite::refuse, {"A", 0}, none);
            for (std::size_t c = 0; c < 16; ++c) {
              expected[row * 16 + c] = dot_row(encoded, operands.column(c), dot_format, counts).sum;
            }
          }
          CHECK(sums == expected);
        }
      }
    }
  }
}

TEST_CASE("Products of FP16 panels are those of FP-FP, with any instructions") {
  Random random(5);
  for (const Simd simd : instruction_sets()) {
    for (std::uint32_t run = 0; run < 40; ++run) {
      const Operands operands(1 + random.below(20), 1 + random.below(400), 1 + random.below(40),
                              {1 + run % 8, 8 * (1 + random.below(20))}, run % 2 == 0 ? 5 : 0, run % 2 == 0 ? 12 : 32,
                              random);
      const ActivationPanel activations(operands.packed_activations({}).data(), operands.rows, operands.k, {}, simd);
      const WeightPanel weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights,
                                WeightPanel::Kind::fp16, 0);
      std::vector<float> sums(operands.rows * weights.padded_columns(), 0);
      OverflowCounts counts;
      PanelProduct(DotFormat::fp16, simd).add(activations, weights, sums.data(), counts);
      for (std::size_t c = 0; c < operands.columns; ++c) {
        const std::vector<Fp16> column = dequantise(operands.column(c));
        for (std::size_t row = 0; row < operands.rows; ++row) {
          const DotResult result =
              dot_row_fp16(&operands.activations[row * operands.k], column.data(), operands.k, counts);
          REQUIRE(bits_of(sums[row * weights.padded_columns() + c]) == bits_of(result.sum));
        }
      }
    }
  }
}

TEST_CASE("Products of aligned FP16 panels are those of encoded rows, with any instructions") {
  Random random(6);
  constexpr std::uint16_t edges[] = {0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x83FF, 0x0400,
                                     0x8400, 0x07FF, 0x3C00, 0x5555, 0x7800, 0x7BFF, 0xFBFF};
  for (const Simd simd : instruction_sets()) {
    INFO(name_of(simd_choices, simd));
    std::uint64_t overflows = 0;
    for (std::uint32_t run = 0; run < 240; ++run) {
      const std::uint32_t bits = 1 + run % 24;
      const std::uint32_t group = 8u << random.below(6);
      const DotFormat dot_format = run / 24 % 2 == 0 ? DotFormat::fp16 : DotFormat::fp32;
      const std::uint32_t span = 1 + random.below(31);
      Operands operands(1 + random.below(20), 1 + random.below(600), 1 + random.below(40),
                        {1 + random.below(8), group * (1 + random.below(3))}, random.below(32 - span), span, random);
      for (Fp16& value : operands.activations) {
        if (!value.is_finite()) value.bits ^= 0x0400;
        if (random.below(run % 3 == 0 ? 2 : 64) == 0) value.bits = edges[random.below(14)];
      }
      if (run % 5 == 0) std::fill_n(operands.activations.begin(), operands.k, Fp16{});  // a row of zeros
      NonFiniteCounts replaced;
      const ActivationPanel activations = ActivationPanel::aligned(
          operands.packed_activations({}).data(), operands.rows, operands.k, {group, bits}, replaced, simd);
      const WeightPanel weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights,
                                WeightPanel::Kind::integer, group);
      std::vector<float> sums(operands.rows * weights.padded_columns(), 0);
      OverflowCounts counts;
      PanelProduct(dot_format, simd).add(activations, weights, sums.data(), counts);

      OverflowCounts expected;
      for (std::size_t row = 0; row < operands.rows; ++row) {
        NonFiniteCounts none;
        const auto encoded = encode_row(&operands.activations[row * operands.k], operands.k, {group, bits},
                                        NonFinite::refuse, {"A", 0}, none);
        for (std::size_t c = 0; c < operands.columns; ++c) {
          const DotResult result = dot_row(encoded, operands.column(c), dot_format, expected);
          REQUIRE(bits_of(sums[row * weights.padded_columns() + c]) == bits_of(result.sum));
        }
      }
      CHECK(counts.group_dots == expected.group_dots);
      CHECK(replaced.infinities + replaced.nans == 0);
      overflows += expected.group_dots;
    }
    CHECK(overflows > 0);
  }
}

TEST_CASE("The largest aligned dot products need more than 32 bits and round once, with any instructions") {
  Random random(7);
  for (const Simd simd : instruction_sets()) {
    for (const std::uint32_t bits : {13u, 16u, 17u, 20u, 23u, 24u}) {
      for (std::uint32_t run = 0; run < 20; ++run) {
        Operands operands(9, 256, 16, {8, 256}, 1, 1, random);
        // Sums far from what 24 bits hold, with last bits far off: all significands large, exponents apart.
        for (Fp16& value : operands.activations) {
          value.bits = static_cast<std::uint16_t>((1 + random.below(1 + run % 14)) << 10 | (0x3FF - random.below(3)));
        }
        for (std::int8_t& code : operands.codes) code = static_cast<std::int8_t>(random.below(9) == 0 ? 127 : -128);
        NonFiniteCounts none;
        const ActivationPanel activations =
            ActivationPanel::aligned(operands.packed_activations({}).data(), 9, 256, {256, bits}, none, simd);
        const WeightPanel weights(operands.packed_weights().data(), 256, 16, operands.weights,
                                  WeightPanel::Kind::integer, 256);
        for (const DotFormat dot_format : {DotFormat::fp16, DotFormat::fp32}) {
          std::vector<float> sums(9 * 16, 0);
          std::vector<float> expected(9 * 16, 0);
          OverflowCounts counts;
          PanelProduct(dot_format, simd).add(activations, weights, sums.data(), counts);
          for (std::size_t row = 0; row < 9; ++row) {
            const auto encoded =
                encode_row(&operands.activations[row * 256], 256, {256, bits}, NonFinite::refuse, {"A", 0}, none);
            for (std::size_t c = 0; c < 16; ++c) {
              expected[row * 16 + c] = dot_row(encoded, operands.column(c), dot_format, counts).sum;
            }
          }
          CHECK(sums == expected);
        }
      }
    }
  }
}

TEST_CASE("Infinities and NaNs are replaced and counted where a panel is aligned") {
  for (const Simd simd : instruction_sets()) {
    for (const std::size_t rows : {3u, 8u, 19u}) {
      std::vector<std::uint8_t> bytes(2 * rows * 20);
      std::vector<std::uint8_t> finite(bytes.size());
      for (std::size_t i = 0; i < rows * 20; ++i) bytes[2 * i + 1] = finite[2 * i + 1] = 0x3C;
      const auto put = [&](std::size_t i, std::size_t row, std::uint16_t pattern, std::uint16_t instead) {
        const std::size_t at = 2 * (i * rows + row);
        bytes[at] = static_cast<std::uint8_t>(pattern & 0xFF);
        bytes[at + 1] = static_cast<std::uint8_t>(pattern >> 8);
        finite[at] = static_cast<std::uint8_t>(instead & 0xFF);
        finite[at + 1] = static_cast<std::uint8_t>(instead >> 8);
      };
      put(19, rows - 1, 0x7C00, 0x7BFF);
      put(3, 0, 0xFC00, 0xFBFF);
      put(4, 1, 0xFE01, 0x0000);
      const std::vector<std::int8_t> codes(20, 3);
      const std::vector<Fp16> scales(1, Fp16{0x3C00});
      std::vector<std::uint8_t> packed(WeightFormat{4, 128}.bytes(20, 1));
      pack_weights(codes.data(), scales.data(), 1, 20, 1, {4, 128}, packed.data());
      const WeightPanel weights(packed.data(), 20, 1, {4, 128}, WeightPanel::Kind::integer, 16);
      const auto product = [&](const std::vector<std::uint8_t>& values, NonFiniteCounts& replaced) {
        const ActivationPanel panel = ActivationPanel::aligned(values.data(), rows, 20, {16, 24}, replaced, simd);
        std::vector<float> sums(rows * weights.padded_columns(), 0);
        OverflowCounts counts;
        PanelProduct(DotFormat::fp32, simd).add(panel, weights, sums.data(), counts);
        return sums;
      };
      NonFiniteCounts replaced;
      NonFiniteCounts none;
      CHECK(product(bytes, replaced) == product(finite, none));
      CHECK(replaced.infinities == 2);
      CHECK(replaced.nans == 1);
      CHECK(none.infinities + none.nans == 0);
    }
  }
  NonFiniteCounts none;
  CHECK_THROWS_AS(ActivationPanel::aligned(nullptr, 0, 0, {64, 25}, none), Error);
}

TEST_CASE("Products of FP16 panels with codes are those of FP-INT, with any instructions") {
  Random random(8);
  for (const Simd simd : instruction_sets()) {
    for (std::uint32_t run = 0; run < 60; ++run) {
      const Operands operands(1 + random.below(20), 1 + random.below(400), 1 + random.below(40),
                              {1 + run % 8, 8 * (1 + random.below(20))}, run % 2 == 0 ? 5 : 0, run % 2 == 0 ? 12 : 32,
                              random);
      const ActivationPanel activations(operands.packed_activations({}).data(), operands.rows, operands.k, {}, simd);
      const WeightPanel weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights,
                                WeightPanel::Kind::code, 0);
      std::vector<float> sums(operands.rows * weights.padded_columns(), 0);
      OverflowCounts counts;
      PanelProduct(DotFormat::fp16, simd).add(activations, weights, sums.data(), counts);
      for (std::size_t c = 0; c < operands.columns; ++c) {
        for (std::size_t row = 0; row < operands.rows; ++row) {
          const DotResult result = dot_row_codes(&operands.activations[row * operands.k], operands.column(c), counts);
          REQUIRE(bits_of(sums[row * weights.padded_columns() + c]) == bits_of(result.sum));
        }
      }
    }
  }
}
