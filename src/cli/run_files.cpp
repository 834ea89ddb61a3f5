// SPDX-License-Identifier: Apache-2.0
#include "cli/run_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "config/load.h"
#include "config/sha256.h"
#include "config/writer.h"
#include "files/input_file.h"
#include "files/json_file.h"
#include "text/characters.h"
#include "text/terminal.h"

namespace anda::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t shown_hash_digits = 8;

/// Text of the configuration without what changes no number; two runs are the same if their texts are equal.
std::string identity_of(RunConfig config) {
  config.clear_named_outputs();
  config.simulation.fold_layers = false;
  return to_yaml(config);
}

/// Whether results may go to a folder that the user did not name: it holds none, or results of the same configuration.
bool is_free_for(const std::string& folder, const std::string& identity) {
  const auto holds = [&folder](const char* name) {
    std::error_code error;
    return fs::exists(fs::path(folder) / name, error);
  };
  if (!holds("config.yaml")) return !holds("report.json") && !holds("ops.csv");
  try {
    return identity_of(load_run_config((fs::path(folder) / "config.yaml").string())) == identity;
  } catch (const Error&) {  // written by another version of the program, or not a configuration
    return false;
  }
}

}  // namespace

std::vector<NamedInput> inputs_of(const RunConfig& config, const std::vector<std::string>& config_files) {
  std::vector<NamedInput> inputs;
  for (const std::string& file : config_files) inputs.push_back({file, "a file of this run's configuration"});
  for (const auto& [path, what] : {NamedInput{config.workload.trace, "the trace of this run"},
                                   NamedInput{config.workload.config_json, "the model of this run"},
                                   NamedInput{config.functional.activations, "the data of this run"},
                                   NamedInput{config.functional.weights, "the data of this run"}}) {
    if (!path.empty()) inputs.push_back({path, what});
  }
  return inputs;
}

void require_files(const RunConfig& config) {
  for (const NamedInput& input : inputs_of(config, {})) {
    std::error_code error;
    const fs::file_status status = fs::status(input.path, error);
    if (input.path != standard_input && (fs::is_regular_file(status) || fs::is_directory(status))) continue;
    throw Error::input(input.path + ": is " + input.what + " and must be a file: several processes read it");
  }
}

std::string usual_results_folder(const std::string& config_path, const char* otherwise) {
  const std::string stem = fs::path(config_path).stem().string();
  return "results/" + (stem.empty() || config_path == standard_input ? otherwise : stem);
}

std::string usual_run_folder(const std::string& config_path) { return usual_results_folder(config_path, "run"); }

std::string results_folder(const std::string& usual, const char* result_file, const std::string& config_sha256) {
  const std::string held = usual + "/" + result_file;
  const auto holds_these = [&] {
    try {
      return JsonFile(held, JsonFile::report_bytes).text("config_sha256") == config_sha256;
    } catch (const Error&) {  // written by another program, or truncated
      return false;
    }
  };
  std::error_code error;
  if (!fs::exists(held, error) || holds_these()) return usual;
  std::string other = usual + "-" + config_sha256.substr(0, shown_hash_digits);
  std::cerr << note_text(
      for_terminal(
          fmt::format("{} holds the results of another configuration; those of this one go to {}", usual, other)),
      std::cerr);
  return other;
}

std::unique_ptr<RunWriter> open_results(const std::string& named_folder, const std::string& config_path,
                                        const RunConfig& config, const RunInfo& info,
                                        const std::vector<std::string>& config_files) {
  const std::string identity = identity_of(config);
  const auto choose = [&] {
    if (!named_folder.empty()) return named_folder;
    std::string usual = usual_run_folder(config_path);
    if (is_free_for(usual, identity)) return usual;
    return usual + "-" + sha256_hex(identity).substr(0, shown_hash_digits);
  };
  for (;;) {
    const std::string folder = choose();
    std::vector<NamedInput> inputs = inputs_of(config, config_files);
    // Rewriting a configuration byte for byte loses nothing.
    const std::string own = folder + "/config.yaml";
    if (holds_exactly(own, info.config_yaml)) {
      const auto is_own = [&own](const NamedInput& input) { return is_same_file(input.path, own); };
      inputs.erase(std::remove_if(inputs.begin(), inputs.end(), is_own), inputs.end());
    }
    auto writer = std::make_unique<RunWriter>(folder, config.systems.size(), info, std::move(inputs));
    // Another run may have used the folder before this one locked it.
    if (choose() == folder) return writer;
  }
}

}  // namespace anda::sim
