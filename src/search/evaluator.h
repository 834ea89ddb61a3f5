// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_EVALUATOR_H
#define ANDA_SIM_SEARCH_EVALUATOR_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace anda::sim {

/// Mantissa bits of A_qkv, A_o, A_u and A_d, in the order of tensor_types (config/precision_config.h).
using Combination = std::array<std::uint32_t, 4>;

/// Attention dimensions that can have lengths: queries, probabilities, keys and values.
inline constexpr std::array<const char*, 4> attention_dimensions{"A_q", "A_p", "K", "V"};
/// Bits of the mantissas of A_q and A_p, and of the elements of K and V. 0: the evaluator's default.
using AttentionLengths = std::array<std::uint32_t, attention_dimensions.size()>;

/// Lengths for tokens from a position on.
struct SegmentLengths {
  Combination all{};
  AttentionLengths attention{};
};

/// What is evaluated: one combination for all layers, or one for each layer; the attention's lengths apply to all
/// layers.
struct Precisions {
  Combination all{};                ///< for every layer that `layers` does not hold
  std::vector<Combination> layers;  ///< by decoder layer; empty: every layer as `all`
  AttentionLengths attention{};
  /// By the first position where they apply, in every layer; before the first entry, the lengths above apply.
  std::map<std::uint32_t, SegmentLengths> schedule{};

  const Combination& of(std::size_t layer) const { return layers.empty() ? all : layers.at(layer); }
};

/// Result of an evaluation that may end early.
struct Evaluated {
  double perplexity = 0;  ///< of the whole text, or its estimate from the part that has run
  double share = 1;       ///< share of the text that has run

  bool is_whole() const { return share == 1; }
};

/// Perplexities of a text and of its tokens by position: those before the first of some positions, those between
/// consecutive positions, and those from the last position on.
struct PositionPerplexities {
  double all = 0;
  std::vector<double> parts;
};

/// Measures the accuracy of a model with its activations in Anda format.
class Evaluator {
 public:
  Evaluator() = default;
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;
  virtual ~Evaluator() = default;

  /// Perplexity with the same weights and FP16 activations, the reference of losses. Throws Error.
  virtual double baseline() = 0;
  /// Perplexity with the activations of every FP-INT GeMM in Anda format. Throws Error.
  virtual double perplexity(const Precisions& precisions) = 0;
  /// The same, but an evaluation whose loss is certainly above `tolerance` may end early (early_stop.h).
  virtual Evaluated perplexity_within(const Precisions& precisions, double tolerance) {
    static_cast<void>(tolerance);
    return {perplexity(precisions), 1};
  }
  /// The same by position; for the baseline if `precisions` is nullptr. Throws Error (input) for positions outside the
  /// text.
  virtual PositionPerplexities by_position(const Precisions* precisions,
                                           const std::vector<std::uint32_t>& positions) = 0;
};

}  // namespace anda::sim

#endif
