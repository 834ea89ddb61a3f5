// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/activation_panel.h>

#include <catch2/catch.hpp>

#include <anda/base/error.h>
#include <anda/numeric/panel_product.h>

#include "numeric/panel_operands.h"

using namespace anda;

TEST_CASE("Infinities and NaNs are replaced and counted where a panel is aligned") {
  for (const Simd* simd : available_simd()) {
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
        const ActivationPanel panel = ActivationPanel::aligned(values.data(), rows, 20, {16, 24}, replaced, *simd);
        std::vector<float> sums(rows * weights.padded_columns(), 0);
        OverflowCounts counts;
        PanelProduct(DotFormat::fp32, *simd).add(panel, weights, sums.data(), counts);
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
