// SPDX-License-Identifier: Apache-2.0
#include "llm/decoder.h"

#include <anda/base/error.h>
#include <anda/numeric/round_values.h>
#include <fmt/format.h>

#include <ctime>

#include "config/precision_config.h"
#include "llm/attention_rounding.h"
#include "llm/blas.h"

namespace anda::sim {
namespace {

constexpr std::size_t position_offset = 2;  // OPT's table of positions starts with two that are never read

/// Processor time of this thread.
double thread_s() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Adds the time from its making to its end to `seconds`.
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

/// One run of the layers over some sequences.
class Decoder::Pass {
 public:
  Pass(const Decoder& decoder, std::size_t sequences, std::size_t length, const ActivationRounding& rounding,
       DecoderWorkspace& work)
      : decoder_(decoder),
        shape_(decoder.config_.shape),
        sequences_(sequences),
        length_(length),
        rows_(sequences * length),
        rounding_(rounding),
        work_(work) {}

  void embed(const std::uint32_t* tokens) {
    const std::size_t hidden = shape_.hidden_size;
    work_.x.resize(rows_ * hidden);
    for (std::size_t row = 0; row < rows_; ++row) {
      const float* from = decoder_.embedding_.data() + tokens[row] * hidden;
      float* to = work_.x.data() + row * hidden;
      std::copy(from, from + hidden, to);
      if (decoder_.positions_.empty()) continue;
      const float* position = decoder_.positions_.data() + (row % length_ + position_offset) * hidden;
      for (std::size_t i = 0; i < hidden; ++i) to[i] += position[i];
    }
  }

  void run(std::size_t index) {
    const Layer& layer = decoder_.layers_[index];
    half_layer(layer.attention_norm, [&] { attend(layer, index); });
    half_layer(layer.feed_forward_norm, [&] { feed_forward(layer, index); });
  }

 private:
  enum TensorType : std::size_t { a_qkv, a_o, a_u, a_d };

  /// x += part(norm(x)), or with the norm after the sum; `part` goes from `normed` to `change`.
  template <class Part>
  void half_layer(const Norm& norm, Part part) {
    work_.normed = work_.x;
    if (decoder_.config_.norm_first) decoder_.apply(norm, work_.x.data(), rows_, work_.normed.data());
    part();
    add(work_.x, work_.change);
    if (!decoder_.config_.norm_first) decoder_.apply(norm, work_.x.data(), rows_, work_.x.data());
  }

  void attend(const Layer& layer, std::size_t index) {
    round(work_.normed, index, a_qkv);
    gemm(layer.q, work_.normed, work_.q);
    gemm(layer.k, work_.normed, work_.k);
    gemm(layer.v, work_.normed, work_.v);
    if (shape_.gated) {
      rotate(work_.q.data(), sequences_, length_, shape_.heads, decoder_.rotary_);
      rotate(work_.k.data(), sequences_, length_, shape_.kv_heads, decoder_.rotary_);
    }
    const AttentionShape attention_shape{sequences_, length_, shape_.heads, shape_.kv_heads, shape_.head_dim};
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

  void round_attention(const AttentionRounding& rounding) {
    if (rounding_.empty()) return;
    const Stopwatch stopwatch(work_.rounding_s);
    rounding.queries(work_.q.data());
    rounding.keys(work_.k.data());
    rounding.values(work_.v.data());
  }

  void feed_forward(const Layer& layer, std::size_t index) {
    round(work_.normed, index, a_u);
    if (shape_.gated) {
      gemm(layer.gate, work_.normed, work_.inner);
      gemm(layer.up, work_.normed, work_.up);
      gate_with_silu(work_.inner, work_.up);
    } else {
      gemm(layer.up, work_.normed, work_.inner);
      relu(work_.inner);
    }
    round(work_.inner, index, a_d);
    gemm(layer.down, work_.inner, work_.change);
  }

  void gemm(const Linear& layer, const std::vector<float>& x, std::vector<float>& y) {
    y.resize(rows_ * layer.outputs);
    const Stopwatch stopwatch(work_.gemm_s);
    layer.apply(x.data(), rows_, y.data());
  }

  void round(std::vector<float>& values, std::size_t layer, TensorType tensor) {
    if (rounding_.empty()) return;
    const Stopwatch stopwatch(work_.rounding_s);
    const std::size_t k = values.size() / rows_;
    for (std::size_t row = 0; row < rows_; ++row) {
      const auto* layers = rounding_at(rounding_, row % length_);
      if (layers == nullptr || !(*layers)[layer].inputs) continue;
      float* from = values.data() + row * k;
      const std::size_t refused = round_values(from, k, (*(*layers)[layer].inputs)[tensor], from);
      if (refused == k) continue;
      throw Error::run(
          fmt::format("layer {}, {}: element {} of token {} of a sequence is NaN or beyond 65504, which FP16 "
                      "activations cannot represent",
                      layer, tensor_types[tensor], refused, row % length_));
    }
  }

  const Decoder& decoder_;
  const ModelShape& shape_;
  std::size_t sequences_;
  std::size_t length_;
  std::size_t rows_;
  const ActivationRounding& rounding_;
  DecoderWorkspace& work_;
};

Decoder::Decoder(const DecoderConfig& config, const Checkpoint& checkpoint, const WeightRounding& rounding)
    : config_(config), rotary_(config.shape.gated ? config.positions : 0, config.shape.head_dim, config.rope_theta) {
  const ModelShape& shape = config_.shape;
  // Checkpoints of the bare model lack the first word.
  std::string prefix = shape.gated ? "model." : "model.decoder.";
  if (!checkpoint.has(prefix + "embed_tokens.weight") && checkpoint.has(prefix.substr(6) + "embed_tokens.weight")) {
    prefix.erase(0, 6);
  }
  embedding_ = checkpoint.read(prefix + "embed_tokens.weight", {config.vocabulary, shape.hidden_size});
  if (!shape.gated) {
    positions_ =
        checkpoint.read(prefix + "embed_positions.weight", {config.positions + position_offset, shape.hidden_size});
  }
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    layers_.push_back(read_layer(checkpoint, fmt::format("{}layers.{}.", prefix, layer), rounding));
  }
  if (config.norm_first) final_norm_ = read_norm(checkpoint, prefix + (shape.gated ? "norm" : "final_layer_norm"));
  if (config.tied_embeddings) {
    check_tied_head(checkpoint);
  } else {
    head_ = read_linear(checkpoint, "lm_head", shape.hidden_size, config.vocabulary, false, std::nullopt);
  }
}

void Decoder::check_tied_head(const Checkpoint& checkpoint) const {
  const std::string head = "lm_head.weight";
  if (!checkpoint.has(head)) return;
  if (checkpoint.read(head, {config_.vocabulary, config_.shape.hidden_size}) == embedding_) return;
  throw Error::input(
      fmt::format("{}: tensor {} is not the embedding, though config.json ties the two "
                  "(tie_word_embeddings, true by default in OPT); set it to false there to use the tensor, "
                  "or remove the tensor",
                  checkpoint.file_of(head), shown_tensor(head)));
}

Decoder::Norm Decoder::read_norm(const Checkpoint& checkpoint, const std::string& name) const {
  Norm norm;
  norm.weight = checkpoint.read(name + ".weight", {config_.shape.hidden_size});
  if (!config_.shape.gated) norm.bias = checkpoint.read(name + ".bias", {config_.shape.hidden_size});
  return norm;
}

Decoder::Layer Decoder::read_layer(const Checkpoint& checkpoint, const std::string& name,
                                   const WeightRounding& rounding) const {
  const ModelShape& shape = config_.shape;
  const auto attention_part = [&](const char* part, std::size_t inputs, std::size_t outputs) {
    return read_linear(checkpoint, name + "self_attn." + part, inputs, outputs, config_.attention_bias, rounding);
  };
  const auto feed_forward_part = [&](const char* part, std::size_t inputs, std::size_t outputs) {
    return read_linear(checkpoint, name + part, inputs, outputs, config_.feed_forward_bias, rounding);
  };
  Layer layer;
  layer.q = attention_part("q_proj", shape.hidden_size, shape.query_width());
  layer.k = attention_part("k_proj", shape.hidden_size, shape.kv_width());
  layer.v = attention_part("v_proj", shape.hidden_size, shape.kv_width());
  layer.o = attention_part(shape.gated ? "o_proj" : "out_proj", shape.query_width(), shape.hidden_size);
  if (shape.gated) layer.gate = feed_forward_part("mlp.gate_proj", shape.hidden_size, shape.intermediate_size);
  layer.up = feed_forward_part(shape.gated ? "mlp.up_proj" : "fc1", shape.hidden_size, shape.intermediate_size);
  layer.down = feed_forward_part(shape.gated ? "mlp.down_proj" : "fc2", shape.intermediate_size, shape.hidden_size);
  layer.attention_norm = read_norm(checkpoint, name + (shape.gated ? "input_layernorm" : "self_attn_layer_norm"));
  layer.feed_forward_norm =
      read_norm(checkpoint, name + (shape.gated ? "post_attention_layernorm" : "final_layer_norm"));
  return layer;
}

void Decoder::apply(const Norm& norm, const float* x, std::size_t rows, float* y) const {
  if (config_.shape.gated) {
    rms_norm(x, rows, norm.weight, config_.norm_epsilon, y);
  } else {
    layer_norm(x, rows, norm.weight, norm.bias, config_.norm_epsilon, y);
  }
}

void Decoder::run(const std::uint32_t* tokens, std::size_t sequences, std::size_t length,
                  const ActivationRounding& rounding, DecoderWorkspace& workspace, std::vector<float>& logits) const {
  Pass pass(*this, sequences, length, rounding, workspace);
  pass.embed(tokens);
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    if (!workspace.go_on()) throw Error::run("interrupted");
    pass.run(layer);
  }
  const std::size_t rows = sequences * length;
  if (config_.norm_first) apply(final_norm_, workspace.x.data(), rows, workspace.x.data());
  logits.resize(rows * config_.vocabulary);
  const std::vector<float>& head = config_.tied_embeddings ? embedding_ : head_.weights;
  const auto hidden = static_cast<int>(config_.shape.hidden_size);
  const auto vocabulary = static_cast<int>(config_.vocabulary);
  blas().sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(rows), vocabulary, hidden, 1,
               workspace.x.data(), hidden, head.data(), hidden, 0, logits.data(), vocabulary);
}

}  // namespace anda::sim
