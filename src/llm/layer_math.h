// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_LAYER_MATH_H
#define ANDA_SIM_LLM_LAYER_MATH_H

#include <cstddef>
#include <functional>
#include <vector>

namespace anda::sim {

// Operations of a decoder other than its linear layers, in FP32 on rows without gaps.

/// y = (x − mean) / √(variance + epsilon) · weight + bias for each row; y may be x.
void layer_norm(const float* x, std::size_t rows, const std::vector<float>& weight, const std::vector<float>& bias,
                float epsilon, float* y);

/// y = x / √(mean of x² + epsilon) · weight for each row, as long as `weight`; y may be x.
void rms_norm(const float* x, std::size_t rows, const std::vector<float>& weight, float epsilon, float* y);

/// How the frequencies of rotary embeddings are reduced for longer sequences than a model was first trained on: all are
/// divided by `factor`. With by_wavelength, as in LLaMA 3, frequencies with wavelengths above positions / low are
/// divided, those below positions / high are kept, and those between are a mean of both, weighted linearly in positions
/// / wavelength.
struct RotaryScaling {
  double factor = 1;
  bool by_wavelength = false;
  double low = 1;
  double high = 4;
  double positions = 8192;

  double operator()(double frequency) const;
};

/// Cosines and sines of the rotary embedding: for position p and frequency i, theta^(−2i / width), at [p · width / 2 +
/// i].
struct RotaryTable {
  RotaryTable(std::size_t positions, std::size_t width, double theta, const RotaryScaling& scaling = {});

  std::size_t half = 0;  ///< width / 2
  std::vector<float> cosines;
  std::vector<float> sines;
};

/// Rotates elements i and i + width / 2 of every head by position · frequency i, in place; elements of a head from
/// `width` on are unchanged. x[sequences × length × heads × head_dim].
void rotate(float* x, std::size_t sequences, std::size_t length, std::size_t heads, std::size_t head_dim,
            const RotaryTable& table);

struct AttentionShape {
  std::size_t sequences = 0;
  std::size_t length = 0;
  std::size_t heads = 0;
  std::size_t kv_heads = 0;  ///< head h reads the keys and values of head h · kv_heads / heads
  std::size_t head_dim = 0;
  float scale = 1;         ///< factor of q · kᵀ
  float cap = 0;           ///< scores become cap · tanh(score / cap); 0: no cap
  std::size_t window = 0;  ///< number of tokens, up to its own, that a token attends to; 0: all
};

/// Changes the `count` probabilities of a query, for the tokens up to its own; before its window they are 0.
using RowRounding = std::function<void(float* row, std::size_t count)>;

/// y = softmax(q · kᵀ · scale) · v with causal mask, for each sequence and head. q and y: [sequences × length × heads ×
/// head_dim]; k and v: the same with kv_heads. `scores` is scratch memory for length² values. `round`, if given, is
/// called for the probabilities of every query.
void attention(const float* q, const float* k, const float* v, const AttentionShape& shape, std::vector<float>& scores,
               float* y, const RowRounding& round = {});

void relu(std::vector<float>& x);

/// gate = silu(gate) · up, element by element; silu(x) = x / (1 + e^−x).
void gate_with_silu(std::vector<float>& gate, const std::vector<float>& up);

/// gate = gelu(gate) · up, in the tanh approximation: gelu(x) = x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³))).
void gate_with_gelu(std::vector<float>& gate, const std::vector<float>& up);

/// x = cap · tanh(x / cap)
void soft_cap(float* x, std::size_t count, float cap);

/// x += y
void add(std::vector<float>& x, const std::vector<float>& y);

}  // namespace anda::sim

#endif
