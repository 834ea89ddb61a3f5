// SPDX-License-Identifier: Apache-2.0
#include "files/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <anda/base/error.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace anda::sim {
namespace {

/// A process that was just killed may hold its lock a moment longer.
constexpr std::chrono::milliseconds patience{1000};
constexpr std::chrono::milliseconds time_between_tries{20};

Error os_error(const std::string& path, const char* what) {
  return Error::run(path + ": " + what + ": " + std::generic_category().message(errno));
}

std::string owner_in(int file) {
  std::array<char, 256> text{};
  const ssize_t bytes = ::pread(file, text.data(), text.size(), 0);
  return bytes > 0 ? std::string(text.data(), static_cast<std::size_t>(bytes)) : "another process";
}

}  // namespace

FolderLock::FolderLock(const std::string& folder) : path_(folder + "/.lock") {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!take()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw Error::run(folder + " is in use by " + owner_in(file_.get()) +
                       "; wait for it to end, or choose another folder with --out");
    }
    std::this_thread::sleep_for(time_between_tries);
  }
  std::array<char, 256> host{};
  static_cast<void>(::gethostname(host.data(), host.size() - 1) == 0);
  const std::string owner = "process " + std::to_string(::getpid()) + " on " + host.data();
  // Only for messages to other processes: on a full disk, the lock holds without it.
  static_cast<void>(::ftruncate(file_.get(), 0) == 0 && ::write(file_.get(), owner.data(), owner.size()) > 0);
}

bool FolderLock::take() {
  file_ = FileDescriptor(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file_.get() < 0) throw os_error(path_, "cannot lock the folder");
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK || errno == EINTR) return false;
    throw os_error(path_, "cannot lock the folder");
  }
  // The previous owner may have removed the file between open() and flock(); the lock is then worthless.
  struct stat mine {};
  struct stat named {};
  return ::fstat(file_.get(), &mine) == 0 && ::stat(path_.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

FolderLock::~FolderLock() { ::unlink(path_.c_str()); }

}  // namespace anda::sim
