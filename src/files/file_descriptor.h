// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_FILE_DESCRIPTOR_H
#define ANDA_SIM_FILES_FILE_DESCRIPTOR_H

#include <unistd.h>

#include <utility>

namespace anda::sim {

/// Owns a file descriptor of the operating system; -1 for none.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    FileDescriptor old(std::exchange(fd_, other.release()));
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  /// Releases ownership without closing, for callers that must check the result of close().
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace anda::sim

#endif
