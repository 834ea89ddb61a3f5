// SPDX-License-Identifier: Apache-2.0
#include "files/binary_file.h"

#include <anda/base/error.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace anda::sim {

BinaryFile::BinaryFile(const std::string& path) : path_(path) {
  const auto refuse = [&path](const std::string& why) { throw Error::input(path + ": " + why); };
  const auto cannot_open = [&refuse](const std::error_code& why) { refuse("cannot open the file: " + why.message()); };
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (error) cannot_open(error);
  if (std::filesystem::is_directory(status)) refuse("is a folder, a file is needed");
  if (!std::filesystem::is_regular_file(status)) refuse("is a pipe or a device, a file is needed");
  bytes_ = std::filesystem::file_size(path, error);
  if (error) cannot_open(error);
  file_.open(path, std::ios::binary);
  if (!file_) cannot_open({errno, std::generic_category()});
}

void BinaryFile::read(void* data, std::uint64_t bytes) {
  if (!file_.read(static_cast<char*>(data), static_cast<std::streamsize>(bytes))) {
    throw Error::input(path_ + ": ends too soon");
  }
}

}  // namespace anda::sim
