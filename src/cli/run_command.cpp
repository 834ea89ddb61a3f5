// SPDX-License-Identifier: Apache-2.0
#include "cli/run_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>

#include <anda/base/error.h>

#include "cli/command_line.h"
#include "cli/run_files.h"
#include "config/level_choice.h"
#include "config/load.h"
#include "files/interrupt.h"
#include "report/evaluation.h"
#include "report/human.h"
#include "report/progress.h"
#include "report/run_info.h"
#include "report/run_writer.h"
#include "report/table.h"
#include "system/inference_options.h"
#include "system/side_by_side.h"
#include "system/survey.h"
#include "system/without_schedule.h"
#include "text/characters.h"
#include "text/nearest.h"
#include "text/scalar.h"
#include "text/terminal.h"
#include "text/text.h"

namespace anda::sim {

namespace {

namespace po = boost::program_options;

constexpr const char* run_usage =
    "Usage: anda-sim run CONFIG.yaml [options]\n"
    "\n"
    "Simulates the systems of a configuration on its workload, prints a summary and\n"
    "writes report.json, ops.csv and config.yaml, the effective configuration, which\n"
    "can be run again.\n"
    "\n";

/// The overrides that a word of --level stands for.
std::array<std::string, 2> settings_of(const LevelChoice& choice) {
  return {std::string("accelerator.level=") + name_of(levels, choice.accelerator),
          std::string("dram.level=") + name_of(dram_levels, choice.dram)};
}

std::string level_help() {
  std::string text = "timing detail, see docs/levels.md. Sets two keys; for other pairs use --set:";
  for (const LevelChoice& choice : level_choices) {
    const auto [accelerator, dram] = settings_of(choice);
    text += fmt::format("\n{}: {}, {}", choice.name, accelerator, dram);
  }
  return text;
}

po::options_description run_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  options.add_options()                                                                                             //
      ("set", text("KEY=VALUE"), "change a key, such as accelerator.mxu.rows=32; may be repeated, later ones win")  //
      ("level", text("LEVEL"), level_help().c_str())                                                                //
      ("vcd", text("FILE"), "waveforms of every block; needs accelerator.level=cycle")                              //
      ("timeline", text("FILE"), "record the activity of every block, for ui.perfetto.dev; see docs/reports.md")    //
      ("timeline-window", text("FROM:TO"), "window of its details, in microseconds of simulated time")              //
      ("out,o", text("DIR"),
       "results folder (results/NAME from the configuration file, results/NAME-HASH if that holds results of another "
       "configuration)")                                                        //
      ("fold-layers", "simulate equal GeMMs once: same results, faster")        //
      ("details", "print all tables: by tensor type, power and area by block")  //
      ("json", "print report.json instead of tables")                           //
      ("cache", text("DIR"),
       "folder of results to reuse and to extend with those of this run, see docs/performance.md")  //
      ("jobs,j", text("N"), "systems simulated at a time (number of processor cores)")              //
      ("ops-sqlite", "also write the rows of ops.csv as ops.sqlite")                                //
      ("check", "only check the configuration and the whole workload")                              //
      ("quiet,q", "print errors only")                                                              //
      ("help,h", "show this help");
  return options;
}

/// Sets the levels of the accelerator and the memory, overriding the configuration.
void choose_level(const CommandLine& options, std::vector<std::string>& overrides) {
  const std::string level = options.text("level");
  std::vector<std::string> names;
  for (const LevelChoice& choice : level_choices) names.emplace_back(choice.name);
  const auto chosen = std::find(names.begin(), names.end(), level);
  if (chosen == names.end()) {
    options.refuse("option --level is " + shown(level) + ", must be fast, detailed or cycle" +
                   did_you_mean(level, names));
  }
  for (const std::string& setting : settings_of(level_choices[static_cast<std::size_t>(chosen - names.begin())])) {
    const std::string key = setting.substr(0, setting.find('=') + 1);
    for (const std::string& given : options.all("set")) {
      if (given.compare(0, key.size(), key) == 0) {
        options.refuse("option --level sets " + setting + ", which conflicts with --set " + given +
                       "; leave one of them out");
      }
    }
    overrides.push_back(setting);
  }
}

/// A bound of the window as a key's value. Throws Error (input) if it is not a number.
double microseconds(const CommandLine& options, const std::string& text) {
  double value = 0;
  if (parse_number(text, value) != NumberSyntax::good) {
    options.refuse("option --timeline-window is " + shown(options.text("timeline-window")) +
                   ", must be FROM:TO in microseconds, such as 100:250.5 or 100:");
  }
  return value;
}

void choose_window(const CommandLine& options, std::vector<std::string>& overrides) {
  const std::string window = options.text("timeline-window");
  const std::size_t colon = window.find(':');
  const std::string from = colon == std::string::npos ? "" : window.substr(0, colon);
  const std::string to = colon == std::string::npos ? window : window.substr(colon + 1);
  const double first = colon == std::string::npos || !from.empty() ? microseconds(options, from) : 0;
  overrides.push_back("simulation.timeline.from_us=" + exact_text(first));
  if (to.empty()) return;
  const double last = microseconds(options, to);
  if (!(last > first)) options.refuse("option --timeline-window ends at " + to + ", must end after it starts");
  overrides.push_back("simulation.timeline.length_us=" + exact_text(last - first));
}

void print_results(std::ostream& out, const RunConfig& config, const RunWriter& writer, const SimulationResult& result,
                   Tables which) {
  const Evaluation evaluation(result, config.dram, config.technology);
  print_tables(out, writer.info(), evaluation, which);
  for (std::size_t i = 0; i < result.systems.size(); ++i) {
    if (result.systems[i].unscheduled.empty()) continue;
    const ScheduleGain gain = evaluation.schedule_gain(i);
    out << (i == 0 ? "\n" : "")
        << wrapped(for_terminal(fmt::format("schedule: {} is {} × as fast and {} × as energy-efficient as without "
                                            "precision.schedule",
                                            result.systems[i].name, human_text(gain.speedup, ""),
                                            human_text(gain.energy_efficiency, ""))),
                   line_columns(out), "  ")
        << "\n";
  }
  for (const std::string& note : writer.info().notes) out << "\n" << note_text(for_terminal(note), out);
  const std::string& timeline = config.simulation.timeline.file;
  out << for_terminal(fmt::format("\n{}: report.json, ops.csv, config.yaml\n{}{}", writer.folder(), timeline,
                                  timeline.empty() ? "" : "\n"));
  if (which == Tables::summary) out << "--details prints tensor types and blocks\n";
}

void check_options(const CommandLine& options) {
  if (options.files().empty()) options.refuse("needs a configuration file");
  for (const char* name : {"out", "cache"}) {
    if (options.has(name) && options.text(name).empty()) options.refuse(fmt::format("option --{} is empty", name));
  }
  for (const char* other : {"quiet", "check"}) options.refuse_together({"json", other});
  for (const char* other : {"json", "quiet", "check"}) options.refuse_together({"details", other});
}

/// The overrides set by options; they follow those of --set.
std::vector<std::string> overrides_of(const CommandLine& options) {
  std::vector<std::string> overrides = options.all("set");
  if (options.has("level")) choose_level(options, overrides);
  if (options.has("vcd")) overrides.push_back("simulation.vcd=" + options.text("vcd"));
  if (options.has("timeline")) overrides.push_back("simulation.timeline.file=" + options.text("timeline"));
  if (options.has("timeline-window")) choose_window(options, overrides);
  if (options.has("fold-layers")) overrides.emplace_back("simulation.fold_layers=true");
  return overrides;
}

/// A workload problem shows far from the configuration that names the workload, so its error also names `file`.
Survey survey_of(const RunConfig& config, const std::string& file) {
  try {
    return survey(config, [] { return !interrupted(); });
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::input) throw;
    throw Error::input(fmt::format("{}\n(in the workload of {})", error.what(), file));
  }
}

void print_check(std::ostream& out, const std::string& file, const Survey& found) {
  out << fmt::format("{}: valid, {} GeMM{}\n", for_terminal(file), found.gemms, found.gemms == 1 ? "" : "s");
  for (const std::string& note : found.notes) out << note_text(for_terminal(note), out);
}

/// Counts without the schedule; none if there is no schedule. Must run before the main run, because this process can
/// elaborate a SystemC kernel only once.
std::vector<Counts> unscheduled_counts(const RunConfig& config, const Survey& found, const CommandLine& options) {
  if (config.precision.schedule.empty()) return {};
  ProgressBar bar(config.name + ", without its schedule");
  return counts_without_schedule(
      config, found.macs,
      [&bar](double done) {
        bar.update(done);
        return !interrupted();
      },
      options.text("cache"));
}

}  // namespace

CommandHelp run_help() { return {run_usage, run_options(), ""}; }

int run_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = run_help();
  const CommandLine options("anda-sim run", help.options, args, {1, {"set"}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  check_options(options);
  const std::size_t at_once = options.jobs();

  const std::string& file = options.files().front();
  std::vector<std::string> config_files;
  const RunConfig config = load_run_config(file, overrides_of(options), &config_files);

  remember_interrupts();
  const Survey found = survey_of(config, file);
  if (options.has("check")) {
    if (!options.has("quiet")) print_check(out, file, found);
    return 0;
  }

  const std::unique_ptr<RunWriter> results = open_results(
      options.text("out"), file, config, run_info(config, ANDA_VERSION, found.sha256, found.notes), config_files);
  RunWriter& writer = *results;
  const std::string& folder = writer.folder();
  if (!options.has("out") && folder != usual_run_folder(file)) {
    std::cerr << note_text(
        for_terminal(fmt::format("{} holds the results of another configuration; those of this one go to {}",
                                 usual_run_folder(file), folder)),
        std::cerr);
  }
  if (options.has("ops-sqlite")) writer.add_sqlite();
  std::optional<TensorDump> dump;
  if (config.functional.enabled && config.functional.dump) dump.emplace(writer.files(), folder + "/tensors");
  const std::vector<Counts> unscheduled = unscheduled_counts(config, found, options);
  SimulationResult result;
  {
    ProgressBar bar(config.name);
    result = simulate_side_by_side(
        config, [&config] { return open_workload(config); }, found.macs, writer.ops(),
        [&bar](double done) {
          bar.update(done);
          return !interrupted();
        },
        writer.files(), dump ? &*dump : nullptr, at_once, options.text("cache"));
  }
  for (std::size_t i = 0; i < unscheduled.size(); ++i) result.systems[i].unscheduled = unscheduled[i];
  if (config.workload.scope != Scope::gemms) result.inference = inference_size(config);
  for (const std::string& warning : result.warnings) std::cerr << note_text(for_terminal(warning), std::cerr);
  writer.finish(result, [] { return !interrupted(); });

  if (options.has("json")) {
    print_file(out, folder + "/report.json");
  } else if (!options.has("quiet")) {
    print_results(out, config, writer, result, options.has("details") ? Tables::details : Tables::summary);
  }
  return 0;
}

}  // namespace anda::sim
