// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_OUTPUT_FOLDER_H
#define ANDA_SIM_FILES_OUTPUT_FOLDER_H

#include <optional>
#include <string>
#include <vector>

#include "files/folder_lock.h"

namespace anda::sim {

/// The folder of a command's results, made before the work so that what is wrong with it shows at once. Without keep()
/// the folders that it made are gone again, unless they hold something by then. As long as the object lives nobody else
/// writes results there.
class OutputFolder {
 public:
  /// Throws Error (run) with the path and the operating system's words.
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
