// SPDX-License-Identifier: Apache-2.0
#include "files/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <anda/base/error.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace anda::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* prefix = ".anda-sim-";
constexpr const char* ending = ".tmp";
constexpr int name_attempts = 1000;

/// The process named in a temporary's name; 0 if the name is not that of a temporary.
pid_t owner_of(const std::string& name) {
  const std::string start = prefix;
  const std::string end = ending;
  if (name.size() <= start.size() + end.size() || name.compare(0, start.size(), start) != 0 ||
      name.compare(name.size() - end.size(), end.size(), end) != 0) {
    return 0;
  }
  return static_cast<pid_t>(std::strtol(name.c_str() + start.size(), nullptr, 10));
}

/// Whether nobody uses it: its process is gone, and no process on another machine holds its lock.
bool is_abandoned(const fs::path& path, pid_t owner) {
  if (owner <= 0 || ::kill(owner, 0) == 0 || errno != ESRCH) return false;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  return file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

FileDescriptor make_temporary(const std::string& folder, std::string& path,
                              const std::function<FileDescriptor(const std::string&)>& make) {
  const std::string start = folder + "/" + prefix + std::to_string(::getpid()) + "-";
  for (int attempt = 0; attempt < name_attempts; ++attempt) {
    path = start + std::to_string(attempt) + ending;
    FileDescriptor file = make(path);
    if (file.get() >= 0) {
      // Without lock support, leftovers are kept.
      static_cast<void>(::flock(file.get(), LOCK_EX | LOCK_NB) == 0);
      return file;
    }
    if (errno != EEXIST) return file;
  }
  throw Error::run(folder + ": cannot write: too many files " + start + "*.tmp; remove them");
}

void remove_leftovers(const std::string& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (is_abandoned(entry->path(), owner_of(entry->path().filename().string()))) {
      fs::remove_all(entry->path(), ignored);
    }
  }
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace anda::sim
