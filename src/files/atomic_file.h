// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_ATOMIC_FILE_H
#define ANDA_SIM_FILES_ATOMIC_FILE_H

#include <memory>
#include <ostream>
#include <string>

namespace anda::sim {

/// An output file that appears complete or not at all: it is written under another name in the same folder, and
/// commit() moves it into place. Without commit(), an older file of that name stays unchanged.
///
/// The temporary file of a killed process is removed by the next process that writes into its folder.
///
/// Symbolic links are followed, and the permissions of an older file are kept. Anything that is not a regular file
/// (/dev/stdout, a pipe) can't be replaced and is written directly.
///
/// Throws anda::Error (run) with the path and the operating system's message. So does stream(): exceptions are enabled
/// for its badbit, so that a full disk ends the writing at once.
class AtomicFile {
 public:
  enum class Leftovers { remove, keep };

  /// `leftovers`: whether to remove those of killed processes in the folder; keep if the caller has removed them.
  explicit AtomicFile(const std::string& path, Leftovers leftovers = Leftovers::remove);
  /// For a file that another writer has written as `written` on the same file system.
  AtomicFile(const std::string& path, std::string written);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  /// Removes the temporary file unless it was committed.
  ~AtomicFile();

  std::ostream& stream() { return stream_; }

  /// Flushes everything to disk and moves the file into place. Call once, as the last call.
  void commit();

  const std::string& path() const { return path_; }

  // The steps of commit(), for callers that put several files in place together (FileSet).

  /// Flushes everything to disk and reports all write errors.
  void finish();
  /// Moves the older file aside; take_back() or the destructor restores it, drop_older() removes it.
  void set_older_aside();
  void put_in_place();
  void take_back();
  void drop_older();

 private:
  class Buffer;

  /// Examines an existing file; returns whether the output can be a new file that replaces it.
  bool look_at_older(unsigned& mode, bool& exists);
  void open_temporary(const std::string& path, bool replaces, unsigned mode);

  std::string path_;            ///< as given, for messages
  std::string target_;          ///< after following symbolic links
  std::string temporary_path_;  ///< empty: written directly, or already in place
  std::string older_path_;      ///< path of the older file while it is set aside
  bool is_in_place_ = false;
  std::unique_ptr<Buffer> buffer_;
  std::ostream stream_;
};

}  // namespace anda::sim

#endif
