// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_TEMPORARY_FOLDER_H
#define ANDA_SIM_FILES_TEMPORARY_FOLDER_H

#include <filesystem>

#include "files/file_descriptor.h"

namespace anda::sim {

/// A folder in TMPDIR that is gone with its owner; that of a process that was killed goes with the next one.
class TemporaryFolder {
 public:
  /// Throws Error (run) with the path and the operating system's words.
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  FileDescriptor lock_;
};

}  // namespace anda::sim

#endif
