// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_NUMERIC_PANEL_OPERANDS_H
#define ANDA_TESTS_NUMERIC_PANEL_OPERANDS_H

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <anda/numeric/panel_codec.h>
#include <anda/numeric/weight.h>

namespace panel_test {

using namespace anda;

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
  std::vector<std::int8_t> zeros;

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
    for (std::size_t i = 0; format.has_zero_points() && i < groups * columns; ++i) {
      zeros.push_back(static_cast<std::int8_t>(static_cast<int>(random.below(2u * static_cast<unsigned>(end))) - end));
    }
  }

  WeightColumn column(std::size_t c) const {
    WeightColumn column;
    column.format = weights;
    for (std::size_t i = 0; i < k; ++i) column.values.push_back(codes[i * columns + c]);
    for (std::size_t i = c; i < scales.size(); i += columns) column.scales.push_back(scales[i]);
    for (std::size_t i = c; i < zeros.size(); i += columns) column.zeros.push_back(zeros[i]);
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
    pack_weights(codes.data(), magnitudes.data(), columns, k, columns, weights, bytes.data(), zeros.data());
    return bytes;
  }
};

}  // namespace panel_test

#endif
