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

/// The output files of a run. They appear under their names together, once all of them are on the disk, or not at all;
/// then older ones stay as they were. The first that is added appears last and its older one goes first, so that where
/// it stands, even after a power failure, all others are of the same run.
class FileSet {
 public:
  /// `inputs`: what must not be overwritten.
  explicit FileSet(std::vector<NamedInput> inputs = {}) : inputs_(std::move(inputs)) {}
  FileSet(const FileSet&) = delete;
  FileSet& operator=(const FileSet&) = delete;
  /// Removes what was written, unless published.
  ~FileSet();

  /// A file to write; stays where it is. Error (run) as of AtomicFile, Error (input) if it is an input, or a file of
  /// this set already.
  AtomicFile& add(const std::string& path);

  /// Makes a folder for files of the set where there is none.
  void make_folder(const std::string& path);

  /// For a writer that opens its files by itself: the path to give it instead of `path`, in a folder of its own. All
  /// files that it makes there belong to the set.
  std::string stage(const std::string& path);
  /// A message without such folders: as if the files were in their places.
  std::string with_final_paths(std::string text) const;

  /// Once, as the last call.
  void publish();

 private:
  struct Stage {
    std::string folder;  ///< of the files in the end
    std::string path;
    FileDescriptor lock;
  };

  void check(const std::string& path);
  AtomicFile::Leftovers leftovers_in(const std::string& folder);
  void take_staged();

  std::vector<NamedInput> inputs_;
  std::deque<AtomicFile> files_;
  std::set<std::string> targets_;
  std::set<std::string> folders_;  ///< without leftovers
  std::deque<Stage> stages_;
  std::vector<std::string> made_;  ///< folders, outermost first
};

}  // namespace anda::sim

#endif
