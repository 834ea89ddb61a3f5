// SPDX-License-Identifier: Apache-2.0
#include "workload/open_workload.h"

#include <utility>

#include "workload/scale_sim_reader.h"
#include "workload/trace_reader.h"

namespace anda::sim {

std::unique_ptr<GemmSource> open_trace(const std::string& path) {
  CsvReader csv(path);
  csv.expect_header("name,layer,tensor,m,k,n[,count][,weight_bits]");
  if (ScaleSimReader::recognises(csv)) return std::make_unique<ScaleSimReader>(std::move(csv));
  return std::make_unique<TraceReader>(std::move(csv));
}

}  // namespace anda::sim
