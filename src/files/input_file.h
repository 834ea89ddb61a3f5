// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_INPUT_FILE_H
#define ANDA_SIM_FILES_INPUT_FILE_H

#include <anda/base/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "files/file_descriptor.h"

namespace anda::sim {

/// The path that stands for the standard input wherever a file is read.
inline constexpr const char* standard_input = "-";

/// Error of `what` could not be done with a file to read, from errno: that the process or the machine has no room for
/// another open file is no fault of the file (run), all else is (input).
Error read_error(const Place& place, const std::string& what);

/// A file to read; whatever the operating system refuses is an anda::Error with its path and reason.
///
/// A pipe, a terminal or a socket gives its bytes once only: they are kept in a temporary file for who opens it again,
/// in this process. Waiting for it ends with Error (run) when the user interrupts.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  /// An open file, `name` for messages.
  InputFile(FileDescriptor file, std::string name);

  const std::string& name() const { return name_; }

  /// Up to `size` bytes, 0 only at the end. `line` is where the reader has come to, for the message.
  std::size_t read(char* data, std::size_t size, int line = 0);

  /// Whether the bytes of the file are kept.
  bool is_kept() const { return kept_ != nullptr; }
  /// Of a file that is kept: reads it to its end and returns a path of all its bytes, valid as long as this object.
  std::string path_of_kept();

 private:
  class Kept;

  std::size_t read_from(int file, char* data, std::size_t size, int line) const;
  std::size_t read_kept(char* data, std::size_t size, int line);
  void wait(int file) const;

  FileDescriptor file_;
  std::string name_;
  std::shared_ptr<Kept> kept_;
  std::uint64_t at_ = 0;  ///< of what is kept
};

}  // namespace anda::sim

#endif
