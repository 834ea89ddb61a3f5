// SPDX-License-Identifier: Apache-2.0
#include "llm/decoder_pass.h"

#include <anda/base/error.h>
#include <anda/numeric/round_values.h>
#include <fmt/format.h>

#include <ctime>

#include "config/precision_config.h"

namespace anda::sim {
namespace {

/// Processor time of this thread.
double thread_s() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Adds the time of its lifetime to `seconds`.
class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds), start_s_(thread_s()) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() { seconds_ += thread_s() - start_s_; }

 private:
  double& seconds_;
  double start_s_;
};

}  // namespace

void apply_norm(const DecoderConfig& config, const NormWeights& norm, const float* x, std::size_t rows, float* y) {
  if (config.shape.norm == Norm::rms_norm) {
    rms_norm(x, rows, norm.weight, config.norm_epsilon, y);
  } else {
    layer_norm(x, rows, norm.weight, norm.bias, config.norm_epsilon, y);
  }
}

void DecoderPass::run(const DecoderLayer& layer, std::size_t index) {
  if (!work_.go_on()) throw Error::run("interrupted");
  half_layer(layer.attention_norm, layer.after_attention, [&] { attend(layer, index); });
  half_layer(layer.feed_forward_norm, layer.after_feed_forward, [&] { feed_forward(layer, index); });
}

/// x += part(norm(x)), or with the norm after the sum; `part` reads `normed` and writes `change`.
template <class Part>
void DecoderPass::half_layer(const NormWeights& norm, const NormWeights& after, Part part) {
  work_.normed = work_.x;
  if (config_.norm_first) apply_norm(config_, norm, work_.x.data(), rows_, work_.normed.data());
  part();
  if (!after.weight.empty()) apply_norm(config_, after, work_.change.data(), rows_, work_.change.data());
  add(work_.x, work_.change);
  if (!config_.norm_first) apply_norm(config_, norm, work_.x.data(), rows_, work_.x.data());
}

void DecoderPass::attend(const DecoderLayer& layer, std::size_t index) {
  round(work_.normed, index, a_qkv);
  gemm(layer.q, work_.normed, work_.q);
  gemm(layer.k, work_.normed, work_.k);
  gemm(layer.v, work_.normed, work_.v);
  if (shape_.head_norms) {
    apply_norm(config_, layer.query_norm, work_.q.data(), rows_ * shape_.heads, work_.q.data());
    apply_norm(config_, layer.key_norm, work_.k.data(), rows_ * shape_.kv_heads, work_.k.data());
  }
  if (shape_.position_kind == Positions::rotary) {
    rotate(work_.q.data(), sequences_, length_, shape_.heads, shape_.head_dim, rotary_);
    rotate(work_.k.data(), sequences_, length_, shape_.kv_heads, shape_.head_dim, rotary_);
  }
  const AttentionShape attention_shape{
      sequences_,          length_,           shape_.heads,           shape_.kv_heads, shape_.head_dim,
      config_.score_scale, config_.score_cap, shape_.window_of(index)};
  const AttentionRounding rounding(rounding_, index, attention_shape);
  round_attention(rounding);
  RowRounding round_row;
  if (rounding.rounds_probabilities()) {
    round_row = [&rounding](float* row, std::size_t count) { rounding.probabilities(row, count); };
  }
  work_.attended.resize(rows_ * shape_.query_width());
  attention(work_.q.data(), work_.k.data(), work_.v.data(), attention_shape, work_.scores, work_.attended.data(),
            round_row);
  round(work_.attended, index, a_o);
  gemm(layer.o, work_.attended, work_.change);
}

void DecoderPass::round_attention(const AttentionRounding& rounding) {
  if (rounding_.empty()) return;
  const Stopwatch stopwatch(work_.rounding_s);
  rounding.queries(work_.q.data());
  rounding.keys(work_.k.data());
  rounding.values(work_.v.data());
}

void DecoderPass::feed_forward(const DecoderLayer& layer, std::size_t index) {
  round(work_.normed, index, a_u);
  if (shape_.gated) {
    gemm(layer.gate, work_.normed, work_.inner);
    gemm(layer.up, work_.normed, work_.up);
    if (shape_.activation == Activation::gelu) {
      gate_with_gelu(work_.inner, work_.up);
    } else {
      gate_with_silu(work_.inner, work_.up);
    }
  } else {
    gemm(layer.up, work_.normed, work_.inner);
    relu(work_.inner);
  }
  round(work_.inner, index, a_d);
  gemm(layer.down, work_.inner, work_.change);
}

void DecoderPass::gemm(const Linear& layer, const std::vector<float>& x, std::vector<float>& y) {
  y.resize(rows_ * layer.outputs);
  const Stopwatch stopwatch(work_.gemm_s);
  layer.apply(x.data(), rows_, y.data());
}

void DecoderPass::round(std::vector<float>& values, std::size_t layer, TensorType tensor) {
  if (rounding_.empty()) return;
  const Stopwatch stopwatch(work_.rounding_s);
  const std::size_t k = values.size() / rows_;
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto* layers = rounding_at(rounding_, row % length_);
    if (layers == nullptr || !(*layers)[layer].inputs) continue;
    float* from = values.data() + row * k;
    const std::size_t refused = round_values(from, k, (*(*layers)[layer].inputs)[tensor], from);
    if (refused == k) {
      if (const auto& operand = (*layers)[layer].operand) operand->round_row(from, k);
      continue;
    }
    throw Error::run(
        fmt::format("layer {}, {}: element {} of token {} of a sequence is NaN or beyond 65504, which FP16 "
                    "activations cannot represent",
                    layer, tensor_types[tensor], refused, row % length_));
  }
}

}  // namespace anda::sim
