// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/encoded_panel.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include <anda/numeric/format/operand_format.h>
#include <anda/numeric/format_config.h>

#include "numeric/panel_operands.h"

using namespace anda;
using panel_test::Random;

namespace {

/// Integers of 3 bits under a power of two in groups of 8.
FormatConfig small_format() {
  FormatDescription description;
  description.name = "i3";
  description.family = FormatFamily::bfp;
  description.mantissa_bits = 2;
  description.group = 8;
  FormatConfig format;
  format.activations = StoredActivations(description);
  format.weights = StoredWeights(description);
  return format;
}

std::vector<Fp16> random_halves(std::size_t count, Random& random) {
  std::vector<Fp16> values(count);
  for (Fp16& value : values) value = Fp16{static_cast<std::uint16_t>(random.below(0x7C00) | random.below(2) << 15)};
  return values;
}

}  // namespace

TEST_CASE("A panel of an operand format is elements of 3 bits, then a byte a row, worked by hand") {
  const FormatConfig config = small_format();
  const ActivationFormat format = config.activations_of(config.activation_code("T"));
  // 1 = 2 · 2^-1 and -0.5 = -1 · 2^-1 under 2^0; 3 = 3 · 2^0 under 2^1.
  const std::vector<Fp16> values{Fp16{0x3C00}, Fp16{0xB800}, Fp16{0x4200}, Fp16{0}};
  std::vector<std::uint8_t> bytes(format.bytes(2, 2), 0xFF);
  CHECK(bytes.size() == 2 * 8 * 3 / 8 + 2);
  CHECK(pack_encoded(values.data(), 2, 2, 2, format, bytes.data()) == 0);
  CHECK(bytes == std::vector<std::uint8_t>{2 | 5 << 3, 0, 0, 3, 0, 0, 127, 128});
  std::vector<float> left(4);
  unpack_encoded(bytes.data(), 2, 2, format, left.data(), 2);
  CHECK(left == std::vector<float>{1, -0.5F, 3, 0});
}

TEST_CASE("A part of an encoded panel along k is a part of its bytes, and holds what rounding leaves") {
  Random random(4);
  const FormatConfig config = small_format();
  const ActivationFormat format = config.activations_of(1);
  const WeightFormat weights = config.weights_of(4);
  for (int i = 0; i < 20; ++i) {
    const std::size_t rows = 1 + random.below(20);
    const std::size_t k = 1 + random.below(200);
    const std::vector<Fp16> values = random_halves(rows * k, random);
    std::vector<std::uint8_t> whole(format.bytes(rows, k));
    std::uint64_t zeroed = pack_encoded(values.data(), k, rows, k, format, whole.data());
    const std::size_t first = 8 * random.below(static_cast<std::uint32_t>(k / 8 + 1));
    std::vector<std::uint8_t> part(format.bytes(rows, k - first));
    pack_encoded(&values[first], k, rows, k - first, format, part.data());
    CHECK(std::equal(part.begin(), part.end(), whole.end() - static_cast<std::ptrdiff_t>(part.size())));

    std::vector<float> expected(rows * k);
    std::transform(values.begin(), values.end(), expected.begin(), to_float);
    const std::vector<float> given = expected;
    for (std::size_t row = 0; row < rows; ++row) format.operand->round_row(&expected[row * k], k);
    std::vector<float> left(rows * k);
    unpack_encoded(whole.data(), rows, k, format, left.data(), k);
    CHECK(left == expected);
    for (std::size_t j = 0; j < left.size(); ++j) zeroed -= left[j] == 0 && given[j] != 0 ? 1u : 0u;
    CHECK(zeroed == 0);

    // The same numbers as weights: columns in the place of rows.
    std::vector<float> turned(rows * k);
    for (std::size_t j = 0; j < turned.size(); ++j) turned[j % k * rows + j / k] = given[j];
    std::vector<std::uint8_t> packed(weights.bytes(k, rows));
    pack_encoded(turned.data(), rows, k, rows, weights, packed.data());
    unpack_encoded(packed.data(), k, rows, weights, turned.data(), rows);
    for (std::size_t j = 0; j < turned.size(); ++j) CHECK(turned[j % k * rows + j / k] == expected[j]);
  }
}
