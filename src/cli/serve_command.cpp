// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_command.h"

#include <fmt/format.h>

#include <anda/base/error.h>
#include <iostream>
#include <memory>
#include <optional>

#include "cli/run_files.h"
#include "config/serve_config.h"
#include "config/writer.h"
#include "files/file_set.h"
#include "files/interrupt.h"
#include "files/output_folder.h"
#include "report/progress.h"
#include "serving/serve.h"
#include "system/survey.h"
#include "text/characters.h"
#include "text/terminal.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* serve_json_name = "serve.json";

constexpr const char* serve_usage =
    "Usage: anda-sim serve CONFIG.yaml [options]\n"
    "\n"
    "Serves requests of a trace, or generated ones, with continuous batching on each\n"
    "system of a configuration, prints latencies and throughput, and writes\n"
    "serve.json, requests.csv and config.yaml. docs/serving.md describes all of them.\n"
    "\n";

po::options_description serve_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  options.add_options()  //
      ("set", text("KEY=VALUE"),
       "change a key, such as serving.requests.rate_per_s=2; may be repeated, later ones win")              //
      ("out,o", text("DIR"), "results folder (results/ and the name of the configuration file)")            //
      ("timeline", text("FILE"), "record requests and iterations, for ui.perfetto.dev")                     //
      ("json", "print serve.json instead of tables")                                                        //
      ("cache", text("DIR"), "folder of results of operations to reuse and to extend, see anda-sim cache")  //
      ("check", "check configuration and requests only")                                                    //
      ("quiet,q", "print errors only")                                                                      //
      ("help,h", "show this help");
  return options;
}

RunInfo info_of(const ServeConfig& config, const RequestSurvey& survey) {
  std::vector<std::string> notes;
  if (!survey.note.empty()) notes.push_back(survey.note);
  RunInfo info = run_info(config, ANDA_VERSION, survey.sha256, std::move(notes));
  const WorkloadConfig& workload = config.workload;
  const std::string model = workload.model.empty() ? shape_of(workload).name : workload.model;
  const ParallelConfig& parallel = config.system.parallel;
  info.workload = fmt::format("{} on {} accelerator{}, tensor {}, pipeline {}", model, config.system.accelerators,
                              config.system.accelerators == 1 ? "" : "s", parallel.tensor, parallel.pipeline);
  info.config_yaml = to_yaml(config);
  info.config_sha256 = config_hash(config);
  return info;
}

void check_serve_options(const CommandLine& options) {
  if (options.files().empty()) options.refuse("needs a configuration file, such as configs/serving/llama-3-8b.yaml");
  for (const char* name : {"out", "cache", "timeline"}) {
    if (options.has(name) && options.text(name).empty()) options.refuse(fmt::format("option --{} is empty", name));
  }
  for (const char* other : {"quiet", "check"}) options.refuse_together({"json", other});
}

}  // namespace

CommandHelp serve_help() { return {serve_usage, serve_options(), ""}; }

int serve_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = serve_help();
  const CommandLine options("anda-sim serve", help.options, args, {1, {"set"}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  check_serve_options(options);
  const std::string& file = options.files().front();
  std::vector<std::string> config_files;
  const ServeConfig config = load_serve_config(file, options.all("set"), &config_files);

  remember_interrupts();
  const Partition partition = partition_of(config, shape_of(config.workload));
  const RequestSurvey survey = survey_requests(config, partition, [] { return !interrupted(); });
  RunInfo info = info_of(config, survey);
  if (options.has("check")) {
    if (!options.has("quiet")) out << for_terminal(fmt::format("{}: valid, {} requests\n", file, survey.requests));
    return 0;
  }

  OutputFolder folder(options.has("out")
                          ? options.text("out")
                          : results_folder(usual_results_folder(file, "serve"), serve_json_name, info.config_sha256));
  std::vector<NamedInput> inputs = inputs_of(config, config_files);
  if (!config.serving.requests.trace.empty())
    inputs.push_back({config.serving.requests.trace, "the requests of this run"});
  FileSet files(inputs);
  AtomicFile& json = files.add(folder.file(serve_json_name));
  AtomicFile& csv = files.add(folder.file("requests.csv"));
  files.add(folder.file("config.yaml")).stream() << info.config_yaml;
  std::ostream* const timeline = options.has("timeline") ? &files.add(options.text("timeline")).stream() : nullptr;
  std::unique_ptr<GemmStore> store;
  if (options.has("cache")) store = std::make_unique<GemmStore>(options.text("cache"));
  nlohmann::ordered_json report;
  {
    ProgressBar bar(config.name);
    ServedRun run(
        config, survey, {csv.stream(), timeline},
        [&bar](double done) {
          bar.update(done);
          return !interrupted();
        },
        store.get());
    if (!run.note().empty()) info.notes.push_back(run.note());
    report = run.report(info);
  }
  if (store) store->keep();
  json.stream() << report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  files.publish();
  folder.keep();
  if (options.has("json")) {
    print_file(out, folder.file(serve_json_name));
  } else if (!options.has("quiet")) {
    print_serving(out, report);
    for (const std::string& note : info.notes) out << "\n" << note_text(for_terminal(note), out);
    out << for_terminal(fmt::format("\n{}: serve.json, requests.csv, config.yaml\n", folder.path()));
  }
  return 0;
}

}  // namespace anda::sim
