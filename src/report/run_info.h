// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_RUN_INFO_H
#define ANDA_SIM_REPORT_RUN_INFO_H

#include <anda/dram/dram_config.h>
#include <anda/energy/technology.h>

#include <string>
#include <vector>

namespace anda::sim {

struct RunConfig;

/// What reports say of a run beside its results. No dates and no absolute paths: same input, same bytes out.
struct RunInfo {
  std::string tool_version;
  std::string name;         ///< of the run, for people
  std::string level;        ///< of accelerator and memory, as level_text() has it
  std::string workload;     ///< in words, "LLaMA-13B, prefill of 2048 tokens, batch 1"
  std::string config_yaml;  ///< the effective configuration
  std::string config_sha256;
  std::string trace_sha256;
  std::string technology_sha256;
  bool paper_tiling = true;      ///< not the shapes with the least traffic
  bool consumer_outputs = true;  ///< results are written in the format of the GeMM that reads them
  DramConfig dram;
  Technology technology;
  std::vector<std::string> notes;  ///< what may surprise who reads the results, a sentence each
};

/// What follows from the configuration. `trace_sha256`: of the trace; `notes`: as above.
RunInfo run_info(const RunConfig& config, const std::string& tool_version, const std::string& trace_sha256,
                 std::vector<std::string> notes = {});

}  // namespace anda::sim

#endif
