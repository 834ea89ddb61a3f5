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

/// What a run reads: the files of its configuration, its workload and its data.
std::vector<NamedInput> inputs_of(const RunConfig& config, const std::vector<std::string>& config_files);

/// Throws Error (input) if a run reads a pipe or the standard input, for commands whose runs are several processes.
void require_files(const RunConfig& config);

/// The folder of results where the user names none: results/ and the name of the configuration's file, or `otherwise`
/// where that has none.
std::string usual_results_folder(const std::string& config_path, const char* otherwise);
std::string usual_run_folder(const std::string& config_path);

/// The usual folder, unless its `result_file` holds results of something else than what has this config_sha256: then
/// the name gets a part of the hash, which is told on standard error.
std::string results_folder(const std::string& usual, const char* result_file, const std::string& config_sha256);

/// The writer of a run's results. Without the name of a folder they go to the usual one; if that holds results of
/// another configuration, those stay as they are, and the name gets a part of the configuration's hash.
std::unique_ptr<RunWriter> open_results(const std::string& named_folder, const std::string& config_path,
                                        const RunConfig& config, const RunInfo& info,
                                        const std::vector<std::string>& config_files);

}  // namespace anda::sim

#endif
