// SPDX-License-Identifier: Apache-2.0
#include "data/model_data.h"

#include <cmath>
#include <cstring>

#include "data/gemm_data.h"
#include "data/tensor_generator.h"

namespace anda::sim {
namespace {

constexpr double rotary_base = 10000;
constexpr float spread_of_norms = 0.125F;

/// Offset of a tensor's numbers among those of a seed: FNV-1a hash of its name.
std::uint64_t place_of(const std::string& name) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char character : name) hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001B3u;
  return hash;
}

std::vector<Fp16> halves_of(const std::vector<float>& values) {
  std::vector<Fp16> halves;
  halves.reserve(values.size());
  for (const float value : values) halves.push_back(to_fp16(value));
  return halves;
}

std::vector<Fp16> rows_of(const std::vector<Fp16>& table, std::uint64_t width, const std::vector<std::uint64_t>& rows) {
  std::vector<Fp16> values;
  values.reserve(rows.size() * width);
  for (const std::uint64_t row : rows) {
    const auto first = table.begin() + static_cast<std::ptrdiff_t>(row * width);
    values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(width));
  }
  return values;
}

std::vector<float> columns_of(const std::vector<float>& values, std::uint64_t width, std::uint64_t first,
                              std::uint64_t count) {
  if (count == width) return values;
  std::vector<float> columns;
  for (std::uint64_t at = first; at < values.size(); at += width) {
    for (std::uint64_t i = 0; i < count; ++i) columns.push_back(values[at + i]);
  }
  return columns;
}

std::vector<float> turned_over(const std::vector<float>& values, std::uint64_t width) {
  std::vector<float> turned;
  for (std::uint64_t column = 0; column < width; ++column) {
    for (std::uint64_t at = column; at < values.size(); at += width) turned.push_back(values[at]);
  }
  return turned;
}

}  // namespace

std::vector<float> ModelData::bell(const std::string& name, std::uint64_t rows, std::uint64_t columns) const {
  std::vector<float> values = generate_weights(seed_, place_of(name), rows, columns);
  for (float& value : values) value *= 64;  // the standard deviation of these weights is 1 / 64
  return values;
}

WeightTensor ModelData::weights(const std::string& name, std::uint64_t k, std::uint64_t n, const WeightFormat& format,
                                std::uint64_t& zeroed) const {
  return part_of_weights(name, k, n, 0, n, false, format, zeroed);
}

WeightTensor ModelData::part_of_weights(const std::string& name, std::uint64_t k, std::uint64_t n, std::uint64_t first,
                                        std::uint64_t count, bool turned, const WeightFormat& format,
                                        std::uint64_t& zeroed) const {
  std::vector<float> values = columns_of(bell(name, k, n), n, first, count);
  const float size = std::sqrt(static_cast<float>(k));
  for (float& value : values) value /= size;
  if (turned) {
    values = turned_over(values, count);
    std::swap(k, count);
  }
  return as_weights(values, k, count, format, zeroed);
}

WeightTensor ModelData::as_weights(const std::vector<float>& values, std::uint64_t k, std::uint64_t n,
                                   const WeightFormat& format, std::uint64_t& zeroed) {
  WeightTensor weights{k, n, format, {}, {}};
  if (format.is_fp16()) {
    weights.halves = halves_of(values);
    return weights;
  }
  weights.scales.resize(ceil_div(k, format.scale_group) * n);
  if (format.has_zero_points()) weights.zeros.resize(weights.scales.size());
  Array given{NumberType::float32, {k, n}, std::vector<std::uint8_t>(4 * values.size())};
  std::memcpy(given.data.data(), values.data(), given.data.size());
  quantise_columns(given, weights, zeroed);
  return weights;
}

VectorConstants ModelData::norm(const std::string& name, std::uint64_t width, bool shifts) const {
  VectorConstants constants;
  for (const float value : bell(name + ".gamma", 1, width)) {
    constants.gamma.push_back(to_float(to_fp16(1 + value * spread_of_norms)));
  }
  if (!shifts) return constants;
  for (const float value : bell(name + ".beta", 1, width)) {
    constants.beta.push_back(to_float(to_fp16(value * spread_of_norms)));
  }
  return constants;
}

VectorConstants ModelData::rotary(const std::vector<std::uint64_t>& positions) const {
  VectorConstants constants;
  const std::uint64_t head_dim = shape_.latent ? shape_.latent.rope_dim : shape_.head_dim;
  constants.head_dim = static_cast<std::uint32_t>(head_dim);
  constants.rotary_dim =
      static_cast<std::uint32_t>(shape_.latent || shape_.rotary_dim == 0 ? head_dim : shape_.rotary_dim);
  const std::uint32_t half = constants.rotary_dim / 2;
  for (const std::uint64_t position : positions) {
    for (std::uint32_t i = 0; i < half; ++i) {
      const double angle =
          static_cast<double>(position) * std::pow(rotary_base, -static_cast<double>(i) / static_cast<double>(half));
      constants.cosines.push_back(static_cast<float>(std::cos(angle)));
      constants.sines.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  return constants;
}

std::vector<std::uint32_t> ModelData::tokens(std::uint64_t sequence, std::uint64_t count) const {
  std::vector<std::uint32_t> tokens;
  for (const std::uint64_t bits : generate_bits(seed_, place_of("tokens" + std::to_string(sequence)), count)) {
    tokens.push_back(static_cast<std::uint32_t>(bits % shape_.vocabulary));
  }
  return tokens;
}

std::vector<Fp16> ModelData::embedding(const std::vector<std::uint32_t>& tokens) {
  const std::uint64_t width = shape_.hidden_size;
  if (embedding_.empty()) {
    embedding_ = generate_activations(seed_, place_of("embedding"), shape_.vocabulary, width);
  }
  return rows_of(embedding_, width, {tokens.begin(), tokens.end()});
}

std::vector<Fp16> ModelData::positions(const std::vector<std::uint64_t>& positions) {
  std::uint64_t rows = shape_.positions;
  for (const std::uint64_t position : positions) rows = std::max(rows, position + 1);
  const std::uint64_t width = shape_.hidden_size;
  if (positions_.size() < rows * width) positions_ = halves_of(bell("positions", rows, width));
  return rows_of(positions_, width, positions);
}

std::vector<Fp16> ModelData::hidden(const std::string& name, std::uint64_t rows) const {
  return generate_activations(seed_, place_of(name), rows, shape_.hidden_size);
}

std::vector<Fp16> ModelData::context(const std::string& name, std::uint64_t tokens, std::uint64_t width) const {
  return halves_of(bell(name, tokens, width));
}

}  // namespace anda::sim
