// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include <anda/base/error.h>

#include "search/window_runs.h"

using namespace anda::sim;

namespace {

/// 8 layers of 2 heads of 2 elements over 4, a gated feed-forward part of 8, 10 tokens.
DecoderConfig small_decoder() {
  DecoderConfig model;
  model.shape.name = "small";
  model.shape.hidden_size = 4;
  model.shape.intermediate_size = 8;
  model.shape.layers = 8;
  model.shape.heads = model.shape.kv_heads = 2;
  model.shape.head_dim = 2;
  model.shape.gated = true;
  model.shape.vocabulary = model.vocabulary = 10;
  return model;
}

/// The smallest number of floats with which a plan exists, one window of 4 tokens on one thread.
std::uint64_t least_numbers(const DecoderConfig& model) {
  std::uint64_t numbers = 1;
  for (;; ++numbers) {
    try {
      plan_memory(model, 4, 1, 1, numbers * sizeof(float));
      return numbers;
    } catch (const anda::Error&) {
      if (numbers > 100000) throw;
    }
  }
}

}  // namespace

TEST_CASE("The memory that a model needs layer by layer, by hand", "[llm]") {
  DecoderConfig model = small_decoder();
  // Q, K, V and O 4 * 16 = 64, gate, up and down 3 * 32; a window's work 4 * (12 + 8 + 8 + 16 + 10 + 4); its states 4
  // * 4.
  CHECK(least_numbers(model) == 64 + 96 + 232 + 16);
  model.fused = true;
  CHECK(least_numbers(model) == 64 + 96 + 2 * 32 + 232 + 16);
  model.quantisation = Quantisation{};
  CHECK(least_numbers(model) == 64 + 96 + 3 * 32 + 232 + 16);
  model.shape.gated = false;
  CHECK(least_numbers(model) == 64 + 64 + 3 * 32 + 232 + 16);
}

TEST_CASE("A model lies in memory where it and its threads fit, else in files, a part of the text at a time", "[llm]") {
  const DecoderConfig model = small_decoder();
  const std::uint64_t all = parameters_of(model.shape).total;
  // Windows of 4 tokens go 128 at a time; 300 of them are 3 parts, so that a fourth thread has nothing to do.
  const std::uint64_t worker = 128 * 232;
  const MemoryPlan whole = plan_memory(model, 4, 300, 4, (all + 3 * worker) * sizeof(float));
  CHECK(whole.place == WeightPlace::memory);
  CHECK(whole.workers == 3);
  CHECK(whole.parts_at_a_time == 3);
  const MemoryPlan files = plan_memory(model, 4, 300, 4, (all + 3 * worker - 1) * sizeof(float));
  CHECK(files.place == WeightPlace::files);
  CHECK(files.workers == 1 + (all + 3 * worker - 1 - (160 + worker + 128 * 16)) / 2 / worker);
  CHECK(files.parts_at_a_time == 3);
}
