// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_FILE_SET_H
#define ANDA_SIM_FILES_FILE_SET_H

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "files/atomic_file.h"
#include "files/file_descriptor.h"
#include "files/same_file.h"

namespace anda::sim {

/// The output files of a run. They appear under their names together once all of them are on disk; otherwise, none
/// appears and older files stay unchanged. The file added first appears last, and its older version is removed first.
/// So if it exists, even after a power failure, all other files belong to the same run.
class FileSet {
 public:
  /// `inputs`: files that must not be overwritten.
  explicit FileSet(std::vector<NamedInput> inputs = {}) : inputs_(std::move(inputs)) {}
  FileSet(const FileSet&) = delete;
  FileSet& operator=(const FileSet&) = delete;
  /// Removes the files unless they were published.
  ~FileSet();

  /// Adds a file to write; the reference stays valid. Throws Error (run) like AtomicFile, and Error (input) if the file
  /// is an input or already in this set.
  AtomicFile& add(const std::string& path);

  /// Creates a folder for files of the set if it does not exist.
  void make_folder(const std::string& path);

  /// For a writer that opens its files itself: returns the path to give it instead of `path`, in a temporary folder.
  /// All files that it creates in that folder belong to the set.
  std::string stage(const std::string& path);
  /// Replaces the temporary folders in a message by the final ones.
  std::string with_final_paths(std::string text) const;

  /// Puts all files in place. Call once, as the last call.
  void publish();

 private:
  struct Stage {
    std::string folder;  ///< final folder of the files
    std::string path;
    FileDescriptor lock;
  };

  void check(const std::string& path);
  AtomicFile::Leftovers leftovers_in(const std::string& folder);
  void take_staged();

  std::vector<NamedInput> inputs_;
  std::deque<AtomicFile> files_;
  std::set<std::string> targets_;
  std::set<std::string> folders_;  ///< already cleared of leftovers
  std::deque<Stage> stages_;
  std::vector<std::string> made_;  ///< folders created, outermost first
};

}  // namespace anda::sim

#endif
