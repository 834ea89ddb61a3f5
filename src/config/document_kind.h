// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_DOCUMENT_KIND_H
#define ANDA_SIM_CONFIG_DOCUMENT_KIND_H

#include <string>
#include <vector>

#include "config/tree.h"

namespace anda::sim {

/// The kinds of YAML files that users pass to a command.
enum class DocumentKind { run, comparison, sweep, serve };

/// Throws Error (input) if a file, given as its layers, is not of the kind that a command reads; the message names the
/// command that reads it. A server also accepts the configuration of a run.
void refuse_other_kinds(const std::string& path, const std::vector<Tree>& layers, DocumentKind wanted);

}  // namespace anda::sim

#endif
