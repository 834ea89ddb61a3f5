// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_INFERENCE_METRICS_H
#define ANDA_SIM_REPORT_INFERENCE_METRICS_H

#include <vector>

#include "report/evaluation.h"
#include "report/metric_value.h"

namespace anda::sim {

/// Time and energy of a system's inference, from which the token metrics are computed.
struct InferenceSample {
  const InferenceSize& size;
  double prefill_s = 0;
  double decode_s = 0;
  double energy_j = 0;
};

/// A metric of a whole inference; workload.scope layer and model.
struct InferenceMetric {
  const char* key;  ///< key in a system of report.json, with its unit
  const char* unit;
  const char* heading;
  const char* meaning;
  MetricValue (*value)(const InferenceSample&);
};

const std::vector<InferenceMetric>& inference_metrics();

/// The sample of a system; the result must hold an inference.
InferenceSample inference_sample(const Evaluation& evaluation, std::size_t system);

}  // namespace anda::sim

#endif
