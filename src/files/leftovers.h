// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_LEFTOVERS_H
#define ANDA_SIM_FILES_LEFTOVERS_H

#include <functional>
#include <string>

#include "files/file_descriptor.h"

namespace anda::sim {

// Unfinished output is called .anda-sim-PROCESS-NUMBER.tmp and stands where the output will.

/// Makes a new file or folder of such a name in `folder` by `make`, which returns an open descriptor or one below 0
/// with errno. `path` gets its path. The descriptor is locked, which tells others that its owner lives.
FileDescriptor make_temporary(const std::string& folder, std::string& path,
                              const std::function<FileDescriptor(const std::string&)>& make);

/// Removes what processes that are gone have left in a folder.
void remove_leftovers(const std::string& folder);

/// The folder of a path: "." for a bare name.
std::string folder_of(const std::string& path);

}  // namespace anda::sim

#endif
