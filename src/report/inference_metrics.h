// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_INFERENCE_METRICS_H
#define ANDA_SIM_REPORT_INFERENCE_METRICS_H

#include <vector>

#include "report/evaluation.h"
#include "report/metric_value.h"

namespace anda::sim {

/// What a system's inference took, from which the metrics of tokens follow.
struct InferenceSample {
  const InferenceSize& size;
  double prefill_s = 0;
  double decode_s = 0;
  double energy_j = 0;
};

/// One number of a whole inference; workload.scope layer and model.
struct InferenceMetric {
  const char* key;  ///< of a system of report.json, with its unit
  const char* unit;
  const char* heading;
  const char* meaning;
  MetricValue (*value)(const InferenceSample&);
};

const std::vector<InferenceMetric>& inference_metrics();

/// Of a system of a result that has an inference.
InferenceSample inference_sample(const Evaluation& evaluation, std::size_t system);

}  // namespace anda::sim

#endif
