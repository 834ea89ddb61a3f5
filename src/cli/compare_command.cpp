// SPDX-License-Identifier: Apache-2.0
#include "cli/compare_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <system_error>

#include "cli/command_line.h"
#include "cli/run_files.h"
#include "compare/child_processes.h"
#include "compare/comparison.h"
#include "config/compare_config.h"
#include "config/sha256.h"
#include "config/writer.h"
#include "files/atomic_file.h"
#include "files/file_set.h"
#include "files/input_file.h"
#include "files/interrupt.h"
#include "files/json_file.h"
#include "files/output_folder.h"
#include "files/temporary_folder.h"
#include "report/progress.h"
#include "system/gemm_store.h"
#include "system/survey.h"
#include "text/characters.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {

namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr const char* csv_name = "compare.csv";
constexpr const char* json_name = "compare.json";

constexpr const char* compare_usage =
    "Usage: anda-sim compare CONFIG.yaml [options]\n"
    "\n"
    "Simulates every system of a comparison on every model, prints the means\n"
    "relative to the first system and writes compare.json and compare.csv.\n"
    "docs/compare.md describes the file. configs/compare/paper.yaml has all systems\n"
    "and models of the paper.\n"
    "\n";

po::options_description compare_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  options.add_options()                                                                                              //
      ("systems", text("A,B"), "only these systems, the first as baseline")                                          //
      ("models", text("A,B"), "only these models")                                                                   //
      ("set", text("KEY=VALUE"), "change a key of every run, such as tiling=auto; may be repeated, later ones win")  //
      ("out,o", text("DIR"), "results folder (results/ and the name of the comparison file)")                        //
      ("jobs,j", text("N"), "simulations at a time (number of processor cores)")                                     //
      ("details", "print each model, too")                                                                           //
      ("json", "print compare.json instead of tables")                                                               //
      ("cache", text("DIR"), "folder of GeMM results to reuse and to extend (that of anda-sim cache)")               //
      ("no-cache", "simulate everything")                                                                            //
      ("quiet,q", "print errors only")                                                                               //
      ("help,h", "show this help");
  return options;
}

std::vector<std::string> list_of(const CommandLine& options, const std::string& name) {
  if (!options.has(name)) return {};
  std::vector<std::string> words = list_parts(options.text(name));
  if (std::any_of(words.begin(), words.end(), [](const std::string& word) { return word.empty(); })) {
    options.refuse("option --" + name + " must be names separated by commas");
  }
  return words;
}

/// A simulation of one configuration of one model, for all systems that run it.
struct Job {
  std::size_t model;
  std::size_t run;  ///< index in the model's runs
  std::vector<std::size_t> systems;
  fs::path folder;
};

std::vector<Job> jobs_for(const CompareConfig& config, const fs::path& folder) {
  std::vector<Job> jobs;
  for (std::size_t model = 0; model < config.models.size(); ++model) {
    std::map<std::size_t, std::vector<std::size_t>> by_run;
    for (std::size_t i = 0; i < config.systems.size(); ++i) {
      by_run[config.models[model].run_of(config.systems[i])].push_back(i);
    }
    for (const auto& [run, systems] : by_run) {
      jobs.push_back({model, run, systems, folder / std::to_string(jobs.size())});
    }
  }
  return jobs;
}

/// The configuration that a job's process runs. Equal layers are folded, which does not change any number.
RunConfig run_config(const CompareConfig& config, const Job& job) {
  RunConfig run = config.models[job.model].runs[job.run].config;
  run.systems.clear();
  for (const std::size_t system : job.systems) {
    const Element& element = config.systems[system].element;
    if (std::find(run.systems.begin(), run.systems.end(), element) == run.systems.end()) {
      run.systems.push_back(element);
    }
  }
  run.simulation.fold_layers = true;
  run.clear_named_outputs();
  return run;
}

ChildTask prepare(const CompareConfig& config, const Job& job, const std::string& cache) {
  const ComparedModel& model = config.models[job.model];
  const ComparedModel::Run& source = model.runs[job.run];
  const RunConfig run = run_config(config, job);
  require_files(run);
  try {
    survey(run, [] { return !interrupted(); });
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::input) throw;
    throw Error::input(fmt::format("{}\n(in the workload of {})", error.what(), source.path));
  }
  fs::create_directory(job.folder);
  const std::string file = (job.folder / "run.yaml").string();
  AtomicFile yaml(file);
  yaml.stream() << to_yaml(run);
  yaml.commit();
  ChildTask task{fmt::format("{} ({})", model.name, source.path),
                 {"run", file, "--out", (job.folder / "out").string(), "--quiet"},
                 (job.folder / "errors").string()};
  if (!cache.empty()) task.arguments.insert(task.arguments.end(), {"--cache", cache});
  return task;
}

/// Reads a report written by a process of this program.
nlohmann::json read_own_report(const std::string& path, const std::string& origin) {
  try {
    return JsonFile(path, JsonFile::report_bytes).root();
  } catch (const Error& error) {
    throw Error::run(fmt::format("{} cannot be read: {}", origin, error.what()));
  }
}

/// Hash of everything that determines the numbers.
std::string hash_of(const CompareConfig& config) {
  std::string text;
  for (const ComparedSystem& system : config.systems) {
    text += system.name + "\n";
    if (!system.element.section()) continue;
    RunConfig described;
    described.systems = {system.element};
    text += to_yaml(described);
  }
  for (const ComparedModel& model : config.models) {
    text += model.name + "\n";
    for (const ComparedModel::Run& run : model.runs) {
      RunConfig without = run.config;
      without.clear_named_outputs();
      text += to_yaml(without);
    }
  }
  return sha256_hex(text);
}

/// Prints the notes of the simulations that do not affect the results, without duplicates.
void tell_notes(const std::vector<ChildTask>& tasks) {
  std::set<std::string> told;
  for (const ChildTask& task : tasks) {
    std::ifstream in(task.errors_path);
    for (std::string line; std::getline(in, line);) {
      if (told.insert(line).second) std::cerr << line << "\n";
    }
  }
}

Comparison read_reports(const CompareConfig& config, const std::vector<Job>& jobs) {
  std::vector<std::string> systems;
  for (const ComparedSystem& system : config.systems) systems.push_back(system.name);
  std::vector<std::string> models;
  for (const ComparedModel& model : config.models) models.push_back(model.name);
  Comparison comparison(config.name, systems, models, hash_of(config));
  for (const Job& job : jobs) {
    const std::string path = (job.folder / "out" / "report.json").string();
    const std::string origin = "the report of " + config.models[job.model].runs[job.run].path;
    const nlohmann::json report = read_own_report(path, origin);
    for (const std::size_t system : job.systems) {
      comparison.add(system, job.model, report, config.systems[system].element.name(), origin);
    }
  }
  return comparison;
}

}  // namespace

CommandHelp compare_help() { return {compare_usage, compare_options(), ""}; }

int compare_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = compare_help();
  const CommandLine options("anda-sim compare", help.options, args, {1, {"set"}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  if (options.files().empty()) options.refuse("needs the file of a comparison, such as configs/compare/paper.yaml");
  if (options.has("out") && options.text("out").empty()) options.refuse("option --out is empty");
  for (const char* other : {"quiet", "details"}) options.refuse_together({"json", other});
  options.refuse_together({"details", "quiet"});
  if (options.has("cache") && (options.has("no-cache") || options.text("cache").empty())) {
    options.refuse(options.has("no-cache") ? "takes one of --cache and --no-cache" : "option --cache is empty");
  }
  const std::string cache = options.has("no-cache") ? "" : options.text("cache", user_cache_folder());
  const std::size_t at_once = options.jobs();
  const std::string& file = options.files().front();
  const CompareConfig config =
      load_compare_config(file, options.all("set"), {list_of(options, "systems"), list_of(options, "models")});

  remember_interrupts();
  OutputFolder folder(options.has("out")
                          ? options.text("out")
                          : results_folder(usual_results_folder(file, "compare"), json_name, hash_of(config)));
  FileSet files({{file, "the comparison"}});
  AtomicFile& json = files.add(folder.file(json_name));
  AtomicFile& csv = files.add(folder.file(csv_name));
  const TemporaryFolder temporary;
  const std::vector<Job> jobs = jobs_for(config, temporary.path());
  std::vector<ChildTask> tasks;
  for (const Job& job : jobs) tasks.push_back(prepare(config, job, cache));
  {
    ProgressBar bar(config.name);
    run_children(tasks, at_once, [&bar](double done) {
      bar.update(done);
      return !interrupted();
    });
  }
  tell_notes(tasks);
  const Comparison comparison = read_reports(config, jobs);
  comparison.write_csv(csv.stream());
  comparison.write_json(json.stream());
  files.publish();
  folder.keep();
  if (options.has("json")) {
    print_file(out, folder.file(json_name));
  } else if (!options.has("quiet")) {
    comparison.print(out, options.has("details"));
    out << for_terminal(fmt::format("\n{}\n{}\n", folder.file(json_name), folder.file(csv_name)));
    if (!options.has("details") && config.models.size() > 1) out << "--details prints each model\n";
  }
  return 0;
}

}  // namespace anda::sim
