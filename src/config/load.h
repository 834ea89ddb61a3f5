// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_LOAD_H
#define ANDA_SIM_CONFIG_LOAD_H

#include <string>
#include <vector>

#include "config/run_config.h"

namespace anda::sim {

/// Reads a configuration file and applies `overrides` ("a.b=c", later ones win). Throws a single anda::Error (input)
/// with a line, "file:line:column: key: message", for every problem. `files` receives the files read: this one, its
/// base files and those of its sections.
RunConfig load_run_config(const std::string& path, const std::vector<std::string>& overrides = {},
                          std::vector<std::string>* files = nullptr);

/// The same for a text; `name` stands for its file in messages, and its paths are relative to that file's folder.
RunConfig parse_run_config(const std::string& text, const std::string& name,
                           const std::vector<std::string>& overrides = {});

/// The default configuration, with LLaMA-13B as workload.
RunConfig default_run_config(const std::vector<std::string>& overrides = {});

/// Every key of a file with its value, as YAML; of the defaults if there is no path. The result is a server's
/// configuration if the file has the section `serving` or `of_server` is set, else that of a run.
std::string effective_config(const std::string& path, const std::vector<std::string>& overrides, bool of_server);

}  // namespace anda::sim

#endif
