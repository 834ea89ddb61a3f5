// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_REQUEST_TRACE_H
#define ANDA_SIM_SERVING_REQUEST_TRACE_H

#include <memory>
#include <string>

#include "config/serving_config.h"
#include "serving/request.h"

namespace anda::sim {

/// Opens a file of requests in one of the formats of public traces: Azure LLM inference 2023 and 2024 (CSV), BurstGPT
/// (CSV), Mooncake (JSON lines). Times start with the first request and are divided by `rate_scale`. Throws Error
/// (input) with file, line and column: unknown columns, times that are negative or go back, lengths that are 0.
std::unique_ptr<RequestSource> open_request_trace(const std::string& path, RequestFormat format, double rate_scale);

}  // namespace anda::sim

#endif
