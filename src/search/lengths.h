// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_LENGTHS_H
#define ANDA_SIM_SEARCH_LENGTHS_H

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "config/precision_config.h"
#include "search/evaluator.h"

namespace anda::sim {

/// All lengths that a search without layers changes: those of the tensor types, then those of the attention (0: not
/// searched).
using Lengths = std::array<std::uint32_t, tensor_types.size() + attention_dimensions.size()>;

/// The minimum of each length.
inline constexpr Lengths shortest_lengths{mantissa_range.min,   mantissa_range.min,  mantissa_range.min,
                                          mantissa_range.min,   mantissa_range.min,  mantissa_range.min,
                                          cache_bits_range.min, cache_bits_range.min};

/// Joins `all` (Combination) and `attention` (AttentionLengths); split_lengths() is the inverse.
inline Lengths joined_lengths(const Combination& all, const AttentionLengths& attention) {
  Lengths lengths{};
  std::copy(all.begin(), all.end(), lengths.begin());
  std::copy(attention.begin(), attention.end(), lengths.begin() + all.size());
  return lengths;
}
inline SegmentLengths split_lengths(const Lengths& lengths) {
  SegmentLengths split;
  std::copy_n(lengths.begin(), split.all.size(), split.all.begin());
  std::copy_n(lengths.begin() + split.all.size(), split.attention.size(), split.attention.begin());
  return split;
}

/// The points still to visit: cheapest first, then in the order in which they were pushed, each only once.
template <class Visited>
class Frontier {
 public:
  explicit Frontier(std::function<double(const Visited&)> cost) : cost_(std::move(cost)) {}

  void push(const Visited& one) {
    if (!known_.insert(one).second) return;
    waiting_.emplace(cost_(one), known_.size(), one);
  }

  bool empty() const { return waiting_.empty(); }
  double least_cost() const { return std::get<0>(*waiting_.begin()); }
  Visited take() {
    Visited one = std::get<2>(*waiting_.begin());
    waiting_.erase(waiting_.begin());
    return one;
  }

 private:
  std::function<double(const Visited&)> cost_;
  std::set<Visited> known_;
  std::set<std::tuple<double, std::size_t, Visited>> waiting_;
};

}  // namespace anda::sim

#endif
