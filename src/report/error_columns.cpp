// SPDX-License-Identifier: Apache-2.0
#include "report/error_columns.h"

#include <cmath>

namespace anda::sim {
namespace {

MetricValue sqnr_db(const DataErrors& errors) {
  if (errors.signal == 0 || errors.noise == 0) return {};
  return 10 * std::log10(errors.signal / errors.noise);
}

}  // namespace

const std::vector<ErrorColumn>& error_columns() {
  static const std::vector<ErrorColumn> columns{
      {"sqnr_db", "dB", "SQNR dB",
       "10 · log10(Σ reference² / Σ (result − reference)²) of the finite results, as they are in memory. The reference "
       "is an FP32 GeMM of the same FP16 activations and quantised weights or, of a layer or model, the operation in "
       "double precision on the operands it was given; none where nothing differs.",
       sqnr_db},
      {"max_abs_error", "1", "max\nerror", "Largest |result − reference|, likewise.",
       [](const DataErrors& e) -> MetricValue { return e.max_abs_error; }},
      {"dot_overflows", "groups", "dot\noverflows", "Dot products of a group that FP16 could not hold.",
       [](const DataErrors& e) -> MetricValue { return e.dot_overflows; }},
      {"output_overflows", "elements", "output\noverflows", "Finite sums that FP16 could not hold.",
       [](const DataErrors& e) -> MetricValue { return e.output_overflows; }},
      {"replaced_inputs", "elements", "replaced\ninputs",
       "Infinities and NaNs among the activations (functional.non_finite: saturate).",
       [](const DataErrors& e) -> MetricValue { return e.replaced_inputs; }},
      {"replaced_outputs", "elements", "replaced\noutputs", "The same among results that became groups.",
       [](const DataErrors& e) -> MetricValue { return e.replaced_outputs; }},
      {"zeroed_activations", "elements", "zeroed\nA", "Nonzero activations that keep no mantissa bit.",
       [](const DataErrors& e) -> MetricValue { return e.zeroed_activations; }},
      {"zeroed_weights", "elements", "zeroed\nW", "Nonzero weights that were quantised to 0.",
       [](const DataErrors& e) -> MetricValue { return e.zeroed_weights; }},
      {"zeroed_outputs", "elements", "zeroed\nresults", "Nonzero results that became 0 in their group.",
       [](const DataErrors& e) -> MetricValue { return e.zeroed_outputs; }},
  };
  return columns;
}

}  // namespace anda::sim
