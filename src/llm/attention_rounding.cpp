// SPDX-License-Identifier: Apache-2.0
#include "llm/attention_rounding.h"

#include <anda/base/error.h>
#include <anda/base/math.h>
#include <anda/numeric/cache_codec.h>
#include <anda/numeric/round_values.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace anda::sim {
namespace {

/// The first token cached in a format that applies from `position` on.
std::size_t first_token(std::size_t position, const CacheFormat& format) {
  const bool whole = !format.is_fp16() && format.axis == CacheAxis::channel;
  return whole ? ceil_div(position, format.group_elements()) * format.group_elements() : position;
}

}  // namespace

void AttentionRounding::queries(float* q) const {
  for (std::size_t token = 0; token < shape_.sequences * shape_.length; ++token) {
    const auto* layers = rounding_at(rounding_, token % shape_.length);
    if (layers == nullptr || !(*layers)[layer_].q) continue;
    for (std::size_t head = 0; head < shape_.heads; ++head) {
      float* row = q + (token * shape_.heads + head) * shape_.head_dim;
      const std::size_t refused = round_values(row, shape_.head_dim, *(*layers)[layer_].q, row);
      if (refused != shape_.head_dim) refuse("A_q", token % shape_.length, head * shape_.head_dim + refused);
    }
  }
}

void AttentionRounding::probabilities(float* row, std::size_t count) const {
  const auto* layers = rounding_at(rounding_, count - 1);
  if (layers == nullptr || !(*layers)[layer_].p) return;
  const std::size_t refused = round_values(row, count, *(*layers)[layer_].p, row);
  if (refused != count) refuse("A_p", count - 1, refused);
}

bool AttentionRounding::rounds_probabilities() const {
  return std::any_of(rounding_.begin(), rounding_.end(),
                     [this](const auto& entry) { return entry.second[layer_].p.has_value(); });
}

void AttentionRounding::cache(float* values, std::optional<CacheFormat> LayerRounding::*part, const char* name) const {
  const std::size_t width = shape_.kv_heads * shape_.head_dim;
  for (auto entry = rounding_.begin(); entry != rounding_.end(); ++entry) {
    const std::optional<CacheFormat>& format = entry->second[layer_].*part;
    if (!format) continue;
    const auto next = std::next(entry);
    const std::size_t first = first_token(entry->first, *format);
    const std::size_t end =
        next == rounding_.end() ? shape_.length : std::min(shape_.length, first_token(next->first, *format));
    if (first >= end) continue;
    for (std::size_t sequence = 0; sequence < shape_.sequences; ++sequence) {
      for (std::size_t head = 0; head < shape_.kv_heads; ++head) {
        float* part_of_head = values + (sequence * shape_.length + first) * width + head * shape_.head_dim;
        const std::size_t refused = round_cache(part_of_head, {end - first, shape_.head_dim, width}, *format);
        if (refused == (end - first) * shape_.head_dim) continue;
        refuse(name, first + refused / shape_.head_dim, head * shape_.head_dim + refused % shape_.head_dim);
      }
    }
  }
}

void AttentionRounding::refuse(const char* name, std::size_t token, std::size_t element) const {
  throw Error::run(fmt::format(
      "layer {}, {}: element {} of token {} of a sequence is NaN or beyond 65504, which FP16 cannot represent", layer_,
      name, element, token));
}

}  // namespace anda::sim
