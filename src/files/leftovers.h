// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_LEFTOVERS_H
#define ANDA_SIM_FILES_LEFTOVERS_H

#include <functional>
#include <string>

#include "files/file_descriptor.h"

namespace anda::sim {

// Unfinished output is named .anda-sim-PROCESS-NUMBER.tmp and lies in the folder of the final output.

/// Creates a file or folder with such a new name in `folder` by calling `make`, which returns an open descriptor, or
/// one below 0 and sets errno. `path` receives its path. The descriptor is locked, which tells other processes that its
/// owner is alive.
FileDescriptor make_temporary(const std::string& folder, std::string& path,
                              const std::function<FileDescriptor(const std::string&)>& make);

/// Removes what dead processes have left in a folder.
void remove_leftovers(const std::string& folder);

/// The folder of a path: "." for a bare name.
std::string folder_of(const std::string& path);

}  // namespace anda::sim

#endif
