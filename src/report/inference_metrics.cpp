// SPDX-License-Identifier: Apache-2.0
#include "report/inference_metrics.h"

namespace anda::sim {
namespace {

constexpr double pj = 1e-12;

double output_tokens(const InferenceSample& s) {
  return static_cast<double>(s.size.first_tokens + s.size.decode_passes * s.size.sequences);
}

/// A quotient that is defined only for whole models: a part of a model produces no tokens.
MetricValue of_model(const InferenceSample& s, bool has_value, double numerator, double denominator) {
  if (!s.size.whole_model || !has_value) return {};
  return quotient(numerator, denominator);
}

}  // namespace

const std::vector<InferenceMetric>& inference_metrics() {
  static const std::vector<InferenceMetric> metrics{
      {"time_to_first_token_s", "s", "first token", "Time of the prefill, output head included.",
       [](const InferenceSample& s) { return of_model(s, s.size.first_tokens > 0, s.prefill_s, 1); }},
      {"time_per_output_token_s", "s", "per further token",
       "Time of the decode passes / their number: each gives every sequence a token.",
       [](const InferenceSample& s) {
         return of_model(s, s.size.decode_passes > 0, s.decode_s, static_cast<double>(s.size.decode_passes));
       }},
      {"tokens_per_s", "tokens/s", "tokens/s", "Output tokens of all sequences / time of prefill and decode.",
       [](const InferenceSample& s) { return of_model(s, true, output_tokens(s), s.prefill_s + s.decode_s); }},
      {"prompt_tokens_per_s", "tokens/s", "prompt tokens/s", "Prompt tokens of all sequences / time of the prefill.",
       [](const InferenceSample& s) {
         return of_model(s, s.size.prompt_tokens > 0, static_cast<double>(s.size.prompt_tokens), s.prefill_s);
       }},
      {"energy_per_token_j", "J", "energy per token", "Energy of prefill and decode / output tokens of all sequences.",
       [](const InferenceSample& s) { return of_model(s, true, s.energy_j, output_tokens(s)); }},
      {"kv_cache_bytes", "bytes", "KV cache", "Keys and values of all sequences and layers after the last pass.",
       [](const InferenceSample& s) -> MetricValue { return s.size.cache_bytes; }},
  };
  return metrics;
}

InferenceSample inference_sample(const Evaluation& evaluation, std::size_t system) {
  const SimulationResult& result = evaluation.result();
  const SystemResult& of = result.systems[system];
  const auto time = [&](const Counts& counts) {
    return counts.empty() ? 0 : number_of(evaluation.value(system, counts, "time_s"));
  };
  return {*result.inference, time(of.prefill), time(of.decode),
          number_or_nan(evaluation.value(system, of.totals, "energy_total_pj")) * pj};
}

}  // namespace anda::sim
