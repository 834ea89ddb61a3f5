// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_RUN_FILES_H
#define ANDA_SIM_CLI_RUN_FILES_H

#include <memory>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "files/same_file.h"
#include "report/run_writer.h"

namespace anda::sim {

/// Input files of a run: those of its configuration, its workload and its data.
std::vector<NamedInput> inputs_of(const RunConfig& config, const std::vector<std::string>& config_files);

/// Throws Error (input) if a run reads a pipe or the standard input; for commands whose runs use several processes.
void require_files(const RunConfig& config);

/// The default results folder: results/ and the name of the configuration file, or `otherwise` if that file has no
/// name.
std::string usual_results_folder(const std::string& config_path, const char* otherwise);
std::string usual_run_folder(const std::string& config_path);

/// The default folder, unless its `result_file` holds results with another config_sha256: then part of the hash is
/// appended to the name, and standard error reports this.
std::string results_folder(const std::string& usual, const char* result_file, const std::string& config_sha256);

/// Opens the writer of a run's results. Without `named_folder`, they go to the default folder; if that holds results of
/// another configuration, those are kept, and part of the configuration's hash is appended to the name.
std::unique_ptr<RunWriter> open_results(const std::string& named_folder, const std::string& config_path,
                                        const RunConfig& config, const RunInfo& info,
                                        const std::vector<std::string>& config_files);

}  // namespace anda::sim

#endif
