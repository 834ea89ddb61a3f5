// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_INPUT_FILE_H
#define ANDA_SIM_FILES_INPUT_FILE_H

#include <cstddef>
#include <string>

#include "files/file_descriptor.h"

namespace anda::sim {

/// A file to read; whatever the operating system refuses is an anda::Error (input) with its path and reason.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  /// An open file, `name` for messages.
  InputFile(FileDescriptor file, std::string name);

  const std::string& name() const { return name_; }

  /// Up to `size` bytes, 0 only at the end. `line` is where the reader has come to, for the message.
  std::size_t read(char* data, std::size_t size, int line = 0);

 private:
  FileDescriptor file_;
  std::string name_;
};

}  // namespace anda::sim

#endif
