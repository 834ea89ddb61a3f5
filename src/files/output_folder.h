// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_OUTPUT_FOLDER_H
#define ANDA_SIM_FILES_OUTPUT_FOLDER_H

#include <optional>
#include <string>
#include <vector>

#include "files/folder_lock.h"

namespace anda::sim {

/// The results folder of a command, created before the work so that problems show at once. Without keep(), the folders
/// it created are removed again unless they are no longer empty. While the object exists, no other process writes
/// results there.
class OutputFolder {
 public:
  /// Throws Error (run) with the path and the operating system's message.
  explicit OutputFolder(std::string path);
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;
  ~OutputFolder();

  const std::string& path() const { return path_; }
  std::string file(const char* name) const { return path_ + "/" + name; }

  void keep() { made_.clear(); }

 private:
  void make();
  void remove_made();

  std::string path_;
  std::vector<std::string> made_;  ///< outermost first
  std::optional<FolderLock> lock_;
};

}  // namespace anda::sim

#endif
