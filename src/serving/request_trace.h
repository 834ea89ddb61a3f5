// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_REQUEST_TRACE_H
#define ANDA_SIM_SERVING_REQUEST_TRACE_H

#include <memory>
#include <string>

#include "config/serving_config.h"
#include "serving/request.h"

namespace anda::sim {

/// Opens a request file in one of the public trace formats: Azure LLM inference 2023 and 2024 (CSV), BurstGPT (CSV),
/// Mooncake (JSON lines). Times are relative to the first request and divided by `rate_scale`. Throws Error (input)
/// with file, line and column: unknown columns, negative or decreasing times, zero lengths.
std::unique_ptr<RequestSource> open_request_trace(const std::string& path, RequestFormat format, double rate_scale);

}  // namespace anda::sim

#endif
