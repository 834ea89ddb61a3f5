// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_SAME_FILE_H
#define ANDA_SIM_FILES_SAME_FILE_H

#include <string>
#include <vector>

namespace anda::sim {

/// The file behind symbolic links; the path itself where there is none yet.
std::string resolved(const std::string& path);

/// Whether both are there and one file, by whatever name.
bool is_same_file(const std::string& a, const std::string& b);

/// Whether the file is there with this content.
bool holds_exactly(const std::string& path, const std::string& text);

/// What a command reads, for messages: path and what it is to the command ("the trace").
struct NamedInput {
  std::string path;
  std::string what;
};

/// Throws Error (input) if writing `output` would replace one of the inputs: the same file by whatever name, or a
/// tensor in a folder that is read.
void refuse_overwriting(const std::string& output, const std::vector<NamedInput>& inputs);

}  // namespace anda::sim

#endif
