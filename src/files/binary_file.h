// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_BINARY_FILE_H
#define ANDA_SIM_FILES_BINARY_FILE_H

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "files/input_file.h"

namespace anda::sim {

/// A file whose size is known before it is read; to this end, standard input is read to its end. Named pipes and
/// devices are refused, because they may block a reader or never end. Errors are anda::Error with the path.
class BinaryFile {
 public:
  explicit BinaryFile(const std::string& path);

  std::uint64_t bytes() const { return bytes_; }

  /// Sets the position of the next read.
  void seek(std::uint64_t byte) { file_.seekg(static_cast<std::streamoff>(byte)); }
  /// Reads `bytes` bytes. Also throws if the file ends earlier.
  void read(void* data, std::uint64_t bytes);

 private:
  std::string path_;
  std::uint64_t bytes_ = 0;
  std::optional<InputFile> pipe_;
  std::ifstream file_;
};

}  // namespace anda::sim

#endif
