// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_TEMPORARY_FOLDER_H
#define ANDA_SIM_FILES_TEMPORARY_FOLDER_H

#include <filesystem>

#include "files/file_descriptor.h"

namespace anda::sim {

/// A folder in TMPDIR that is removed with its owner; that of a killed process is removed by the next owner.
class TemporaryFolder {
 public:
  /// Throws Error (run) with the path and the operating system's message.
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
