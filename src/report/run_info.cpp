// SPDX-License-Identifier: Apache-2.0
#include "report/run_info.h"

#include <fmt/format.h>

#include "config/level_choice.h"
#include "config/run_config.h"
#include "config/writer.h"

namespace anda::sim {
namespace {

/// The file name without folders: results must not depend on where a project is located.
std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string workload_text(const WorkloadConfig& workload) {
  std::string text;
  if (!workload.trace.empty()) {
    text = "trace " + file_name(workload.trace);
  } else {
    const std::string model = workload.model.empty() ? file_name(workload.config_json) : workload.model;
    const std::string prompts = workload.scope != Scope::gemms && !workload.prompts.empty()
                                    ? fmt::format("prompts {}", workload.prompts)
                                    : fmt::format("batch {}", workload.batch);
    const bool unequal = prompts.compare(0, 5, "batch") != 0;
    const std::string tokens = unequal ? "" : fmt::format(" of {} tokens", workload.tokens);
    switch (workload.phase) {
      case Phase::prefill:
        text = fmt::format("{}, prefill{}, {}", model, tokens, prompts);
        break;
      case Phase::decode:
        text = fmt::format("{}, decode of one token after {}, {}", model,
                           unequal ? "its prompt" : std::to_string(workload.tokens), prompts);
        break;
      case Phase::generate:
        text = fmt::format("{}, {} tokens after a prompt{}, {}", model, workload.output_tokens, tokens, prompts);
        break;
    }
    if (workload.scope == Scope::layer && workload.layers == 0) text += ", one layer";
    if (workload.scope == Scope::model) text += ", whole model";
  }
  if (workload.layers != 0) {
    text += workload.layers == 1 ? ", first layer" : fmt::format(", first {} layers", workload.layers);
  }
  return text;
}

}  // namespace

RunInfo run_info(const RunConfig& config, const std::string& tool_version, const std::string& trace_sha256,
                 std::vector<std::string> notes) {
  RunInfo info;
  info.tool_version = tool_version;
  info.name = config.name;
  info.level = level_text(config.accelerator.level, config.dram.level);
  info.workload = workload_text(config.workload);
  info.config_yaml = to_yaml(config);
  info.config_sha256 = config_hash(config);
  info.trace_sha256 = trace_sha256;
  info.technology_sha256 = technology_hash(config.technology);
  info.paper_tiling = config.tiling == Tiling::paper;
  info.consumer_outputs = config.precision.output == OutputFormat::consumer;
  info.dram = config.dram;
  info.technology = config.technology;
  info.notes = std::move(notes);
  return info;
}

}  // namespace anda::sim
