// SPDX-License-Identifier: Apache-2.0
#include "search/builtin_evaluator.h"

#include <anda/base/error.h>
#include <anda/numeric/cache_codec.h>
#include <anda/numeric/group_format.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <thread>

#include "search/early_stop.h"

namespace anda::sim {
namespace {

constexpr std::size_t usual_length = 2048;  // as in the paper's evaluations

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

/// Memory that is available to a new process without swapping.
std::uint64_t available_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::uint64_t kibibytes = 0;
  while (file >> key >> kibibytes) {
    if (key == "MemAvailable:") return kibibytes << 10;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::uint64_t{4} << 30;
}

std::uint64_t memory_of(const BuiltinEvaluatorConfig& config) {
  return config.memory_bytes != 0 ? config.memory_bytes : available_bytes() / 4 * 3;
}

std::vector<std::size_t> all_parts(std::size_t count) {
  std::vector<std::size_t> parts(count);
  std::iota(parts.begin(), parts.end(), std::size_t{0});
  return parts;
}

/// −log of the probability that softmax(logits) assigns to `token`.
double surprise(const float* logits, std::size_t vocabulary, std::uint32_t token) {
  const float largest = *std::max_element(logits, logits + vocabulary);
  double sum = 0;
  for (std::size_t i = 0; i < vocabulary; ++i) sum += std::exp(logits[i] - largest);
  return std::log(sum) + static_cast<double>(largest) - static_cast<double>(logits[token]);
}

}  // namespace

BuiltinEvaluator::BuiltinEvaluator(const BuiltinEvaluatorConfig& config, std::function<bool()> go_on)
    : BuiltinEvaluator(config, read_decoder_config(config.model + "/config.json"), std::move(go_on)) {}

BuiltinEvaluator::BuiltinEvaluator(const BuiltinEvaluatorConfig& config, const DecoderConfig& model,
                                   std::function<bool()> go_on)
    : tokens_(read_tokens(config.tokens, config.token_type, model.vocabulary)),
      length_(window_length(config, model, tokens_.size())),
      group_size_(config.group_size),
      attention_(config.attention),
      threads_(config.threads != 0 ? config.threads : std::max(1u, std::thread::hardware_concurrency())),
      plan_(plan_memory(model, length_, tokens_.size() / length_, threads_, memory_of(config))),
      decoder_(model, Checkpoint(config.model), config.weights, length_, plan_.place, config.weight_format),
      runs_(decoder_, tokens_, length_, threads_, plan_, std::move(go_on)) {
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

ActivationRounding BuiltinEvaluator::operand(const std::shared_ptr<const OperandFormat>& format) const {
  ActivationRounding rounding = fp16();
  for (LayerRounding& layer : rounding[0]) layer.operand = format;
  return rounding;
}

ActivationRounding BuiltinEvaluator::anda(const Precisions& precisions) const {
  const std::size_t layers = decoder_.config().shape.layers;
  if (!precisions.layers.empty() && precisions.layers.size() != layers) {
    throw Error::input(fmt::format("{} layers have a precision, the model has {}", precisions.layers.size(), layers));
  }
  ActivationRounding rounding = fp32();
  for (std::size_t layer = 0; layer < layers; ++layer) round_inputs(rounding[0][layer], precisions.of(layer));
  rounding = with_attention(std::move(rounding), precisions.attention);
  for (const auto& [position, lengths] : precisions.schedule) {
    ActivationRounding segment = fp32();
    for (LayerRounding& layer : segment[0]) round_inputs(layer, lengths.all);
    rounding[position] = std::move(with_attention(std::move(segment), lengths.attention)[0]);
  }
  return rounding;
}

void BuiltinEvaluator::round_inputs(LayerRounding& rounding, const Combination& bits) const {
  LayerFormats& formats = rounding.inputs.emplace();
  for (std::size_t tensor = 0; tensor < bits.size(); ++tensor) {
    check_format(GroupFormat{group_size_, bits[tensor]}, max_mantissa_bits);
    formats[tensor] = ActivationFormat{bits[tensor], group_size_};
  }
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
      if (!format || format->is_fp16() || format->operand() != nullptr) {
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

double BuiltinEvaluator::baseline() {
  baseline_.clear();
  run(all_parts(runs_.parts()), fp16(), baseline_);
  return measurement_of(baseline_).perplexity;
}

double BuiltinEvaluator::perplexity(const Precisions& precisions) { return measure(anda(precisions)).perplexity; }

PositionPerplexities BuiltinEvaluator::by_position(const Precisions* precisions,
                                                   const std::vector<std::uint32_t>& positions) {
  if (!positions.empty() && positions.back() >= length_) {
    throw Error::input(
        fmt::format("position {} is behind the last one of the evaluator's windows, {}; schedule earlier positions, or "
                    "evaluate longer windows (--length)",
                    positions.back(), length_ - 1));
  }
  const Measurement measured = measure(precisions != nullptr ? anda(*precisions) : fp16());
  PositionPerplexities perplexities{measured.perplexity, {}};
  std::size_t first = 0;
  for (const std::uint32_t position : positions) {
    perplexities.parts.push_back(measured.perplexity_of(first, position));
    first = position;
  }
  perplexities.parts.push_back(measured.perplexity_of(first, length_));
  return perplexities;
}

Evaluated BuiltinEvaluator::perplexity_within(const Precisions& precisions, double tolerance) {
  if (baseline_.empty()) baseline();
  const ActivationRounding rounding = anda(precisions);
  const std::size_t parts = runs_.parts();
  const std::vector<std::size_t> order = random_order(parts);
  const auto tokens = static_cast<double>(windows() * (length_ - 1));
  std::vector<double> surprises;
  std::vector<double> differences;
  for (const std::size_t look : looks(parts)) {
    const std::size_t before = differences.size();
    const auto at = [&](std::size_t index) { return order.begin() + static_cast<std::ptrdiff_t>(index); };
    run({at(before), at(look)}, rounding, surprises);
    for (std::size_t i = before; i < look; ++i) {
      differences.push_back(sum_of(surprises, order[i]) - sum_of(baseline_, order[i]));
    }
    if (!is_certainly_above(differences, parts, std::log1p(tolerance) * tokens / static_cast<double>(parts))) continue;
    const double share = static_cast<double>(look) / static_cast<double>(parts);
    const double sum = std::accumulate(differences.begin(), differences.end(), 0.0);
    return {measurement_of(baseline_).perplexity * std::exp(sum / share / tokens), share};
  }
  run({order.begin() + static_cast<std::ptrdiff_t>(differences.size()), order.end()}, rounding, surprises);
  return {measurement_of(surprises).perplexity, 1};
}

double BuiltinEvaluator::sum_of(const std::vector<double>& surprises, std::size_t part) const {
  const auto [first, count] = runs_.windows_of(part);
  const auto at = [&](std::size_t window) { return surprises.begin() + static_cast<std::ptrdiff_t>(window * length_); };
  return std::accumulate(at(first), at(first + count), 0.0);
}

void BuiltinEvaluator::run(const std::vector<std::size_t>& parts, const ActivationRounding& rounding,
                           std::vector<double>& surprises) {
  const std::size_t vocabulary = decoder_.config().vocabulary;
  surprises.resize(windows() * length_);  // stored by token, so that sums do not depend on the order of threads
  runs_.run(parts, rounding, [&](std::size_t first, const std::vector<float>& logits) {
    const std::uint32_t* tokens = tokens_.data() + first * length_;
    for (std::size_t i = 0; i + 1 < logits.size() / vocabulary; ++i) {
      if ((i + 1) % length_ == 0) continue;
      surprises[first * length_ + i + 1] = surprise(logits.data() + i * vocabulary, vocabulary, tokens[i + 1]);
    }
  });
}

Measurement BuiltinEvaluator::measure(const ActivationRounding& rounding) {
  std::vector<double> surprises;
  run(all_parts(runs_.parts()), rounding, surprises);
  return measurement_of(surprises);
}

Measurement BuiltinEvaluator::measurement_of(const std::vector<double>& surprises) const {
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
  runs_.run(all_parts(runs_.parts()), rounding, [&](std::size_t first, const std::vector<float>& logits) {
    std::copy(logits.begin(), logits.end(), all.data() + first * length_ * vocabulary);
  });
  return all;
}

}  // namespace anda::sim
