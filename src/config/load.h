// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_LOAD_H
#define ANDA_SIM_CONFIG_LOAD_H

#include <string>
#include <vector>

#include "config/run_config.h"

namespace anda::sim {

/// Reads a configuration file and puts `overrides` ("a.b=c", later ones win) on top. Throws one anda::Error (input)
/// with a line, "file:line:column: key: message", for everything that is wrong. `files` gets what was read: the file,
/// those that it is based on and those of its sections.
RunConfig load_run_config(const std::string& path, const std::vector<std::string>& overrides = {},
                          std::vector<std::string>* files = nullptr);

/// The same for a text; `name` stands for its file in messages, and paths in it are relative to that file's folder.
RunConfig parse_run_config(const std::string& text, const std::string& name,
                           const std::vector<std::string>& overrides = {});

/// The defaults, with LLaMA-13B as workload.
RunConfig default_run_config(const std::vector<std::string>& overrides = {});

/// Every key of a file with its value, as YAML: that of a server if it has the section `serving` or `of_server` says
/// so, else that of a run. Without a path, of the defaults.
std::string effective_config(const std::string& path, const std::vector<std::string>& overrides, bool of_server);

}  // namespace anda::sim

#endif
