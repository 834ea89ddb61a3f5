// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/panel_product.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>

#include <anda/numeric/reference/dot_row.h>
#include <anda/numeric/reference/weight_column.h>

#include "numeric/panel_operands.h"

using namespace anda;
using panel_test::Operands;
using panel_test::Random;

namespace {

std::uint32_t bits_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return std::isnan(value) ? 0x7FC00000u : bits;  // which NaN is the processor's choice
}

WeightFormat weights_of(std::uint32_t bits, std::uint32_t scale_group, bool zero_points) {
  return {bits, scale_group, 16, zero_points ? bits : 0};
}

}  // namespace

TEST_CASE("Products of panels are those of rows and columns, with any instructions") {
  Random random(3);
  for (const Simd* simd : available_simd()) {
    INFO(simd->name);
    std::uint64_t overflows = 0;
    for (std::uint32_t run = 0; run < 160; ++run) {
      const std::uint32_t bits = 1 + run % 16;
      const std::uint32_t group = 8u << random.below(6);
      const DotFormat dot_format = run / 16 % 2 == 0 ? DotFormat::fp16 : DotFormat::fp32;
      const std::uint32_t span = 1 + random.below(31);
      const std::uint32_t lowest = random.below(32 - span);
      const Operands operands(1 + random.below(20), 1 + random.below(600), 1 + random.below(40),
                              weights_of(1 + random.below(8), group * (1 + random.below(3)), run % 3 == 0), lowest,
                              span, random);
      const ActivationFormat format{bits, group};
      const ActivationPanel activations(operands.packed_activations(format).data(), operands.rows, operands.k, format,
                                        *simd);
      const WeightPanel weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights,
                                WeightPanel::Kind::integer, group);
      std::vector<float> sums(operands.rows * weights.padded_columns(), 0);
      OverflowCounts counts;
      PanelProduct(dot_format, *simd).add(activations, weights, sums.data(), counts);

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
  for (const Simd* simd : available_simd()) {
    for (const std::uint32_t bits : {12u, 13u, 14u, 15u, 16u}) {
      for (std::uint32_t run = 0; run < 20; ++run) {
        Operands operands(9, 256, 16, weights_of(8, 256, run % 4 == 3), 1, 1, random);
        for (std::int8_t& zero : operands.zeros) zero = 127;  // codes of −128 are −255 steps: D has 33 bits
        for (Fp16& value : operands.activations) {
          value.bits = static_cast<std::uint16_t>((0x03FFu - random.below(3)) | random.below(40) / 39 << 15);
          value.bits = static_cast<std::uint16_t>(value.bits | (1 + random.below(2)) << 10);
        }
        for (std::int8_t& code : operands.codes) code = static_cast<std::int8_t>(random.below(9) == 0 ? 127 : -128);
        const ActivationFormat format{bits, 256};
        const ActivationPanel activations(operands.packed_activations(format).data(), 9, 256, format, *simd);
        const WeightPanel weights(operands.packed_weights().data(), 256, 16, operands.weights,
                                  WeightPanel::Kind::integer, 256);
        for (const DotFormat dot_format : {DotFormat::fp16, DotFormat::fp32}) {
          std::vector<float> sums(9 * 16, 0);
          std::vector<float> expected(9 * 16, 0);
          OverflowCounts counts;
          PanelProduct(dot_format, *simd).add(activations, weights, sums.data(), counts);
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

TEST_CASE("A dot product that zero points bring beyond 2^24 is rounded once") {
  // 63 · 2047 · 128 + 1399 · 199 = 2^24 + 2^13 + 1: times 2^-10 a little more than halfway from 16384 to 16400, which
  // rounding to FP32 first would make exactly half of it.
  Random random(6);
  Operands operands(1, 64, 16, weights_of(8, 64, true), 1, 1, random);
  for (Fp16& value : operands.activations) value.bits = 0x3FFF;
  for (std::int8_t& code : operands.codes) code = 0;
  for (std::int8_t& zero : operands.zeros) zero = -128;
  for (Fp16& scale : operands.scales) scale.bits = 0x3C00;
  operands.activations[7].bits = 0x3C00 | 375;
  for (std::size_t c = 0; c < 16; ++c) operands.codes[7 * 16 + c] = 199 - 128;
  const ActivationFormat format{11, 64};
  for (const Simd* simd : available_simd()) {
    const ActivationPanel activations(operands.packed_activations(format).data(), 1, 64, format, *simd);
    const WeightPanel weights(operands.packed_weights().data(), 64, 16, operands.weights, WeightPanel::Kind::integer,
                              64);
    std::vector<float> sums(16, 0);
    OverflowCounts counts;
    PanelProduct(DotFormat::fp16, *simd).add(activations, weights, sums.data(), counts);
    CHECK(sums == std::vector<float>(16, 16400));
  }
}

TEST_CASE("Products of FP16 panels are those of FP-FP, with any instructions") {
  Random random(5);
  for (const Simd* simd : available_simd()) {
    for (std::uint32_t run = 0; run < 40; ++run) {
      const Operands operands(1 + random.below(20), 1 + random.below(400), 1 + random.below(40),
                              weights_of(1 + run % 8, 8 * (1 + random.below(20)), run % 3 == 0), run % 2 == 0 ? 5 : 0,
                              run % 2 == 0 ? 12 : 32, random);
      const ActivationPanel activations(operands.packed_activations({}).data(), operands.rows, operands.k, {}, *simd);
      const WeightPanel weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights,
                                WeightPanel::Kind::fp16, 0);
      std::vector<float> sums(operands.rows * weights.padded_columns(), 0);
      OverflowCounts counts;
      PanelProduct(DotFormat::fp16, *simd).add(activations, weights, sums.data(), counts);
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
  for (const Simd* simd : available_simd()) {
    INFO(simd->name);
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
          operands.packed_activations({}).data(), operands.rows, operands.k, {group, bits}, replaced, *simd);
      const WeightPanel weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights,
                                WeightPanel::Kind::integer, group);
      std::vector<float> sums(operands.rows * weights.padded_columns(), 0);
      OverflowCounts counts;
      PanelProduct(dot_format, *simd).add(activations, weights, sums.data(), counts);

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
  for (const Simd* simd : available_simd()) {
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
            ActivationPanel::aligned(operands.packed_activations({}).data(), 9, 256, {256, bits}, none, *simd);
        const WeightPanel weights(operands.packed_weights().data(), 256, 16, operands.weights,
                                  WeightPanel::Kind::integer, 256);
        for (const DotFormat dot_format : {DotFormat::fp16, DotFormat::fp32}) {
          std::vector<float> sums(9 * 16, 0);
          std::vector<float> expected(9 * 16, 0);
          OverflowCounts counts;
          PanelProduct(dot_format, *simd).add(activations, weights, sums.data(), counts);
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

TEST_CASE("Products of FP16 panels with codes are those of FP-INT, with any instructions") {
  Random random(8);
  for (const Simd* simd : available_simd()) {
    for (std::uint32_t run = 0; run < 60; ++run) {
      const Operands operands(1 + random.below(20), 1 + random.below(400), 1 + random.below(40),
                              {1 + run % 8, 8 * (1 + random.below(20))}, run % 2 == 0 ? 5 : 0, run % 2 == 0 ? 12 : 32,
                              random);
      const ActivationPanel activations(operands.packed_activations({}).data(), operands.rows, operands.k, {}, *simd);
      const WeightPanel weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights,
                                WeightPanel::Kind::code, 0);
      std::vector<float> sums(operands.rows * weights.padded_columns(), 0);
      OverflowCounts counts;
      PanelProduct(DotFormat::fp16, *simd).add(activations, weights, sums.data(), counts);
      for (std::size_t c = 0; c < operands.columns; ++c) {
        for (std::size_t row = 0; row < operands.rows; ++row) {
          const DotResult result = dot_row_codes(&operands.activations[row * operands.k], operands.column(c), counts);
          REQUIRE(bits_of(sums[row * weights.padded_columns() + c]) == bits_of(result.sum));
        }
      }
    }
  }
}
