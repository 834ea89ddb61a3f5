// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_FOLDER_LOCK_H
#define ANDA_SIM_FILES_FOLDER_LOCK_H

#include <string>

#include "files/file_descriptor.h"

namespace anda::sim {

/// Locks a results folder against other runs, comparisons, searches and sweeps. It is an operating-system lock on the
/// folder's file .lock, so it ends with the process, however that ends; scripts/anda_sim/common/files.py does the same.
class FolderLock {
 public:
  /// Throws Error (run) that names the owner if the folder is in use.
  explicit FolderLock(const std::string& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  /// Also removes the file.
  ~FolderLock();

 private:
  bool take();

  std::string path_;
  FileDescriptor file_;
};

}  // namespace anda::sim

#endif
