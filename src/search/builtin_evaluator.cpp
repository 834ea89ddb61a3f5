// SPDX-License-Identifier: Apache-2.0
#include "search/builtin_evaluator.h"

#include <anda/base/error.h>
#include <anda/base/math.h>
#include <anda/numeric/cache_codec.h>
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
      attention_(config.attention),
      threads_(config.threads != 0 ? config.threads : std::max(1u, std::thread::hardware_concurrency())),
      go_on_(std::move(go_on)) {
  check_format(GroupFormat{group_size_, 1}, max_mantissa_bits);
}

double Measurement::perplexity_of(std::size_t first, std::size_t end) const {
  double total = 0;
  std::size_t count = 0;
  for (std::size_t i = std::max<std::size_t>(first, 1); i < std::min(end, surprises.size()); ++i, ++count) {
    total += surprises[i];
  }
  return std::exp(total / static_cast<double>(count));
}

ActivationRounding BuiltinEvaluator::fp16() const {
  ActivationRounding rounding = fp32();
  for (LayerRounding& layer : rounding[0]) layer.inputs = LayerFormats{};
  return rounding;
}

ActivationRounding BuiltinEvaluator::anda(const Precisions& precisions) const {
  const std::size_t layers = decoder_.config().shape.layers;
  if (!precisions.layers.empty() && precisions.layers.size() != layers) {
    throw Error::input(fmt::format("{} layers have a precision, the model has {}", precisions.layers.size(), layers));
  }
  ActivationRounding rounding = fp32();
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const Combination& bits = precisions.of(layer);
    LayerFormats& formats = rounding[0][layer].inputs.emplace();
    for (std::size_t tensor = 0; tensor < bits.size(); ++tensor) {
      check_format(GroupFormat{group_size_, bits[tensor]}, max_mantissa_bits);
      formats[tensor] = ActivationFormat{bits[tensor], group_size_};
    }
  }
  return with_attention(std::move(rounding), precisions.attention);
}

ActivationRounding BuiltinEvaluator::with_attention(ActivationRounding rounding,
                                                    const AttentionLengths& lengths) const {
  const auto activation = [&](std::optional<std::uint32_t> bits, std::uint32_t length) {
    if (length != 0) bits = length;
    if (!bits) return std::optional<ActivationFormat>();
    check_format(GroupFormat{group_size_, *bits}, max_mantissa_bits);
    return std::optional<ActivationFormat>({*bits, group_size_});
  };
  const auto cache = [](std::optional<CacheFormat> format, std::uint32_t length, const char* name) {
    if (length != 0) {
      if (!format || format->is_fp16()) {
        throw Error::input(
            fmt::format("{} has {} bits, but no int or anda format; set kv_cache.{}.format to int or anda", name,
                        length, name[0] == 'K' ? 'k' : 'v'));
      }
      format->bits = length;
    }
    if (format) check_format(*format);
    return format;
  };
  for (auto& entry : rounding) {
    for (LayerRounding& layer : entry.second) {
      layer.q = activation(attention_.q_bits, lengths[0]);
      layer.p = activation(attention_.p_bits, lengths[1]);
      layer.k = cache(attention_.k, lengths[2], "K");
      layer.v = cache(attention_.v, lengths[3], "V");
    }
  }
  return rounding;
}

double BuiltinEvaluator::baseline() { return measure(fp16()).perplexity; }
double BuiltinEvaluator::perplexity(const Precisions& precisions) { return measure(anda(precisions)).perplexity; }

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

Measurement BuiltinEvaluator::measure(const ActivationRounding& rounding) {
  const std::size_t vocabulary = decoder_.config().vocabulary;
  std::vector<double> surprises(windows() * length_);  // by token: their sums do not depend on the order of threads
  over_windows(rounding, [&](std::size_t first, const std::vector<float>& logits) {
    const std::uint32_t* tokens = tokens_.data() + first * length_;
    for (std::size_t i = 0; i + 1 < logits.size() / vocabulary; ++i) {
      if ((i + 1) % length_ == 0) continue;
      surprises[first * length_ + i + 1] = surprise(logits.data() + i * vocabulary, vocabulary, tokens[i + 1]);
    }
  });
  Measurement measured;
  measured.surprises.resize(length_);
  double total = 0;
  for (std::size_t window = 0; window < windows(); ++window) {
    double of_window = 0;
    for (std::size_t i = 1; i < length_; ++i) {
      of_window += surprises[window * length_ + i];
      measured.surprises[i] += surprises[window * length_ + i] / static_cast<double>(windows());
    }
    total += of_window;
  }
  measured.perplexity = std::exp(total / static_cast<double>(windows() * (length_ - 1)));
  if (!std::isfinite(measured.perplexity)) {
    throw Error::run("the perplexity is not finite: the model's results overflow");
  }
  return measured;
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
