// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_OPEN_WORKLOAD_H
#define ANDA_SIM_WORKLOAD_OPEN_WORKLOAD_H

#include <memory>
#include <string>

#include "workload/gemm.h"

namespace anda::sim {

/// Opens a trace or a SCALE-Sim GEMM topology, recognised by its first row. Reads the file once, front to end, so that
/// a pipe works too.
std::unique_ptr<GemmSource> open_trace(const std::string& path);

}  // namespace anda::sim

#endif
