// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_DOCUMENT_KIND_H
#define ANDA_SIM_CONFIG_DOCUMENT_KIND_H

#include <string>
#include <vector>

#include "config/tree.h"

namespace anda::sim {

/// The kinds of YAML files that people give to a command.
enum class DocumentKind { run, comparison, sweep, serve };

/// Throws Error (input) if a file, as its layers, is of another kind than a command reads: it names the command that
/// does. What a run reads, a server reads as well.
void refuse_other_kinds(const std::string& path, const std::vector<Tree>& layers, DocumentKind wanted);

}  // namespace anda::sim

#endif
