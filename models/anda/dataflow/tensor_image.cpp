// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/tensor_image.h>

#include <algorithm>

#include <anda/base/error.h>
#include <anda/dataflow/operand_layout.h>
#include <anda/numeric/encoded_panel.h>
#include <anda/numeric/panel_bytes.h>

namespace anda {
namespace {

OperandLayout layout_of(std::uint64_t m, std::uint64_t k, const ActivationFormat& format, std::uint32_t panel) {
  return {0, m, panel, k, k, [&](std::uint64_t rows, std::uint64_t length) { return format.bytes(rows, length); }};
}

OperandLayout layout_of(std::uint64_t k, std::uint64_t n, const WeightFormat& format, std::uint64_t panel) {
  return {0, n, static_cast<std::uint32_t>(std::min(panel, n)),
          k, k, [&](std::uint64_t columns, std::uint64_t length) { return format.bytes(length, columns); }};
}

void check_bytes(const std::vector<std::uint8_t>& bytes, std::uint64_t rows, std::uint64_t columns,
                 const OperandLayout& layout) {
  if (bytes.size() == layout.total_bytes()) return;
  throw Error::run("a tensor of " + std::to_string(rows) + " × " + std::to_string(columns) + " takes " +
                   std::to_string(layout.total_bytes()) + " bytes, not " + std::to_string(bytes.size()));
}

}  // namespace

std::uint64_t tensor_bytes(std::uint64_t m, std::uint64_t k, const ActivationFormat& format, std::uint32_t panel) {
  return layout_of(m, k, format, panel).total_bytes();
}

std::uint64_t tensor_bytes(std::uint64_t k, std::uint64_t n, const WeightFormat& format, std::uint64_t panel) {
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
  check_bytes(bytes, m, k, layout);
  std::vector<Fp16> values(m * k);
  for (std::uint64_t row = 0; row < m; row += panel) {
    unpack_activations(&bytes[layout.run(row / panel, 0).address], std::min<std::uint64_t>(panel, m - row), k, format,
                       &values[row * k], k);
  }
  return values;
}

std::vector<std::uint8_t> pack_weight_tensor(const WeightTensor& weights, std::uint64_t panel) {
  const OperandLayout layout = layout_of(weights.k, weights.n, weights.format, panel);
  std::vector<std::uint8_t> bytes(layout.total_bytes());
  for (std::uint64_t column = 0; column < weights.n; column += panel) {
    const std::uint64_t width = std::min<std::uint64_t>(panel, weights.n - column);
    std::uint8_t* const to = &bytes[layout.run(column / panel, 0).address];
    if (weights.format.encoded) {
      pack_encoded(&weights.given[column], weights.n, weights.k, width, weights.format, to);
    } else if (weights.format.is_fp16()) {
      pack_weights(&weights.halves[column], weights.n, weights.k, width, to);
    } else {
      pack_weights(&weights.codes[column], &weights.scales[column], weights.n, weights.k, width, weights.format, to,
                   weights.zeros.empty() ? nullptr : &weights.zeros[column]);
    }
  }
  return bytes;
}

WeightTensor unpack_weight_tensor(const std::vector<std::uint8_t>& bytes, std::uint64_t k, std::uint64_t n,
                                  const WeightFormat& format, std::uint64_t panel) {
  const OperandLayout layout = layout_of(k, n, format, panel);
  check_bytes(bytes, k, n, layout);
  WeightTensor weights{k, n, format, std::vector<std::int8_t>(k * n), {}};
  weights.scales.resize(ceil_div(k, format.scale_group) * n);
  for (std::uint64_t column = 0; column < n; column += panel) {
    const std::uint64_t width = std::min<std::uint64_t>(panel, n - column);
    panel_bytes::over_scale_groups(&bytes[layout.run(column / panel, 0).address], k, width, format,
                                   [&](std::uint64_t first, std::uint64_t count, const std::uint8_t* packed,
                                       const std::uint8_t* packed_scales, const std::uint8_t*) {
                                     panel_bytes::WeightReader reader(packed, format.bits);
                                     for (std::uint64_t i = 0; i < count * width; ++i) {
                                       weights.codes[(first + i / width) * n + column + i % width] =
                                           static_cast<std::int8_t>(reader.next());
                                     }
                                     Fp16* const scales = &weights.scales[first / format.scale_group * n + column];
                                     for (std::uint64_t c = 0; c < width; ++c)
                                       scales[c] = panel_bytes::scale_at(packed_scales, c, format);
                                   });
  }
  return weights;
}

}  // namespace anda
