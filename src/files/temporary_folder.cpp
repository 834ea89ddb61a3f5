// SPDX-License-Identifier: Apache-2.0
#include "files/temporary_folder.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <anda/base/error.h>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "files/leftovers.h"

namespace anda::sim {

TemporaryFolder::TemporaryFolder() {
  std::error_code error;
  const std::string parent = std::filesystem::temp_directory_path(error).string();
  if (error) {
    const char* chosen = std::getenv("TMPDIR");
    throw Error::run(std::string("TMPDIR ") + (chosen == nullptr ? "" : chosen) +
                     ": cannot hold temporary files: " + error.message());
  }
  remove_leftovers(parent);
  std::string path;
  lock_ = make_temporary(parent, path, [](const std::string& candidate) {
    if (::mkdir(candidate.c_str(), 0700) != 0) return FileDescriptor();
    return FileDescriptor(::open(candidate.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  });
  if (lock_.get() < 0) {
    throw Error::run(parent + ": cannot create a folder: " + std::generic_category().message(errno));
  }
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace anda::sim
