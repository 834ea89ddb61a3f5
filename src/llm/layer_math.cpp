// SPDX-License-Identifier: Apache-2.0
#include "llm/layer_math.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "llm/blas.h"

namespace anda::sim {
namespace {

/// Σ term(i), in several independent sums, which the processor can compute in parallel.
template <class Term>
float sum_of(std::size_t count, Term term) {
  constexpr std::size_t lanes = 16;
  std::array<float, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += term(i + lane);
  }
  for (; i < count; ++i) sums[i % lanes] += term(i);
  float sum = 0;
  for (const float part : sums) sum += part;
  return sum;
}

/// Softmax of the first `count` scores.
void softmax(float* scores, std::size_t count) {
  const float largest = *std::max_element(scores, scores + count);
  float sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    scores[i] = std::exp(scores[i] - largest);
    sum += scores[i];
  }
  for (std::size_t i = 0; i < count; ++i) scores[i] /= sum;
}

}  // namespace

void layer_norm(const float* x, std::size_t rows, const std::vector<float>& weight, const std::vector<float>& bias,
                float epsilon, float* y) {
  const std::size_t size = weight.size();
  for (std::size_t row = 0; row < rows; ++row, x += size, y += size) {
    const float mean = sum_of(size, [x](std::size_t i) { return x[i]; }) / static_cast<float>(size);
    const float squares = sum_of(size, [x, mean](std::size_t i) { return (x[i] - mean) * (x[i] - mean); });
    const float factor = 1 / std::sqrt(squares / static_cast<float>(size) + epsilon);
    for (std::size_t i = 0; i < size; ++i) y[i] = (x[i] - mean) * factor * weight[i] + bias[i];
  }
}

void rms_norm(const float* x, std::size_t rows, const std::vector<float>& weight, float epsilon, float* y) {
  const std::size_t size = weight.size();
  for (std::size_t row = 0; row < rows; ++row, x += size, y += size) {
    const float squares = sum_of(size, [x](std::size_t i) { return x[i] * x[i]; });
    const float factor = 1 / std::sqrt(squares / static_cast<float>(size) + epsilon);
    for (std::size_t i = 0; i < size; ++i) y[i] = x[i] * factor * weight[i];
  }
}

double RotaryScaling::operator()(double frequency) const {
  if (!by_wavelength) return frequency / factor;
  constexpr double pi = 3.14159265358979323846;
  const double turns = positions * frequency / (2 * pi);  // turns within the original training length
  const double kept = std::clamp((turns - low) / (high - low), 0.0, 1.0);
  return (1 - kept) * frequency / factor + kept * frequency;
}

RotaryTable::RotaryTable(std::size_t positions, std::size_t width, double theta, const RotaryScaling& scaling)
    : half(width / 2), cosines(positions * half), sines(positions * half) {
  for (std::size_t i = 0; i < half; ++i) {
    const double frequency = scaling(std::pow(theta, -static_cast<double>(i) / static_cast<double>(half)));
    for (std::size_t position = 0; position < positions; ++position) {
      const double angle = static_cast<double>(position) * frequency;
      cosines[position * half + i] = static_cast<float>(std::cos(angle));
      sines[position * half + i] = static_cast<float>(std::sin(angle));
    }
  }
}

void rotate(float* x, std::size_t sequences, std::size_t length, std::size_t heads, std::size_t head_dim,
            const RotaryTable& table) {
  const std::size_t half = table.half;
  for (std::size_t row = 0; row < sequences * length; ++row) {
    const float* cosines = table.cosines.data() + row % length * half;
    const float* sines = table.sines.data() + row % length * half;
    for (std::size_t head = 0; head < heads; ++head, x += head_dim) {
      for (std::size_t i = 0; i < half; ++i) {
        const float first = x[i];
        const float second = x[i + half];
        x[i] = first * cosines[i] - second * sines[i];
        x[i + half] = second * cosines[i] + first * sines[i];
      }
    }
  }
}

void attention(const float* q, const float* k, const float* v, const AttentionShape& shape, std::vector<float>& scores,
               float* y, const RowRounding& round) {
  const std::size_t length = shape.length;
  const std::size_t q_width = shape.heads * shape.head_dim;
  const std::size_t kv_width = shape.kv_heads * shape.head_dim;
  const auto n = static_cast<int>(length);
  const auto size = static_cast<int>(shape.head_dim);
  const auto q_stride = static_cast<int>(q_width);
  const auto kv_stride = static_cast<int>(kv_width);
  scores.resize(length * length);
  for (std::size_t sequence = 0; sequence < shape.sequences; ++sequence) {
    for (std::size_t head = 0; head < shape.heads; ++head) {
      const std::size_t at = sequence * length * q_width + head * shape.head_dim;
      const std::size_t kv_head = head * shape.kv_heads / shape.heads;
      const std::size_t kv_at = sequence * length * kv_width + kv_head * shape.head_dim;
      blas().sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, size, shape.scale, q + at, q_stride, k + kv_at,
                   kv_stride, 0, scores.data(), n);
      for (std::size_t row = 0; row < length; ++row) {
        float* row_scores = scores.data() + row * length;
        const std::size_t first = shape.window != 0 && row >= shape.window ? row + 1 - shape.window : 0;
        if (shape.cap != 0) soft_cap(row_scores + first, row + 1 - first, shape.cap);
        std::fill(row_scores, row_scores + first, 0.0F);
        softmax(row_scores + first, row + 1 - first);
        if (round) round(row_scores, row + 1);
        std::fill(row_scores + row + 1, row_scores + length, 0.0F);
      }
      blas().sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, size, n, 1, scores.data(), n, v + kv_at, kv_stride, 0,
                   y + at, q_stride);
    }
  }
}

void relu(std::vector<float>& x) {
  for (float& value : x) value = std::max(value, 0.0F);
}

void gate_with_silu(std::vector<float>& gate, const std::vector<float>& up) {
  for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
}

void gate_with_gelu(std::vector<float>& gate, const std::vector<float>& up) {
  constexpr float slope = 0.7978845608F;  // √(2 / π)
  constexpr float cubic = 0.044715F;
  for (std::size_t i = 0; i < gate.size(); ++i) {
    const float x = gate[i];
    gate[i] = 0.5F * x * (1 + std::tanh(slope * (x + cubic * x * x * x))) * up[i];
  }
}

void soft_cap(float* x, std::size_t count, float cap) {
  for (std::size_t i = 0; i < count; ++i) x[i] = cap * std::tanh(x[i] / cap);
}

void add(std::vector<float>& x, const std::vector<float>& y) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

}  // namespace anda::sim
