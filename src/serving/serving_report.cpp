// SPDX-License-Identifier: Apache-2.0
#include "serving/serving_report.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "report/human.h"
#include "report/text_grid.h"
#include "text/characters.h"
#include "text/terminal.h"

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

struct Percentile {
  const char* key;
  double share;
};
constexpr std::array<Percentile, 4> percentiles{{{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}}};

Json quotient_json(double a, double b) { return b > 0 && !std::isnan(a) ? Json(a / b) : Json(nullptr); }

Json latency_json(Quantiles& values) {
  Json json;
  const bool has_values = values.count() > 0;
  json["count"] = values.count();
  json["mean"] = has_values ? Json(values.mean()) : Json(nullptr);
  for (const Percentile& percentile : percentiles) {
    json[percentile.key] = has_values ? Json(values.at(percentile.share)) : Json(nullptr);
  }
  json["most"] = has_values ? Json(values.most()) : Json(nullptr);
  return json;
}

Json series_json(const ServeConfig& config, const ServingStatistics& statistics, const Partition& partition) {
  const std::size_t count = statistics.overview().intervals().size();
  const auto list = [&](Series series, double each) {
    Json values = Json::array();
    for (std::size_t i = 0; i < count; ++i) values.push_back(statistics.mean(series, i) / each);
    return values;
  };
  const double replicas = config.system.replicas();
  Json json;
  json["interval_s"] = static_cast<double>(statistics.overview().interval_ticks()) * 1e-9;
  json["running"] = list(Series::running, 1);
  json["waiting"] = list(Series::waiting, 1);
  json["blocks"] = list(Series::blocks, replicas);
  json["busy_share"] = list(Series::busy, replicas * static_cast<double>(partition.stages.size()));
  json["link_share"] = list(Series::link, replicas * static_cast<double>(partition.stages.size()));
  return json;
}

Json cache_json(const ServeConfig& config, const ServingStatistics& statistics, const Partition& partition) {
  Json json;
  json["block_tokens"] = config.serving.cache.block_tokens;
  json["block_bytes"] = partition.block_bytes;
  json["blocks"] = partition.blocks * config.system.parallel.expert;
  json["most_blocks"] = statistics.most_blocks;
  json["weight_bytes"] = partition.weight_bytes;
  json["reused_tokens"] = statistics.reused_tokens;
  json["preemptions"] = statistics.preemptions;
  json["swapped_tokens"] = statistics.swapped_tokens;
  return json;
}

Json energy_json(const ServedSystem& system) {
  const ServingEnergy& energy = system.energy;
  Json json;
  json["compute_j"] = energy.compute_j;
  json["sram_j"] = energy.sram_j;
  json["dram_j"] = energy.dram_j;
  json["link_j"] = energy.link_j;
  json["total_j"] = energy.total();
  json["per_output_token_j"] = quotient_json(energy.total(), static_cast<double>(system.statistics.output_tokens));
  return json;
}

Json system_json(const ServeConfig& config, ServedSystem& system) {
  ServingStatistics& statistics = system.statistics;
  const double time = statistics.makespan_s;
  const double stages = static_cast<double>(system.partition.stages.size()) * config.system.replicas();
  Json json;
  json["name"] = system.name;
  json["makespan_s"] = time;
  json["requests_per_s"] = quotient_json(static_cast<double>(statistics.requests), time);
  json["output_tokens_per_s"] = quotient_json(static_cast<double>(statistics.output_tokens), time);
  json["prompt_tokens_per_s"] = quotient_json(static_cast<double>(statistics.prompt_tokens), time);
  json["good_requests"] = statistics.good_requests;
  json["good_share"] =
      quotient_json(static_cast<double>(statistics.good_requests), static_cast<double>(statistics.requests));
  json["goodput_per_s"] = quotient_json(static_cast<double>(statistics.good_requests), time);
  json["first_token_s"] = latency_json(statistics.first_token_s);
  json["per_token_s"] = latency_json(statistics.per_token_s);
  json["latency_s"] = latency_json(statistics.latency_s);
  json["queueing_s"] = latency_json(statistics.queueing_s);
  json["iterations"] = statistics.iterations;
  json["computed_tokens"] = statistics.computed_tokens;
  json["mean_batch"] =
      quotient_json(static_cast<double>(statistics.shares), static_cast<double>(statistics.iterations));
  json["busy_share"] = quotient_json(statistics.cost.seconds, time * stages);
  json["link_bytes"] = statistics.cost.link_bytes;
  json["link_share"] = quotient_json(statistics.cost.link_busy_s, time * stages);
  json["rounding_share"] = quotient_json(system.rounding_s, statistics.cost.seconds);
  json["energy"] = energy_json(system);
  json["cache"] = cache_json(config, statistics, system.partition);
  json["series"] = series_json(config, statistics, system.partition);
  return json;
}

MetricValue value_of(const Json& json) { return json.is_number() ? MetricValue(json.get<double>()) : MetricValue{}; }

}  // namespace

Json serving_json(const ServeConfig& config, const RunInfo& info, const RequestSurvey& requests,
                  std::vector<ServedSystem>& systems) {
  Json json;
  json["schema_version"] = serve_schema_version;
  json["name"] = info.name;
  json["tool_version"] = info.tool_version;
  json["level"] = info.level;
  json["workload"] = info.workload;
  json["config_sha256"] = info.config_sha256;
  json["requests_sha256"] = requests.sha256;
  json["technology_sha256"] = info.technology_sha256;
  json["notes"] = info.notes;
  Json& offered = json["requests"];
  offered["count"] = requests.requests;
  offered["prompt_tokens"] = requests.prompt_tokens;
  offered["output_tokens"] = requests.output_tokens;
  offered["last_arrival_s"] = requests.last_arrival_s;
  offered["rate_per_s"] = quotient_json(static_cast<double>(requests.requests - 1), requests.last_arrival_s);
  Json& cluster = json["cluster"];
  cluster["accelerators"] = config.system.accelerators;
  cluster["replicas"] = config.system.replicas();
  cluster["tensor"] = config.system.parallel.tensor;
  cluster["pipeline"] = config.system.parallel.pipeline;
  cluster["expert"] = config.system.parallel.expert;
  cluster["limits"] = {{"first_token_s", config.serving.limits.first_token_s},
                       {"per_token_s", config.serving.limits.per_token_s}};
  Json& list = json["systems"] = Json::array();
  for (ServedSystem& system : systems) list.push_back(system_json(config, system));
  return json;
}

void print_serving(std::ostream& out, const Json& report) {
  const Json& offered = report["requests"];
  const std::size_t columns = line_columns(out);
  const auto text = [&report](const char* key) { return report[key].get<std::string>(); };
  const auto count = [&offered](const char* key) { return offered[key].get<std::uint64_t>(); };
  out << wrapped(for_terminal(text("name")), columns) << "\n"
      << wrapped(for_terminal(text("workload")) + ", level " + text("level"), columns) << "\n"
      << wrapped(
             fmt::format("{} requests, {} prompt and {} output tokens, {} requests/s", count("count"),
                         count("prompt_tokens"), count("output_tokens"), plain_text(value_of(offered["rate_per_s"]))),
             columns)
      << "\n\n";
  TextGrid throughput({"system", "requests\n/s", "goodput\n/s", "output\ntokens/s", "mean\nbatch", "busy",
                       "KV blocks\nused", "preempted", "energy\n/token"});
  for (const Json& system : report["systems"]) {
    const Json& cache = system["cache"];
    const double used = cache["most_blocks"].get<double>() / cache["blocks"].get<double>();
    throughput.row({system["name"].get<std::string>(), plain_text(value_of(system["requests_per_s"])),
                    plain_text(value_of(system["goodput_per_s"])), plain_text(value_of(system["output_tokens_per_s"])),
                    plain_text(value_of(system["mean_batch"])), percent_text(value_of(system["busy_share"])),
                    percent_text(used), std::to_string(cache["preemptions"].get<std::uint64_t>()),
                    si_text(value_of(system["energy"]["per_output_token_j"]), "J")});
  }
  throughput.print(out);
  out << "\n";
  TextGrid latencies({"system", "latency", "mean", "50 %", "90 %", "95 %", "99 %", "most"});
  for (const Json& system : report["systems"]) {
    for (const auto& [key, title] : {std::pair{"first_token_s", "first token"},
                                     {"per_token_s", "per token"},
                                     {"latency_s", "request"},
                                     {"queueing_s", "queueing"}}) {
      std::vector<std::string> row{system["name"].get<std::string>(), title};
      for (const char* part : {"mean", "p50", "p90", "p95", "p99", "most"}) {
        row.push_back(si_text(value_of(system[key][part]), "s"));
      }
      latencies.row(std::move(row));
    }
  }
  latencies.print(out);
}

}  // namespace anda::sim
