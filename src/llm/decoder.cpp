// SPDX-License-Identifier: Apache-2.0
#include "llm/decoder.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "llm/blas.h"
#include "llm/packed_weights.h"

namespace anda::sim {
namespace {

constexpr std::size_t rows_compared = 4096;

std::uint64_t rotary_width(const ModelShape& shape) {
  return shape.rotary_dim != 0 ? shape.rotary_dim : shape.head_dim;
}

}  // namespace

Decoder::Decoder(const DecoderConfig& config, Checkpoint checkpoint, const WeightRounding& rounding, std::size_t length,
                 WeightPlace place, std::shared_ptr<const OperandFormat> weight_format)
    : config_(config),
      checkpoint_(std::move(checkpoint)),
      rounding_(rounding),
      weight_format_(std::move(weight_format)),
      place_(place),
      rotary_(config.shape.position_kind == Positions::rotary ? length : 0, rotary_width(config.shape),
              config.rope_theta, config.rotary_scaling),
      window_rotary_(config.window_rope_theta ? length : 0, rotary_width(config.shape),
                     config.window_rope_theta.value_or(config.rope_theta)) {
  const ModelShape& shape = config_.shape;
  const LayerReader reader(config_, checkpoint_, rounding_);
  embedding_name_ = reader.prefix() + "embed_tokens.weight";
  const bool in_memory = place == WeightPlace::memory;
  if (config_.quantisation) check_anything_packed(checkpoint_, *config_.quantisation);
  checkpoint_.file_with(embedding_name_, {config.vocabulary, shape.hidden_size});
  if (in_memory) embedding_ = checkpoint_.read(embedding_name_, {config.vocabulary, shape.hidden_size});
  if (shape.position_kind == Positions::learned) {
    positions_ = checkpoint_.read(reader.prefix() + "embed_positions.weight",
                                  {config.positions + shape.unused_positions, shape.hidden_size});
  }
  for (std::size_t layer = 0; layer < shape.layers && in_memory; ++layer) layers_.push_back(read_layer(layer));
  if (config.norm_first) {
    final_norm_ = reader.norm(reader.prefix() + (shape.gated ? "norm" : "final_layer_norm"), shape.hidden_size);
  }
  if (config.tied_embeddings) {
    check_tied_head();
  } else if (in_memory) {
    head_ = read_head();
  }
}

void Decoder::check_tied_head() const {
  const std::string head = head_name(checkpoint_) + ".weight";
  if (!checkpoint_.has(head)) return;
  const Checkpoint::Shape shape{config_.vocabulary, config_.shape.hidden_size};
  bool equal = true;
  for (std::uint64_t first = 0; first < config_.vocabulary && equal; first += rows_compared) {
    std::vector<std::uint32_t> rows(std::min<std::uint64_t>(rows_compared, config_.vocabulary - first));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
    equal = checkpoint_.read_rows(head, shape, rows) == checkpoint_.read_rows(embedding_name_, shape, rows);
  }
  if (equal) return;
  throw Error::input(
      fmt::format("{}: tensor {} is not the embedding, though config.json ties the two "
                  "(tie_word_embeddings, true by default in OPT and Gemma); set it to false there to use the tensor, "
                  "or remove the tensor",
                  checkpoint_.file_of(head), shown_tensor(head)));
}

DecoderLayer Decoder::read_layer(std::size_t index) const {
  DecoderLayer layer = LayerReader(config_, checkpoint_, rounding_).layer(index);
  if (!weight_format_) return layer;
  for (Linear* linear : {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down}) {
    if (linear->weights.empty()) continue;
    round_tensor(*weight_format_, linear->weights.data(), linear->weights.size() / linear->inputs, linear->inputs);
  }
  return layer;
}

std::vector<float> Decoder::read_head() const {
  if (config_.tied_embeddings) {
    return checkpoint_.read(embedding_name_, {config_.vocabulary, config_.shape.hidden_size});
  }
  return LayerReader(config_, checkpoint_, rounding_).head().weights;
}

void Decoder::embed(const std::uint32_t* tokens, std::size_t sequences, std::size_t length,
                    std::vector<float>& x) const {
  const std::size_t hidden = config_.shape.hidden_size;
  const std::size_t rows = sequences * length;
  if (place_ == WeightPlace::files) {
    x = checkpoint_.read_rows(embedding_name_, {config_.vocabulary, hidden}, {tokens, tokens + rows});
  } else {
    x.resize(rows * hidden);
    for (std::size_t row = 0; row < rows; ++row) {
      const float* from = embedding_.data() + tokens[row] * hidden;
      std::copy(from, from + hidden, x.data() + row * hidden);
    }
  }
  if (config_.embedding_scale != 1) {
    for (float& value : x) value *= config_.embedding_scale;
  }
  if (positions_.empty()) return;
  for (std::size_t row = 0; row < rows; ++row) {
    const float* position = positions_.data() + (row % length + config_.shape.unused_positions) * hidden;
    for (std::size_t i = 0; i < hidden; ++i) x[row * hidden + i] += position[i];
  }
}

void Decoder::run_layer(const DecoderLayer& layer, std::size_t index, std::size_t sequences, std::size_t length,
                        const ActivationRounding& rounding, DecoderWorkspace& workspace) const {
  const bool has_window = config_.window_rope_theta && config_.shape.window_of(index) != 0;
  DecoderPass(config_, has_window ? window_rotary_ : rotary_, sequences, length, rounding, workspace).run(layer, index);
}

void Decoder::finish(const std::vector<float>& head, std::size_t rows, std::vector<float>& x,
                     std::vector<float>& logits) const {
  if (config_.norm_first) apply_norm(config_, final_norm_, x.data(), rows, x.data());
  logits.resize(rows * config_.vocabulary);
  const auto hidden = static_cast<int>(config_.shape.hidden_size);
  const auto vocabulary = static_cast<int>(config_.vocabulary);
  blas().sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(rows), vocabulary, hidden, 1, x.data(), hidden,
               head.data(), hidden, 0, logits.data(), vocabulary);
  if (config_.logit_cap != 0) soft_cap(logits.data(), logits.size(), config_.logit_cap);
}

void Decoder::run(const std::uint32_t* tokens, std::size_t sequences, std::size_t length,
                  const ActivationRounding& rounding, DecoderWorkspace& workspace, std::vector<float>& logits) const {
  embed(tokens, sequences, length, workspace.x);
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    run_layer(layers_[layer], layer, sequences, length, rounding, workspace);
  }
  finish(head_.empty() ? embedding_ : head_, sequences * length, workspace.x, logits);
}

}  // namespace anda::sim
