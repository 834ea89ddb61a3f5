// SPDX-License-Identifier: Apache-2.0
#include "serving/serve.h"

#include <fmt/format.h>

#include <anda/base/error.h>
#include <optional>
#include <utility>

#include "config/sha256.h"
#include "report/evaluation.h"
#include "serving/request_generator.h"
#include "system/inference_options.h"
#include "system/survey.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t requests_between_looks = 1024;
constexpr double pj = 1e-12;

[[noreturn]] void refuse(const Request& request, const std::string& problem) {
  if (request.place.file.empty()) throw Error::input(fmt::format("generated request {}: {}", request.number, problem));
  throw Error::input(request.place, problem);
}

/// Throws if a server can never finish a request.
void check(const ServeConfig& config, const Partition& partition, const Request& request) {
  const std::uint64_t tokens = request.prompt + request.output - 1;
  const ModelShape& model = partition.model;
  if (!config.workload.ignore_positions && model.positions != 0 && tokens > model.positions) {
    refuse(request, fmt::format("{} prompt and {} output tokens are more than the {} positions of {}; "
                                "workload.ignore_positions = true allows it",
                                request.prompt, request.output, model.positions, model.name));
  }
  const std::uint64_t each = config.serving.cache.block_tokens;
  const std::uint64_t blocks = (tokens + each - 1) / each;
  if (blocks > partition.blocks) {
    refuse(request, fmt::format("{} prompt and {} output tokens need {} blocks of the key/value cache, which has {}",
                                request.prompt, request.output, blocks, partition.blocks));
  }
}

}  // namespace

RequestSurvey survey_requests(const ServeConfig& config, const Partition& partition,
                              const std::function<bool()>& go_on) {
  RequestSurvey survey;
  Sha256 hash;
  const std::unique_ptr<RequestSource> source = open_requests(config.serving.requests);
  for (Request request; source->next(request); ++survey.requests) {
    if (survey.requests % requests_between_looks == 0 && !go_on()) throw Error::run("interrupted");
    check(config, partition, request);
    survey.prompt_tokens += request.prompt;
    survey.output_tokens += request.output;
    survey.last_arrival_s = request.arrival_s;
    hash.add(fmt::format("{},{},{},{},{}\n", request.arrival_s, request.prompt, request.output, request.priority,
                         fmt::join(request.hashes, " ")));
  }
  if (survey.requests == 0) throw Error::input(config.serving.requests.trace + ": has no request");
  survey.sha256 = hash.hex();
  survey.note = source->note();
  return survey;
}

/// A system: its machine, its links and the servers of all replicas, which share them in turn because they are
/// identical.
struct ServedRun::Part {
  Part(const ServeConfig& config, const Partition& partition, Links& links, const Element& element, std::ostream& csv,
       GemmStore* store, std::optional<RequestTimeline> requests)
      : name(element.name()),
        machine("system_" + name, config, element, store),
        timeline(std::move(requests)),
        statistics(config, name, csv, timeline ? &*timeline : nullptr) {
    for (std::uint32_t i = 0; i < config.system.replicas(); ++i) {
      servers.push_back(std::make_unique<Server>(config, partition, machine, links, statistics));
    }
  }

  std::string name;
  Machine machine;
  std::optional<RequestTimeline> timeline;
  ServingStatistics statistics;
  std::vector<std::unique_ptr<Server>> servers;
};

ServedRun::ServedRun(const ServeConfig& config, const RequestSurvey& survey, const Outputs& outputs,
                     const Progress& progress, GemmStore* store)
    : config_(config), survey_(survey), partition_(partition_of(config, shape_of(config.workload))), links_(config) {
  bool is_first_event = true;
  if (outputs.timeline != nullptr) *outputs.timeline << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
  // All modules must exist before the first one simulates.
  for (const Element& element : config.systems) {
    std::optional<RequestTimeline> timeline;
    if (outputs.timeline != nullptr) {
      const int process = static_cast<int>(parts_.size()) + 1;
      timeline.emplace(*outputs.timeline, process, element.name(), is_first_event);
    }
    parts_.push_back(
        std::make_unique<Part>(config, partition_, links_, element, outputs.csv, store, std::move(timeline)));
  }
  outputs.csv << ServingStatistics::csv_header();
  for (std::size_t i = 0; i < parts_.size(); ++i) serve(*parts_[i], progress, static_cast<double>(i));
  if (outputs.timeline != nullptr) *outputs.timeline << "\n]}\n";
}

std::string ServedRun::note() const {
  for (const auto& part : parts_) {
    if (!part->timeline || !part->timeline->is_cut()) continue;
    return fmt::format("The timeline has the first {} requests and {} iterations of a system only.",
                       RequestTimeline::most_requests, RequestTimeline::most_iterations);
  }
  return "";
}

ServedRun::~ServedRun() = default;

/// Distributes the requests to the replicas round-robin.
void ServedRun::serve(Part& part, const Progress& progress, double before) {
  const std::unique_ptr<RequestSource> source = open_requests(config_.serving.requests);
  const auto look = [&] {
    const double done = static_cast<double>(part.statistics.requests) / static_cast<double>(survey_.requests);
    if (!progress((before + done) / static_cast<double>(parts_.size()))) throw Error::run("interrupted");
  };
  for (Request request; source->next(request);) {
    Server& server = *part.servers[request.number % part.servers.size()];
    server.run_until(request.arrival_s, look);
    server.arrive(request);
  }
  for (const auto& server : part.servers) server->drain(look);
}

ServingEnergy ServedRun::energy_of(const Part& part) const {
  SimulationResult result;
  result.counters = part.machine.counters();
  SystemResult& system = result.systems.emplace_back();
  system.name = part.name;
  system.accelerator = part.machine.accelerator();
  system.totals = part.statistics.cost.counts;
  const Evaluation evaluation(result, config_.dram, config_.technology);
  const double group = config_.system.parallel.tensor;
  const auto joules = [&](const char* key) {
    return number_or_nan(evaluation.value(0, evaluation.result().systems.front().totals, key)) * pj * group;
  };
  return {joules("energy_compute_pj"), joules("energy_sram_pj"), joules("energy_dram_pj"),
          config_.system.link.energy_pj(part.statistics.cost.link_bytes) * pj};
}

nlohmann::ordered_json ServedRun::report(const RunInfo& info) {
  std::vector<ServedSystem> systems;
  for (const auto& part : parts_) {
    double rounding_s = 0;
    for (const auto& server : part->servers) rounding_s += server->rounding_s();
    systems.push_back({part->name, part->statistics, partition_, energy_of(*part), rounding_s});
  }
  return serving_json(config_, info, survey_, systems);
}

}  // namespace anda::sim
