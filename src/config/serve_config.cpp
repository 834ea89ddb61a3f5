// SPDX-License-Identifier: Apache-2.0
#include "config/serve_config.h"

#include "serving/request.h"

namespace anda::sim {
namespace {

/// Groups that run along the tokens must not cross blocks.
void check_blocks(const ServeConfig& config, const std::string& path, Problems& problems) {
  const std::uint32_t tokens = config.serving.cache.block_tokens;
  const auto check = [&](const char* key, const CacheFormat& format) {
    if (format.is_fp16() || format.axis == CacheAxis::token || tokens % format.group == 0) return;
    problems.push_back({join_key(path, "serving.cache.block_tokens"),
                        "is " + number_text(tokens) + ", must be a multiple of kv_cache." + key +
                            ".group = " + number_text(format.group) + ", whose groups run along the tokens"});
  };
  check("k", config.kv_cache.k);
  check("v", config.kv_cache.v);
}

}  // namespace

void ServeConfig::check(const std::string& path, Problems& problems) const {
  RunConfig::check(path, problems);
  const auto refuse = [&](const char* key, const std::string& problem) {
    problems.push_back({join_key(path, key), problem});
  };
  if (!workload.trace.empty()) {
    refuse("workload.trace", "is given, must be left out: a server runs whole models, from model or config_json");
  }
  if (functional.enabled) refuse("functional.enabled", "is true, must be false: a server has no data");
  if (!simulation.vcd.empty())
    refuse("simulation.vcd", "is given, must be left out: iterations are not simulated in one piece");
  if (!dram.request_trace.empty()) refuse("dram.request_trace", "is given, must be left out, as simulation.vcd");
  if (dram.level == DramLevel::detailed && system.accelerators > 1) {
    refuse("dram.level", "is detailed, must be fast with system.accelerators > 1");
  }
  if (workload.layers != 0) refuse("workload.layers", "is given, must be 0: a server runs all layers");
  check_blocks(*this, path, problems);
}

}  // namespace anda::sim
