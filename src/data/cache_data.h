// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_CACHE_DATA_H
#define ANDA_SIM_DATA_CACHE_DATA_H

#include <anda/dataflow/tensor_image.h>
#include <anda/numeric/cache_format.h>

#include <cstdint>
#include <vector>

namespace anda::sim {

/// The keys or the values of all heads of a layer and a sequence: the numbers that the machine has written to the
/// cache, and their FP16 sources. Groups run along the head (axis token) or along the tokens (axis channel).
class CacheData {
 public:
  CacheData(const CacheFormat& format, std::uint64_t heads, std::uint64_t head_dim)
      : format_(format), heads_(heads), head_dim_(head_dim) {}

  /// Adds tokens as FP16; they are not yet in the cache format.
  void add(const std::vector<Fp16>& rows) { halves_.insert(halves_.end(), rows.begin(), rows.end()); }
  /// The input of an append of tokens begin … end − 1: their rows, or, with groups along the tokens, their channels.
  std::vector<Fp16> to_append(std::uint64_t begin, std::uint64_t end) const;
  /// Stores the result of an append: codes along its rows, [element of a row × row].
  void append(const WeightTensor& appended);
  /// Encodes the first tokens as if appends had done so.
  void encode(std::uint64_t tokens, const WeightFormat& format);

  const std::vector<Fp16>& halves() const { return halves_; }
  /// For FP16 keys that also serve as values: their first `columns` columns as the second operand of the products with
  /// probabilities.
  WeightTensor values_of_keys(std::uint64_t columns, std::uint64_t begin, std::uint64_t end) const;
  /// The second operand of the scores (head_dim × tokens), or of the products with probabilities (tokens × head_dim).
  WeightTensor keys(std::uint64_t head, std::uint64_t begin, std::uint64_t end, const WeightFormat& format) const;
  WeightTensor values(std::uint64_t head, std::uint64_t begin, std::uint64_t end, const WeightFormat& format) const;

 private:
  std::uint64_t width() const { return heads_ * head_dim_; }
  bool along_tokens() const { return format_.axis == CacheAxis::channel; }
  Fp16 scale(std::uint64_t token, std::uint64_t channel) const;

  CacheFormat format_;
  std::uint64_t heads_;
  std::uint64_t head_dim_;
  std::vector<Fp16> halves_;        // token after token
  std::vector<std::int8_t> codes_;  // token after token
  std::vector<Fp16> scales_;        // per group of a token, or per group of tokens for all channels
};

/// The result of an append of `rows`: groups along each row, [element of a row × row]. Encoding Anda groups again
/// changes nothing.
WeightTensor appended_rows(const std::vector<Fp16>& rows, std::uint64_t columns, const WeightFormat& format);

}  // namespace anda::sim

#endif
