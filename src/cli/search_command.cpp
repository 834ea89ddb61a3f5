// SPDX-License-Identifier: Apache-2.0
#include "cli/search_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "cli/command_line.h"
#include "cli/evaluator_choice.h"
#include "cli/run_files.h"
#include "cli/search_options.h"
#include "compare/child_processes.h"
#include "config/load.h"
#include "config/writer.h"
#include "files/atomic_file.h"
#include "files/interrupt.h"
#include "files/json_file.h"
#include "files/output_folder.h"
#include "files/same_file.h"
#include "report/progress.h"
#include "search/search_report.h"
#include "system/survey.h"
#include "text/characters.h"
#include "text/text.h"
#include "workload/hugging_face.h"
#include "workload/model_shape.h"

namespace anda::sim {
namespace {

namespace fs = std::filesystem;

constexpr int exit_not_met = 1;

constexpr const char* search_usage =
    "Usage: anda-sim search [CONFIG.yaml | --model MODEL] [options]\n"
    "                       (--model-dir FOLDER --tokens FILE | --evaluator COMMAND)\n"
    "\n"
    "Searches for the mantissa lengths of A_qkv, A_o, A_u and A_d of lowest cost\n"
    "within an allowed accuracy loss (Algorithm 1 of the paper), prints them and\n"
    "writes search.json, log.jsonl and, for each tolerance that is met, a\n"
    "configuration for anda-sim run. See docs/search.md.\n"
    "\n";

constexpr const char* search_examples =
    "\n"
    "Examples:\n"
    "  anda-sim search --model-dir opt-125m --tokens t.npy --tolerance 0.1%,1%\n"
    "  anda-sim search --model LLaMA-13B --evaluator ./my-evaluator --per-layer\n";

RunConfig config_of(const CommandLine& options, std::vector<std::string>& files) {
  const bool has_file = !options.files().empty();
  if (has_file && options.has("model")) options.refuse("takes a configuration or --model, not both");
  // A model folder also contains the model's shapes.
  const std::string folder = model_folder(options);
  const std::string shapes = folder.empty() ? "" : folder + "/config.json";
  std::vector<std::string> overrides = options.all("set");
  const std::string source = has_file ? options.files().front() : options.text("model", shapes);
  if (source.empty()) options.refuse("needs a configuration or --model MODEL");
  RunConfig config;
  if (has_file || ends_with(source, ".yaml") || ends_with(source, ".yml")) {
    config = load_run_config(source, overrides, &files);
  } else {
    const bool is_file = ends_with(source, ".json");
    const std::string name = is_file ? read_hugging_face_config(source).name : find_model(source).name;
    const std::string value = is_file ? source : name;
    const char* key = is_file ? "workload.config_json=" : "workload.model=";
    // The user's overrides follow it.
    overrides.insert(overrides.begin(), key + nlohmann::json(value).dump());
    overrides.insert(overrides.begin(), "name=" + nlohmann::json(name).dump());
    config = default_run_config(overrides);
  }
  if (config.functional.enabled) throw Error::input("functional.enabled is true, must be false in a search");
  return config;
}

/// The configuration without what a search determines or does not depend on. The maximum lengths that the formats of
/// keys and values allow are written to `attention`.
RunConfig searched(RunConfig config, SearchedAttention& attention) {
  if (!config.precision.schedule.empty()) {
    throw Error::input(
        fmt::format("precision.schedule.{} is given, must be left out: a search looks for lengths that hold "
                    "at all positions, or finds a schedule itself (--schedule)",
                    config.precision.schedule.begin()->first));
  }
  const PrecisionConfig fresh;
  if (attention[0] != 0) config.precision.a_q.reset();
  if (attention[1] != 0) config.precision.a_p.reset();
  const std::array<CacheFormat*, 2> caches{&config.kv_cache.k, &config.kv_cache.v};
  for (std::size_t i = 0; i < caches.size(); ++i) {
    if (attention[2 + i] == 0) continue;
    if (caches[i]->is_fp16() || caches[i]->operand() != nullptr) {
      throw Error::input(fmt::format("kv_cache.{}.format is {}, must be int or anda to search {} (--attention)",
                                     i == 0 ? "k" : "v", caches[i]->number.name(), attention_dimensions[2 + i]));
    }
    const bool stored = config.workload.scope != Scope::gemms;
    if (stored || caches[i]->number == CacheNumber::integer) attention[2 + i] = widest_cache_integer;
    caches[i]->bits = CacheFormat{}.bits;
  }
  config.precision.a_qkv = fresh.a_qkv;
  config.precision.a_o = fresh.a_o;
  config.precision.a_u = fresh.a_u;
  config.precision.a_d = fresh.a_d;
  config.precision.layers.clear();
  config.systems = {PeKind::fp_fp, PeKind::anda};
  config.simulation.fold_layers = true;  // does not change any number
  config.clear_named_outputs();
  return config;
}

std::string subject_hash(RunConfig config) {
  config.name.clear();
  return config_hash(config);
}

/// Whether costs come from the simulated machine.
bool is_simulated(const SearchSettings& settings) {
  return settings.objective != Objective::bops || !settings.schedule.empty();
}

/// The attention's bit operations, if attention is searched or part of the workload.
std::optional<AttentionOperations> attention_operations(const RunConfig& config, const SearchSettings& settings) {
  if (config.workload.scope != Scope::gemms) return AttentionOperations(config.precision, config.kv_cache);
  if (settings.attention == SearchedAttention{}) return std::nullopt;
  if (!config.workload.trace.empty()) {
    throw Error::input(
        "workload.trace is given, must be a model to search with --attention: a trace does not give the shape of the "
        "attention");
  }
  if (is_simulated(settings)) {
    throw Error::input(
        fmt::format("workload.scope is gemms, must be layer or model to search with --attention and {}: only these "
                    "simulate the attention",
                    settings.schedule.empty() ? fmt::format("--objective {}", name_of(objectives, settings.objective))
                                              : "--schedule"));
  }
  return AttentionOperations(shape_of(config.workload), config.workload, config.precision, config.kv_cache);
}

template <class Write>
void write_file(const std::string& path, const Write& write) {
  AtomicFile file(path);
  write(file.stream());
  file.commit();
}

/// Simulates the results, each in its own process, and reads the figures from the reports.
void close_the_loop(const std::string& folder, std::vector<ReportedResult>& results) {
  std::vector<ChildTask> tasks;
  std::vector<ReportedResult*> simulated;
  std::vector<std::string> folders;
  for (ReportedResult& result : results) {
    if (!result.found.meets()) continue;
    const std::string file = folder + "/" + config_file_name(result.found.tolerance);
    folders.push_back(folder + "/" + fs::path(file).stem().string());
    tasks.push_back({file, {"run", file, "--out", folders.back(), "--quiet"}, folders.back() + ".errors"});
    simulated.push_back(&result);
  }
  {
    ProgressBar bar("simulation");
    run_children(tasks, std::max(1u, std::thread::hardware_concurrency()), [&bar](double done) {
      bar.update(done);
      return !interrupted();
    });
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    std::remove(tasks[i].errors_path.c_str());
    try {
      const nlohmann::json report = JsonFile(folders[i] + "/report.json", JsonFile::report_bytes).root();
      const nlohmann::json& anda = report.at("systems").at(1);
      const nlohmann::json& ratios = report.at("ratios").at(0);
      LoopResult loop;
      loop.cycles = anda.at("cycles");
      loop.time_s = anda.at("time_s");
      loop.energy_pj = anda.at("energy_pj").at("total");
      loop.speedup = ratios.at("speedup");
      loop.area_efficiency = ratios.at("area_efficiency");
      loop.energy_efficiency = ratios.at("energy_efficiency");
      simulated[i]->simulated = loop;
    } catch (const nlohmann::json::exception& error) {
      throw Error::run(fmt::format("{}/report.json: cannot be read: {}", folders[i], error.what()));
    }
  }
}

void write_configs(const std::string& folder, const RunConfig& config, const SearchInfo& info,
                   const std::vector<ReportedResult>& results) {
  // This file is written last: if it exists, the others are from the same search.
  std::remove((folder + "/search.json").c_str());
  write_file(folder + "/config.yaml", [&](std::ostream& out) { out << to_yaml(config); });
  for (const ReportedResult& result : results) {
    const std::string path = folder + "/" + config_file_name(result.found.tolerance);
    if (result.found.meets()) {
      write_file(path, [&](std::ostream& out) { write_found_config(out, info, config.precision, result.found); });
    } else {
      std::remove(path.c_str());  // left by an earlier search
    }
  }
}

/// Refuses to overwrite the search's inputs, except its own configuration if it is rewritten unchanged.
void check_inputs(const CommandLine& options, const RunConfig& config, const std::vector<std::string>& config_files,
                  const std::string& folder, const std::vector<double>& tolerances) {
  std::vector<NamedInput> inputs = inputs_of(config, config_files);
  inputs.push_back({options.text("tokens"), "the token file"});
  if (!holds_exactly(folder + "/config.yaml", to_yaml(config))) refuse_overwriting(folder + "/config.yaml", inputs);
  refuse_overwriting(folder + "/search.json", inputs);
  for (const double tolerance : tolerances) refuse_overwriting(folder + "/" + config_file_name(tolerance), inputs);
  refuse_overwriting(options.text("log", folder + "/log.jsonl"), inputs);
}

void refuse_empty(const CommandLine& options) {
  for (const char* name : {"out", "log", "model"}) {
    if (options.has(name) && options.text(name).empty()) options.refuse(fmt::format("option --{} is empty", name));
  }
}

void print_found(std::ostream& out, const std::string& folder, const std::string& log,
                 const std::vector<ReportedResult>& results) {
  out << for_terminal(fmt::format("\n{}/search.json\n{}\n", folder, log));
  for (const ReportedResult& result : results) {
    if (!result.found.meets()) continue;
    out << for_terminal(fmt::format("{}/{}\n", folder, config_file_name(result.found.tolerance)));
  }
}

/// Reports on stderr the tolerances that no combination meets. Returns the exit status.
int report_unmet(const std::vector<ReportedResult>& results) {
  int status = 0;
  for (const ReportedResult& result : results) {
    if (result.found.meets()) continue;
    status = exit_not_met;
    const Candidate& best = result.found.outcome().best;
    fmt::print(stderr, "error: no combination is within a loss of {} %; the closest is {} with {:.4g} %\n",
               percent_digits(result.found.tolerance), lengths_text(best.precisions), best.loss * 100);
  }
  return status;
}

/// Searches for one tolerance after another. `finished` counts the completed ones.
std::vector<ReportedResult> search_each(PrecisionSearch& search, const std::vector<double>& tolerances,
                                        const std::string& log_path, std::size_t& finished) {
  std::vector<ReportedResult> results;
  try {
    for (const double tolerance : tolerances) {
      results.push_back({search.run(tolerance), {}});
      finished = results.size();
    }
  } catch (const Error& error) {
    if (error.kind() == Error::Kind::input) throw;
    throw Error(error.kind(), fmt::format("{}\n(evaluated combinations are in {}; repeat the command to resume)",
                                          error.what(), log_path));
  }
  return results;
}

/// Times and energies of the machine, if the search minimises them or reports the gain of a schedule.
std::unique_ptr<SimulatedCost> simulated_cost(const SearchSettings& settings, const RunConfig& config) {
  if (!is_simulated(settings)) return nullptr;
  return std::make_unique<SimulatedCost>(config, [] { return !interrupted(); });
}

/// What a log and a search that continues it must have in common.
nlohmann::ordered_json subject_of(const RunConfig& config, const SearchInfo& info) {
  return {{"workload", info.run.workload},
          {"trace_sha256", info.run.trace_sha256},
          {"config_sha256", subject_hash(config)},
          {"evaluator", info.evaluator}};
}

/// Sets the iterations that the user did not specify.
void set_usual_iterations(SearchSettings& settings, const BitOperations& operations) {
  if (settings.layer_iterations == 0) {
    settings.layer_iterations = default_layer_iterations * static_cast<std::uint32_t>(operations.layers());
  }
  if (settings.schedule_iterations == 0) {
    settings.schedule_iterations = default_iterations * static_cast<std::uint32_t>(settings.schedule.size() + 1);
  }
}

double most_iterations_of(const SearchSettings& settings) {
  return settings.iterations + (settings.per_layer ? settings.layer_iterations : 0) +
         (settings.schedule.empty() ? 0 : settings.schedule_iterations);
}

}  // namespace

CommandHelp search_help() { return {search_usage, search_options(), search_examples}; }

int search_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = search_help();
  const CommandLine options("anda-sim search", help.options, args, {1, {"set"}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  refuse_empty(options);
  options.refuse_together({"json", "quiet"});
  const std::vector<double> tolerances = tolerances_of(options);
  SearchSettings settings = settings_of(options);
  std::vector<std::string> config_files;
  const RunConfig config = searched(config_of(options, config_files), settings.attention);
  settings.schedule = schedule_of(options, config.workload);
  const EvaluatorChoice evaluator = choose_evaluator(options, config);
  const std::string folder = options.text("out", "results/search");

  remember_interrupts();
  const Survey found = survey(config, [] { return !interrupted(); });
  if (options.has("simulate")) require_files(config);
  OutputFolder output(folder);
  check_inputs(options, config, config_files, folder, tolerances);
  const BitOperations operations(config, attention_operations(config, settings));
  set_usual_iterations(settings, operations);
  SearchInfo info{run_info(config, ANDA_VERSION, found.sha256, found.notes), evaluator.identity, settings.objective};
  SearchLog log(options.text("log", folder + "/log.jsonl"), subject_of(config, info));

  const std::unique_ptr<SimulatedCost> simulated = simulated_cost(settings, config);

  std::size_t finished = 0;
  ProgressBar bar(config.name);
  const double share = 1.0 / static_cast<double>(tolerances.size());
  const double most = most_iterations_of(settings);
  double done = 0;
  const auto go_on = [&] {
    bar.update(done);
    return !interrupted();
  };
  PrecisionSearch search(
      settings, operations, simulated.get(), [&] { return evaluator.make(go_on); }, log,
      [&](std::uint32_t iterations) {
        done = share * (static_cast<double>(finished) + iterations / most);
        if (!go_on()) throw Error::run("interrupted");
      });
  std::vector<ReportedResult> results = search_each(search, tolerances, log.path(), finished);
  bar.clear();

  output.keep();
  write_configs(folder, config, info, results);
  if (options.has("simulate")) close_the_loop(folder, results);
  write_file(folder + "/search.json",
             [&](std::ostream& file) { write_search_json(file, info, results, operations, search); });

  if (options.has("json")) print_file(out, folder + "/search.json");
  if (!options.has("json") && !options.has("quiet")) {
    print_search(out, info, results, operations, search);
    print_found(out, folder, log.path(), results);
  }
  return report_unmet(results);
}

}  // namespace anda::sim
