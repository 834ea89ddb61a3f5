// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_WRITER_H
#define ANDA_SIM_CONFIG_WRITER_H

#include <string>

#include "config/run_config.h"
#include "config/serve_config.h"

namespace anda::sim {

/// Writes the configuration as a file that load_run_config() reads back unchanged: every key in the order of the
/// structs, the technology written out, absolute paths. The same configuration gives the same bytes.
std::string to_yaml(const RunConfig& config);
std::string to_yaml(const ServeConfig& config);

/// A format as a section of such a file.
std::string to_yaml(const FormatDescription& format);

/// SHA-256 of to_yaml() with paths reduced to file names, so that it does not depend on a project's location.
std::string config_hash(const RunConfig& config);
std::string config_hash(const ServeConfig& config);

/// SHA-256 of a technology's values.
std::string technology_hash(const anda::Technology& technology);

}  // namespace anda::sim

#endif
