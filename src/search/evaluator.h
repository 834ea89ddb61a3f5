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

/// What of the attention can have lengths: queries, probabilities, keys and values.
inline constexpr std::array<const char*, 4> attention_dimensions{"A_q", "A_p", "K", "V"};
/// Their bits: of the mantissas of A_q and A_p, of the elements of K and V. 0: as the evaluator has it anyway.
using AttentionLengths = std::array<std::uint32_t, attention_dimensions.size()>;

/// Lengths of tokens from a position on.
struct SegmentLengths {
  Combination all{};
  AttentionLengths attention{};
};

/// What is evaluated: one combination for all layers, or one for each layer; the attention's lengths are of all layers.
struct Precisions {
  Combination all{};                ///< of every layer that `layers` does not hold
  std::vector<Combination> layers;  ///< by decoder layer; empty: every layer as `all`
  AttentionLengths attention{};
  /// By the first position from which they hold, in every layer; before the first entry the others do.
  std::map<std::uint32_t, SegmentLengths> schedule{};

  const Combination& of(std::size_t layer) const { return layers.empty() ? all : layers.at(layer); }
};

/// What came of an evaluation that may end early.
struct Evaluated {
  double perplexity = 0;  ///< of the whole text, or as what has run lets expect it
  double share = 1;       ///< of the text that has run

  bool is_whole() const { return share == 1; }
};

/// Perplexities of a text, and of its tokens by position: those before the first of some positions, those from it up to
/// the next …, and those from the last on.
struct PositionPerplexities {
  double all = 0;
  std::vector<double> parts;
};

/// Gives the accuracy of a model with its activations in Anda format.
class Evaluator {
 public:
  Evaluator() = default;
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;
  virtual ~Evaluator() = default;

  /// Perplexity with the same weights and FP16 activations: what losses are relative to. Throws Error.
  virtual double baseline() = 0;
  /// Perplexity with the activations of every FP-INT GeMM in Anda format. Throws Error.
  virtual double perplexity(const Precisions& precisions) = 0;
  /// The same, but an evaluation whose loss is certainly above `tolerance` may end early (early_stop.h).
  virtual Evaluated perplexity_within(const Precisions& precisions, double tolerance) {
    static_cast<void>(tolerance);
    return {perplexity(precisions), 1};
  }
  /// The same by position; of the baseline for nullptr. Throws Error (input) for positions that the text does not have.
  virtual PositionPerplexities by_position(const Precisions* precisions,
                                           const std::vector<std::uint32_t>& positions) = 0;
};

}  // namespace anda::sim

#endif
