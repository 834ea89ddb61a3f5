// SPDX-License-Identifier: Apache-2.0
#include "search/builtin_evaluator.h"

#include <anda/base/error.h>
#include <anda/base/math.h>
#include <anda/numeric/group_format.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

#include "llm/blas.h"

namespace anda::sim {
namespace {

constexpr std::size_t usual_length = 2048;   // of the paper's evaluations
constexpr std::size_t rows_at_a_time = 512;  // enough for GeMMs at full speed

std::size_t window_length(const BuiltinEvaluatorConfig& config, const DecoderConfig& model, std::size_t tokens) {
  const std::size_t length = config.length != 0 ? config.length : std::min<std::size_t>(model.positions, usual_length);
  if (length < 2) throw Error::input("windows must have at least 2 tokens: the first one is not predicted");
  if (length > model.positions) {
    throw Error::input(
        fmt::format("windows of {} tokens are too long for {}, which has {} positions "
                    "(max_position_embeddings)",
                    length, config.model, model.positions));
  }
  if (tokens < length) {
    throw Error::input(fmt::format("{}: holds {} tokens, a window needs {}", config.tokens, tokens, length));
  }
  return length;
}

Decoder load_decoder(const BuiltinEvaluatorConfig& config) {
  const DecoderConfig model = read_decoder_config(config.model + "/config.json");
  return {model, Checkpoint(config.model), config.weights};
}

/// −log of the probability that softmax(logits) gives to `token`.
double surprise(const float* logits, std::size_t vocabulary, std::uint32_t token) {
  const float largest = *std::max_element(logits, logits + vocabulary);
  double sum = 0;
  for (std::size_t i = 0; i < vocabulary; ++i) sum += std::exp(logits[i] - largest);
  return std::log(sum) + static_cast<double>(largest) - static_cast<double>(logits[token]);
}

}  // namespace

BuiltinEvaluator::BuiltinEvaluator(const BuiltinEvaluatorConfig& config, std::function<bool()> go_on)
    : decoder_(load_decoder(config)),
      tokens_(read_tokens(config.tokens, config.token_type, decoder_.config().vocabulary)),
      length_(window_length(config, decoder_.config(), tokens_.size())),
      group_size_(config.group_size),
      threads_(config.threads != 0 ? config.threads : std::max(1u, std::thread::hardware_concurrency())),
      go_on_(std::move(go_on)) {
  check_format(GroupFormat{group_size_, 1}, max_mantissa_bits);
}

ActivationRounding BuiltinEvaluator::fp16() const { return {decoder_.config().shape.layers, LayerFormats{}}; }

ActivationRounding BuiltinEvaluator::anda(const Precisions& precisions) const {
  const std::size_t layers = decoder_.config().shape.layers;
  if (!precisions.layers.empty() && precisions.layers.size() != layers) {
    throw Error::input(fmt::format("{} layers have a precision, the model has {}", precisions.layers.size(), layers));
  }
  ActivationRounding rounding(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const Combination& bits = precisions.of(layer);
    for (std::size_t tensor = 0; tensor < bits.size(); ++tensor) {
      check_format(GroupFormat{group_size_, bits[tensor]}, max_mantissa_bits);
      rounding[layer][tensor] = ActivationFormat{bits[tensor], group_size_};
    }
  }
  return rounding;
}

double BuiltinEvaluator::baseline() { return perplexity_with(fp16()); }
double BuiltinEvaluator::perplexity(const Precisions& precisions) { return perplexity_with(anda(precisions)); }
double BuiltinEvaluator::fp32_perplexity() { return perplexity_with({}); }

template <class Use>
void BuiltinEvaluator::over_windows(const ActivationRounding& rounding, Use use) {
  const std::size_t at_a_time = std::max<std::size_t>(1, rows_at_a_time / length_);
  const std::size_t parts = ceil_div(windows(), at_a_time);
  // Windows go to threads of our own, which share everything but the GeMMs' own threads; those take what is left over.
  const auto workers = static_cast<unsigned>(std::min<std::size_t>(threads_, parts));
  blas().set_threads(static_cast<int>(threads_ / workers));

  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  std::atomic<bool> stop{false};
  const std::thread::id caller = std::this_thread::get_id();
  const auto work = [&] {
    DecoderWorkspace workspace;
    workspace.go_on = [&] {
      if (std::this_thread::get_id() == caller && !go_on_()) stop = true;
      return !stop;
    };
    try {
      std::vector<float> logits;
      for (std::size_t part = next++; part < parts; part = next++) {
        const std::size_t first = part * at_a_time;
        const std::size_t count = std::min(at_a_time, windows() - first);
        decoder_.run(tokens_.data() + first * length_, count, length_, rounding, workspace, logits);
        use(first, logits);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!failure) failure = std::current_exception();
      stop = true;
      next = parts;
    }
    const std::lock_guard<std::mutex> lock(mutex);
    gemm_s_ += workspace.gemm_s;
    rounding_s_ += workspace.rounding_s;
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < workers; ++i) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
}

double BuiltinEvaluator::perplexity_with(const ActivationRounding& rounding) {
  const std::size_t vocabulary = decoder_.config().vocabulary;
  std::vector<double> surprises(windows());  // by window: their sum does not depend on the order of threads
  over_windows(rounding, [&](std::size_t first, const std::vector<float>& logits) {
    const std::size_t count = logits.size() / vocabulary / length_;
    for (std::size_t window = 0; window < count; ++window) {
      const std::uint32_t* tokens = tokens_.data() + (first + window) * length_;
      for (std::size_t i = 0; i + 1 < length_; ++i) {
        surprises[first + window] +=
            surprise(logits.data() + (window * length_ + i) * vocabulary, vocabulary, tokens[i + 1]);
      }
    }
  });
  double total = 0;
  for (const double window : surprises) total += window;
  const double result = std::exp(total / static_cast<double>(windows() * (length_ - 1)));
  if (!std::isfinite(result)) throw Error::run("the perplexity is not finite: the model's results overflow");
  return result;
}

std::vector<float> BuiltinEvaluator::logits(const ActivationRounding& rounding) {
  const std::size_t vocabulary = decoder_.config().vocabulary;
  std::vector<float> all(windows() * length_ * vocabulary);
  over_windows(rounding, [&](std::size_t first, const std::vector<float>& logits) {
    std::copy(logits.begin(), logits.end(), all.data() + first * length_ * vocabulary);
  });
  return all;
}

}  // namespace anda::sim
