// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/tensor_image.h>

#include <algorithm>

#include <anda/base/error.h>
#include <anda/dataflow/operand_layout.h>

namespace anda {
namespace {

OperandLayout layout_of(std::uint64_t m, std::uint64_t k, const ActivationFormat& format, std::uint32_t panel) {
  return {0, m, panel, k, k, [&](std::uint64_t rows, std::uint64_t length) { return format.bytes(rows, length); }};
}

OperandLayout layout_of(std::uint64_t k, std::uint64_t n, const WeightFormat& format, std::uint32_t panel) {
  return {0, n, panel,
          k, k, [&](std::uint64_t columns, std::uint64_t length) { return format.bytes(length, columns); }};
}

}  // namespace

std::uint64_t tensor_bytes(std::uint64_t m, std::uint64_t k, const ActivationFormat& format, std::uint32_t panel) {
  return layout_of(m, k, format, panel).total_bytes();
}

std::uint64_t tensor_bytes(std::uint64_t k, std::uint64_t n, const WeightFormat& format, std::uint32_t panel) {
  return layout_of(k, n, format, panel).total_bytes();
}

std::vector<std::uint8_t> pack_activation_tensor(const std::vector<Fp16>& values, std::uint64_t m, std::uint64_t k,
                                                 const ActivationFormat& format, std::uint32_t panel,
                                                 EncodingLoss& loss) {
  const OperandLayout layout = layout_of(m, k, format, panel);
  std::vector<std::uint8_t> bytes(layout.total_bytes());
  for (std::uint64_t row = 0; row < m; row += panel) {
    pack_activations(&values[row * k], k, std::min<std::uint64_t>(panel, m - row), k, format,
                     &bytes[layout.run(row / panel, 0).address], loss);
  }
  return bytes;
}

std::vector<Fp16> unpack_activation_tensor(const std::vector<std::uint8_t>& bytes, std::uint64_t m, std::uint64_t k,
                                           const ActivationFormat& format, std::uint32_t panel) {
  const OperandLayout layout = layout_of(m, k, format, panel);
  if (bytes.size() != layout.total_bytes()) {
    throw Error::run("a tensor of " + std::to_string(m) + " × " + std::to_string(k) + " takes " +
                     std::to_string(layout.total_bytes()) + " bytes, not " + std::to_string(bytes.size()));
  }
  std::vector<Fp16> values(m * k);
  for (std::uint64_t row = 0; row < m; row += panel) {
    unpack_activations(&bytes[layout.run(row / panel, 0).address], std::min<std::uint64_t>(panel, m - row), k, format,
                       &values[row * k], k);
  }
  return values;
}

std::vector<std::uint8_t> pack_weight_tensor(const WeightTensor& weights, std::uint32_t panel) {
  const OperandLayout layout = layout_of(weights.k, weights.n, weights.format, panel);
  std::vector<std::uint8_t> bytes(layout.total_bytes());
  for (std::uint64_t column = 0; column < weights.n; column += panel) {
    pack_weights(&weights.codes[column], &weights.scales[column], weights.n, weights.k,
                 std::min<std::uint64_t>(panel, weights.n - column), weights.format,
                 &bytes[layout.run(column / panel, 0).address],
                 weights.zeros.empty() ? nullptr : &weights.zeros[column]);
  }
  return bytes;
}

}  // namespace anda
