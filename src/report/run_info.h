// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_RUN_INFO_H
#define ANDA_SIM_REPORT_RUN_INFO_H

#include <anda/dram/dram_config.h>
#include <anda/energy/technology.h>

#include <string>
#include <vector>

namespace anda::sim {

struct RunConfig;

/// What reports state about a run besides its results. It holds no dates and no absolute paths, so that the same input
/// gives the same bytes.
struct RunInfo {
  std::string tool_version;
  std::string name;         ///< of the run, for readers
  std::string level;        ///< of accelerator and memory, from level_text()
  std::string workload;     ///< for readers: "LLaMA-13B, prefill of 2048 tokens, batch 1"
  std::string config_yaml;  ///< the effective configuration
  std::string config_sha256;
  std::string trace_sha256;
  std::string technology_sha256;
  bool paper_tiling = true;      ///< the paper's tiling, not the shapes with the least traffic
  bool consumer_outputs = true;  ///< results are written in the format of the GeMM that reads them
  DramConfig dram;
  Technology technology;
  std::vector<std::string> notes;  ///< what may surprise a reader of the results, one sentence each
};

/// Derives the RunInfo from the configuration. `trace_sha256`: hash of the trace; `notes`: as above.
RunInfo run_info(const RunConfig& config, const std::string& tool_version, const std::string& trace_sha256,
                 std::vector<std::string> notes = {});

}  // namespace anda::sim

#endif
