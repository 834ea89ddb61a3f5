// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_ATOMIC_FILE_H
#define ANDA_SIM_FILES_ATOMIC_FILE_H

#include <memory>
#include <ostream>
#include <string>

namespace anda::sim {

/// An output file that is there in full or not at all: written under another name in the same folder,
/// and put in its place by commit(). Without commit() an older file of that name stays as it was.
///
/// The file of a process that was killed is removed by the next one that writes into its folder.
///
/// A symbolic link is followed, the permissions of an older file are kept. What is no regular file
/// (/dev/stdout, a pipe) can't be replaced and is written directly.
///
/// Throws anda::Error (run) with the path and the operating system's words. stream() throws it too: its
/// badbit is armed, so that a full disk ends the writing at once.
class AtomicFile {
 public:
  enum class Leftovers { remove, keep };

  /// `leftovers`: of killed processes in the folder; keep where the caller has removed them.
  explicit AtomicFile(const std::string& path, Leftovers leftovers = Leftovers::remove);
  /// For a file of another writer, which has written it as `written` on the same file system.
  AtomicFile(const std::string& path, std::string written);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  /// Removes what was written, unless committed.
  ~AtomicFile();

  std::ostream& stream() { return stream_; }

  /// Once, as the last call: everything on the disk, then under its name.
  void commit();

  const std::string& path() const { return path_; }

  // The steps of commit(), for those who put several files in their places together (FileSet).

  /// Everything on the disk, all errors of writing told.
  void finish();
  /// Takes the older file away; take_back() or the destructor puts it where it was, drop_older() removes it.
  void set_older_aside();
  void put_in_place();
  void take_back();
  void drop_older();

 private:
  class Buffer;

  /// Looks at what is there already; whether the output can be a file that takes its place.
  bool look_at_older(unsigned& mode, bool& exists);
  void open_temporary(const std::string& path, bool replaces, unsigned mode);

  std::string path_;            ///< as given, for messages
  std::string target_;          ///< behind symbolic links
  std::string temporary_path_;  ///< empty: written directly, or in its place
  std::string older_path_;      ///< of the older file while it is set aside
  bool is_in_place_ = false;
  std::unique_ptr<Buffer> buffer_;
  std::ostream stream_;
};

}  // namespace anda::sim

#endif
