// SPDX-License-Identifier: Apache-2.0
#include "files/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <anda/base/error.h>
#include <cerrno>
#include <system_error>

namespace anda::sim {
namespace {

Error os_error(const Place& place, const std::string& what) {
  const int code = errno;
  return Error::input(place, what + ": " + std::generic_category().message(code));
}

}  // namespace

InputFile::InputFile(const std::string& path)
    : InputFile(FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), path) {}

InputFile::InputFile(FileDescriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {
  const Place place{name_.empty() ? "\"\"" : name_, 0, 0};
  if (file_.get() < 0) throw os_error(place, "cannot open the file");
  struct stat status {};
  if (::fstat(file_.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
    throw Error::input(place, "is a folder, a file is needed");
  }
}

std::size_t InputFile::read(char* data, std::size_t size, int line) {
  for (;;) {
    const ssize_t bytes = ::read(file_.get(), data, size);
    if (bytes >= 0) return static_cast<std::size_t>(bytes);
    if (errno != EINTR) throw os_error({name_, line, 0}, "cannot read on");
  }
}

}  // namespace anda::sim
