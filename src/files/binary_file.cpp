// SPDX-License-Identifier: Apache-2.0
#include "files/binary_file.h"

#include <anda/base/error.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace anda::sim {

BinaryFile::BinaryFile(const std::string& path) : path_(path) {
  std::string real = path;
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (path == standard_input) {
    pipe_.emplace(path);
    path_ = pipe_->name();
    real = pipe_->is_kept() ? pipe_->path_of_kept() : "/dev/stdin";
  } else {
    if (error) throw Error::input(path + ": cannot open the file: " + error.message());
    if (std::filesystem::is_directory(status)) throw Error::input(path + ": is a folder, a file is needed");
    if (!std::filesystem::is_regular_file(status)) {
      throw Error::input(path + ": is a pipe or a device, a file is needed (- is the standard input)");
    }
  }
  bytes_ = std::filesystem::file_size(real, error);
  if (error) throw Error::input(path_ + ": cannot open the file: " + error.message());
  errno = 0;
  file_.open(real, std::ios::binary);
  if (!file_) throw read_error({path_, 0, 0}, "cannot open the file");
}

void BinaryFile::read(void* data, std::uint64_t bytes) {
  if (!file_.read(static_cast<char*>(data), static_cast<std::streamsize>(bytes))) {
    throw Error::input(path_ + ": ends too soon");
  }
}

}  // namespace anda::sim
