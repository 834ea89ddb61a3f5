// SPDX-License-Identifier: Apache-2.0
#include "data/cache_data.h"

#include <anda/numeric/cache_codec.h>

#include <algorithm>

namespace anda::sim {

WeightTensor appended_rows(const std::vector<Fp16>& rows, std::uint64_t columns, const WeightFormat& format) {
  const std::uint64_t count = rows.size() / columns;
  const std::uint64_t group = std::min<std::uint64_t>(format.scale_group, columns);
  WeightTensor tensor{columns, count, format, std::vector<std::int8_t>(rows.size()), {}};
  tensor.scales.resize(ceil_div(columns, format.scale_group) * count);
  std::vector<std::int32_t> codes(group);
  for (std::uint64_t row = 0; row < count; ++row) {
    for (std::uint64_t first = 0; first < columns; first += group) {
      const std::uint64_t size = std::min(group, columns - first);
      const Fp16* const values = &rows[row * columns + first];
      tensor.scales[first / group * count + row] = format.scale_bits == ActivationFormat::exponent_bits
                                                       ? encode_mantissas(values, size, format.bits, codes.data())
                                                       : encode_integers(values, size, format.bits, codes.data());
      for (std::uint64_t i = 0; i < size; ++i) {
        tensor.codes[(first + i) * count + row] = static_cast<std::int8_t>(codes[i]);
      }
    }
  }
  return tensor;
}

std::vector<Fp16> CacheData::to_append(std::uint64_t begin, std::uint64_t end) const {
  std::vector<Fp16> rows;
  rows.reserve((end - begin) * width());
  if (!along_tokens()) {
    rows.assign(halves_.begin() + static_cast<std::ptrdiff_t>(begin * width()),
                halves_.begin() + static_cast<std::ptrdiff_t>(end * width()));
    return rows;
  }
  for (std::uint64_t channel = 0; channel < width(); ++channel) {
    for (std::uint64_t token = begin; token < end; ++token) rows.push_back(halves_[token * width() + channel]);
  }
  return rows;
}

void CacheData::append(const WeightTensor& appended) {
  if (along_tokens()) {
    codes_.insert(codes_.end(), appended.codes.begin(), appended.codes.end());
    scales_.insert(scales_.end(), appended.scales.begin(), appended.scales.end());
    return;
  }
  const std::uint64_t groups = appended.scales.size() / appended.n;
  for (std::uint64_t token = 0; token < appended.n; ++token) {
    for (std::uint64_t i = 0; i < appended.k; ++i) codes_.push_back(appended.codes[i * appended.n + token]);
    for (std::uint64_t g = 0; g < groups; ++g) scales_.push_back(appended.scales[g * appended.n + token]);
  }
}

void CacheData::encode(std::uint64_t tokens, const WeightFormat& format) {
  if (format_.is_fp16()) return;
  const std::uint64_t whole = format_.formatted(tokens);
  if (whole > 0) append(appended_rows(to_append(0, whole), along_tokens() ? whole : width(), format));
}

Fp16 CacheData::scale(std::uint64_t token, std::uint64_t channel) const {
  if (along_tokens()) return scales_[token / format_.group * width() + channel];
  return scales_[token * (width() / format_.group) + channel / format_.group];
}

WeightTensor CacheData::keys(std::uint64_t head, std::uint64_t begin, std::uint64_t end,
                             const WeightFormat& format) const {
  WeightTensor operand{head_dim_, end - begin, format, {}, {}};
  const std::uint64_t first = head * head_dim_;
  for (std::uint64_t i = 0; i < head_dim_; ++i) {
    for (std::uint64_t token = begin; token < end; ++token) {
      const std::uint64_t at = token * width() + first + i;
      if (format.is_fp16()) {
        operand.halves.push_back(halves_[at]);
        continue;
      }
      operand.codes.push_back(codes_[at]);
      if (i % format.scale_group == 0) operand.scales.push_back(scale(token, first + i));
    }
  }
  return operand;
}

WeightTensor CacheData::values_of_keys(std::uint64_t columns, std::uint64_t begin, std::uint64_t end) const {
  WeightTensor operand{end - begin, columns, WeightFormat::fp16(format_.group), {}, {}};
  for (std::uint64_t token = begin; token < end; ++token) {
    const auto first = halves_.begin() + static_cast<std::ptrdiff_t>(token * width());
    operand.halves.insert(operand.halves.end(), first, first + static_cast<std::ptrdiff_t>(columns));
  }
  return operand;
}

WeightTensor CacheData::values(std::uint64_t head, std::uint64_t begin, std::uint64_t end,
                               const WeightFormat& format) const {
  WeightTensor operand{end - begin, head_dim_, format, {}, {}};
  for (std::uint64_t token = begin; token < end; ++token) {
    for (std::uint64_t channel = head * head_dim_; channel < (head + 1) * head_dim_; ++channel) {
      const std::uint64_t at = token * width() + channel;
      if (format.is_fp16()) {
        operand.halves.push_back(halves_[at]);
        continue;
      }
      operand.codes.push_back(codes_[at]);
      if ((token - begin) % format.scale_group == 0) operand.scales.push_back(scale(token, channel));
    }
  }
  return operand;
}

}  // namespace anda::sim
