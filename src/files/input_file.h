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

/// The path that stands for standard input wherever a file is read.
inline constexpr const char* standard_input = "-";

/// The error for `what` could not be done with an input file, from errno: (run) if the process or the machine has
/// reached its limit of open files, which is not the file's fault, otherwise (input).
Error read_error(const Place& place, const std::string& what);

/// A file to read. Any failure of the operating system is an anda::Error with path and reason.
///
/// A pipe, a terminal or a socket delivers its bytes only once: they are kept in a temporary file, so that this process
/// can open it again. Waiting for input ends with Error (run) if the user interrupts.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  /// Takes over an open file; `name` is for messages.
  InputFile(FileDescriptor file, std::string name);

  const std::string& name() const { return name_; }

  /// Reads up to `size` bytes; returns 0 only at the end. `line` is the reader's current line, for messages.
  std::size_t read(char* data, std::size_t size, int line = 0);

  /// Whether the bytes are kept in a temporary file.
  bool is_kept() const { return kept_ != nullptr; }
  /// For a kept file: reads it to its end and returns a path to all its bytes, valid during the lifetime of this
  /// object.
  std::string path_of_kept();

 private:
  class Kept;

  std::size_t read_from(int file, char* data, std::size_t size, int line) const;
  std::size_t read_kept(char* data, std::size_t size, int line);
  void wait(int file) const;

  FileDescriptor file_;
  std::string name_;
  std::shared_ptr<Kept> kept_;
  std::uint64_t at_ = 0;  ///< position in the kept bytes
};

}  // namespace anda::sim

#endif
