// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/panel_codec.h>

#include <catch2/catch.hpp>

#include <anda/base/error.h>
#include <anda/numeric/reference/block.h>
#include <anda/numeric/reference/weight_column.h>

#include "numeric/panel_operands.h"

using namespace anda;
using panel_test::Operands;
using panel_test::Random;

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
    const WeightFormat format{bits, 8 * (1 + random.below(20)), 16, bits % 2 == 0 ? bits : 0};
    const Operands operands(1 + random.below(20), 1 + random.below(500), 1 + random.below(40), format, 0, 32, random);
    std::vector<Fp16> values(operands.activations.size());
    unpack_activations(operands.packed_activations({}).data(), operands.rows, operands.k, {}, values.data(),
                       operands.k);
    CHECK(values == operands.activations);

    std::vector<std::int8_t> codes(operands.codes.size());
    std::vector<Fp16> scales(operands.scales.size());
    std::vector<std::int8_t> zeros(operands.zeros.size());
    unpack_weights(operands.packed_weights().data(), operands.k, operands.columns, operands.weights, codes.data(),
                   scales.data(), operands.columns, zeros.data());
    CHECK(zeros == operands.zeros);
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

  // Zero points of −3 and 2 follow in a byte of their own.
  const WeightFormat with_zeros{4, 8, 16, 4};
  const std::vector<std::int8_t> zeros{-3, 2};
  bytes.resize(with_zeros.bytes(3, 2));
  pack_weights(codes.data(), scales.data(), 2, 3, 2, with_zeros, bytes.data(), zeros.data());
  CHECK(bytes == std::vector<std::uint8_t>{0x21, 0x43, 0xF5, 0x00, 0x3C, 0x34, 0x12, 0x2D});
  CHECK(with_zeros.bytes(16, 3) == 16 * 3 / 2 + 2 * (3 * 2 + 2));
  const std::vector<std::int8_t> wide_zeros{0, 8};
  CHECK_THROWS_AS(pack_weights(codes.data(), scales.data(), 2, 3, 2, with_zeros, bytes.data(), wide_zeros.data()),
                  Error);
  CHECK_THROWS_AS(check_format({4, 8, 16, 3}), Error);
}
