// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_SAME_FILE_H
#define ANDA_SIM_FILES_SAME_FILE_H

#include <string>
#include <vector>

namespace anda::sim {

/// The path with symbolic links resolved; the path itself if the file does not exist yet.
std::string resolved(const std::string& path);

/// Whether both exist and are the same file, under whatever names.
bool is_same_file(const std::string& a, const std::string& b);

/// Whether the file exists with exactly this content.
bool holds_exactly(const std::string& path, const std::string& text);

/// A file that a command reads, for messages: its path and its role ("the trace").
struct NamedInput {
  std::string path;
  std::string what;
};

/// Throws Error (input) if writing `output` would replace one of the inputs: the same file under any name, or a tensor
/// in an input folder.
void refuse_overwriting(const std::string& output, const std::vector<NamedInput>& inputs);

}  // namespace anda::sim

#endif
