// SPDX-License-Identifier: Apache-2.0
#include "workload/gemm_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>

#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

void check(const char* what, std::uint64_t value, std::uint64_t max) {
  if (value >= 1 && value <= max) return;
  throw Error::input(fmt::format("{} is {}; must be 1 … {}", what, value, max));
}

/// An expert's load depends on the tokens, and latent attention needs other GeMMs than those listed here.
void refuse_other_parts(const ModelShape& shape) {
  if (shape.experts.count == 0 && !shape.latent) return;
  throw Error::input(
      fmt::format("model {} has {}: only workload.scope: layer and model simulate it; the list of FP-INT GeMMs is for "
                  "dense models with ordinary attention",
                  shape.name, shape.experts.count != 0 ? "experts" : "latent attention"));
}

}  // namespace

std::vector<std::string> notes_on_file(const ModelShape& shape) {
  std::vector<std::string> notes;
  if (!shape.defaults.empty()) {
    notes.push_back(
        fmt::format("The file of {} omits keys; they take the defaults of its type: {}.", shape.name, shape.defaults));
  }
  if (!shape.left_out.empty()) notes.push_back(fmt::format("{} is taken without {}.", shape.name, shape.left_out));
  return notes;
}

std::vector<std::string> notes_on(const ModelShape& shape, const GeneratorOptions& options) {
  std::vector<std::string> notes = notes_on_file(shape);
  if (shape.positions != 0 && options.tokens > shape.positions) {
    notes.push_back(
        fmt::format("{} was made for {} positions; tokens is {}.", shape.name, shape.positions, options.tokens));
  }
  return notes;
}

GemmGenerator::GemmGenerator(const ModelShape& shape, const GeneratorOptions& options) {
  const std::string problem = problem_of(shape);
  if (!problem.empty()) throw Error::input("model " + shape.name + ": " + problem);
  refuse_other_parts(shape);
  check("tokens", options.tokens, max_gemm_dimension);
  check("batch", options.batch, max_gemm_dimension);
  if (options.layers > shape.layers) {
    throw Error::input(fmt::format("layers is {}, but {} has {}", options.layers, shape.name, shape.layers));
  }
  layers_ = options.layers == 0 ? shape.layers : options.layers;
  make_spans(options);
  make_steps(shape, options.fuse_projections);
  Gemm gemm;
  for (const Span& span : spans_) gemm.m = std::max(gemm.m, span.rows);
  for (const Step& step : steps_) {
    gemm.k = step.k;
    gemm.n = step.n;
    if (!macs_fit(gemm)) {
      throw Error::input(fmt::format("{} of {} is too large: m·k·n = {}·{}·{}, must be at most 2^62", step.name,
                                     shape.name, gemm.m, gemm.k, gemm.n));
    }
  }
}

void GemmGenerator::make_spans(const GeneratorOptions& options) {
  if (options.phase != Phase::prefill) {
    spans_ = {{options.tokens, options.batch}};
    return;
  }
  const std::uint64_t rows = options.batch * options.tokens;
  if (rows > max_gemm_dimension) {
    throw Error::input(fmt::format("batch × tokens = {} × {} = {} rows; must be at most {}", options.batch,
                                   options.tokens, rows, max_gemm_dimension));
  }
  std::uint64_t from = 0;
  for (const std::uint64_t change : options.length_changes) {
    if (change >= options.tokens) break;
    spans_.push_back({from, (change - from) * options.batch});
    from = change;
  }
  spans_.push_back({from, (options.tokens - from) * options.batch});
}

void GemmGenerator::make_steps(const ModelShape& shape, bool fuse) {
  const std::uint64_t d = shape.hidden_size;
  const std::uint64_t f = shape.intermediate_size;
  if (fuse) {
    steps_ = {{"qkv_proj", "A_qkv", d, shape.query_width() + 2 * shape.kv_width()}};
  } else {
    steps_ = {{"q_proj", "A_qkv", d, shape.query_width()},
              {"k_proj", "A_qkv", d, shape.kv_width()},
              {"v_proj", "A_qkv", d, shape.kv_width()}};
  }
  steps_.push_back({shape.gated ? "o_proj" : "out_proj", "A_o", shape.query_width(), d});
  if (!shape.gated) {
    steps_.push_back({"fc1", "A_u", d, f});
    steps_.push_back({"fc2", "A_d", f, d});
    return;
  }
  if (fuse) {
    steps_.push_back({"gate_up_proj", "A_u", d, 2 * f});
  } else {
    steps_.push_back({"gate_proj", "A_u", d, f});
    steps_.push_back({"up_proj", "A_u", d, f});
  }
  steps_.push_back({"down_proj", "A_d", f, d});
}

/// Each GeMM of a layer is emitted once per span of mantissa lengths.
bool GemmGenerator::next(Gemm& gemm) {
  if (layer_ == layers_) return false;
  const Step& step = steps_[step_];
  gemm.name = fmt::format("layer{}.{}", layer_, step.name);
  gemm.layer = static_cast<std::uint32_t>(layer_);
  gemm.tensor = step.tensor;
  gemm.m = spans_[span_].rows;
  gemm.position = spans_[span_].position;
  gemm.n = step.n;
  gemm.k = step.k;
  gemm.count = 1;
  gemm.weight_bits = 0;
  if (++span_ < spans_.size()) return true;
  span_ = 0;
  if (++step_ == steps_.size()) {
    step_ = 0;
    ++layer_;
  }
  return true;
}

}  // namespace anda::sim
