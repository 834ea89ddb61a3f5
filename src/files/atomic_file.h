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
/// A symbolic link is followed, the permissions of an older file are kept. What is no regular file
/// (/dev/stdout, a pipe) can't be replaced and is written directly.
///
/// Throws anda::Error (run) with the path and the operating system's words. stream() throws it too: its
/// badbit is armed, so that a full disk ends the writing at once.
class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  /// Removes what was written, unless committed.
  ~AtomicFile();

  std::ostream& stream() { return stream_; }

  /// Once, as the last call: everything on the disk, then under its name.
  void commit();

 private:
  class Buffer;

  void open_temporary(const std::string& path, bool replaces, unsigned mode);

  std::string path_;            ///< as given, for messages
  std::string target_;          ///< behind symbolic links
  std::string temporary_path_;  ///< empty: written directly, or committed
  std::unique_ptr<Buffer> buffer_;
  std::ostream stream_;
};

}  // namespace anda::sim

#endif
