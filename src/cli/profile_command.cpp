// SPDX-License-Identifier: Apache-2.0
#include "cli/profile_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <deque>
#include <memory>

#include "cli/run_files.h"
#include "files/interrupt.h"
#include "files/output_folder.h"
#include "serving/profile_files.h"
#include "system/survey.h"
#include "text/characters.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t most_group = 1024;

constexpr const char* profile_usage =
    "Usage: anda-sim profile CONFIG.yaml [options]\n"
    "\n"
    "Writes the times of a model's operations on each system of a configuration over\n"
    "tokens, context lengths and batches, as CSV files that LLMServingSim 2 or Vidur\n"
    "read. docs/serving.md describes them.\n"
    "\n";

po::options_description profile_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  options.add_options()                                                                                     //
      ("layout", text("NAME"), "llmservingsim (the default) or vidur")                                      //
      ("tensor", text("N,N"), "sizes of the tensor group (that of the configuration)")                      //
      ("contexts", text("N"), "longest context in tokens (8192, or the model's positions if fewer)")        //
      ("set", text("KEY=VALUE"), "change a key, such as precision=6; may be repeated, later ones win")      //
      ("out,o", text("DIR"), "results folder (results/ and the name of the configuration file)")            //
      ("cache", text("DIR"), "folder of results of operations to reuse and to extend, see anda-sim cache")  //
      ("quiet,q", "print errors only")                                                                      //
      ("help,h", "show this help");
  return options;
}

ProfileLayout profile_layout(const CommandLine& options) {
  const std::string layout = options.text("layout", "llmservingsim");
  if (layout == "llmservingsim") return ProfileLayout::llmservingsim;
  if (layout == "vidur") return ProfileLayout::vidur;
  options.refuse("option --layout is " + shown(layout) + ", must be llmservingsim or vidur");
}

std::vector<std::uint32_t> profiled_groups(const CommandLine& options, const ServeConfig& config) {
  if (!options.has("tensor")) return {config.system.parallel.tensor};
  std::vector<std::uint32_t> groups;
  for (const std::string& part : list_parts(options.text("tensor"))) {
    std::uint64_t size = 0;
    const std::string problem = parse_whole_number(part, 1, most_group, size);
    if (!problem.empty()) options.refuse("option --tensor: " + shown(part) + " " + problem);
    groups.push_back(static_cast<std::uint32_t>(size));
    if (std::count(groups.begin(), groups.end(), groups.back()) > 1) {
      options.refuse("option --tensor has " + part + " twice");
    }
  }
  return groups;
}

/// A tensor-group size with its links, and the profiles of all systems.
struct Group {
  ServeConfig config;
  std::unique_ptr<Links> links;
  std::deque<Machine> machines;
  std::deque<Profile> profiles;
};

std::deque<Group> groups_with(const ServeConfig& config, const std::vector<std::uint32_t>& sizes,
                              const ModelShape& model, GemmStore* store) {
  std::deque<Group> groups;
  for (const std::uint32_t size : sizes) {
    Group& group = groups.emplace_back();
    group.config = config;
    group.config.system.parallel = {};
    group.config.system.parallel.tensor = size;
    group.config.system.accelerators = size;
    group.links = std::make_unique<Links>(group.config, fmt::format("tensor_{}", size));
    for (const Element& element : config.systems) {
      const std::string name = fmt::format("{}_{}", element.name(), size);
      group.machines.emplace_back(name, group.config, element, store);
      group.profiles.emplace_back(group.config, model, group.machines.back(), *group.links);
    }
  }
  return groups;
}

std::string variant_of(const ServeConfig& config) {
  const PrecisionConfig& precision = config.precision;
  std::string lengths;
  for (const char* tensor : tensor_types) lengths += fmt::format("-m{}", precision.mantissa_bits(0, tensor));
  return fmt::format("w{}{}-kv{}", precision.weight_bits, lengths, config.kv_cache.k.element_bits());
}

}  // namespace

CommandHelp profile_help() { return {profile_usage, profile_options(), ""}; }

int profile_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = profile_help();
  const CommandLine options("anda-sim profile", help.options, args, {1, {"set"}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  if (options.files().empty()) options.refuse("needs a configuration file, such as configs/serving/llama-3-8b.yaml");
  const ProfileLayout layout = profile_layout(options);
  const std::string& file = options.files().front();
  std::vector<std::string> config_files;
  const ServeConfig config = load_serve_config(file, options.all("set"), &config_files);
  const ModelShape model = shape_of(config.workload);
  const std::uint64_t positions = model.positions == 0 ? 8192 : std::min<std::uint64_t>(model.positions, 8192);
  const std::uint64_t contexts = options.number("contexts", positions, max_gemm_dimension);

  remember_interrupts();
  OutputFolder folder(options.has("out") ? options.text("out") : usual_results_folder(file, "profile"));
  FileSet files(inputs_of(config, config_files));
  std::unique_ptr<GemmStore> store;
  if (options.has("cache")) store = std::make_unique<GemmStore>(options.text("cache"));
  std::deque<Group> groups = groups_with(config, profiled_groups(options, config), model, store.get());
  const SchedulerConfig& scheduler = config.serving.scheduler;
  const ProfileGrid grid = profile_grid(scheduler.max_tokens, contexts, scheduler.max_batch);
  for (std::size_t i = 0; i < config.systems.size(); ++i) {
    std::vector<Profile*> profiles;
    for (Group& group : groups) profiles.push_back(&group.profiles[i]);
    write_profile(layout, config, {folder.path(), config.systems[i].name(), model.name, variant_of(config)}, grid,
                  profiles, files, [] {
                    if (interrupted()) throw Error::run("interrupted");
                  });
  }
  if (store) store->keep();
  files.publish();
  folder.keep();
  if (!options.has("quiet")) out << for_terminal(fmt::format("{}: profiles of {}\n", folder.path(), model.name));
  return 0;
}

}  // namespace anda::sim
