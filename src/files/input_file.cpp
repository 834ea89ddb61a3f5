// SPDX-License-Identifier: Apache-2.0
#include "files/input_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "files/interrupt.h"

namespace anda::sim {
namespace {

constexpr int milliseconds_between_looks = 100;
constexpr std::size_t part_bytes = 1u << 16;

/// A file without a name; in memory if there is no room for temporary files.
FileDescriptor nameless_file() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  FileDescriptor file;
  if (!error) file = FileDescriptor(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() < 0) file = FileDescriptor(::memfd_create("anda-sim input", MFD_CLOEXEC));
  return file;
}

bool is_read_once(const struct stat& status, int file) {
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || (S_ISCHR(status.st_mode) && ::isatty(file) != 0);
}

FileDescriptor open_to_read(const std::string& path) {
  struct stat status {};
  if (path == standard_input) {
    // Gives every opener its own file position.
    if (::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode)) {
      return FileDescriptor(::open("/dev/stdin", O_RDONLY | O_CLOEXEC));
    }
    return FileDescriptor(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  }
  // Opening a pipe would wait for its writer and ignore interrupts.
  const bool is_pipe = ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
  return FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | (is_pipe ? O_NONBLOCK : 0)));
}

}  // namespace

Error read_error(const Place& place, const std::string& what) {
  const int code = errno;
  const std::string text = what + ": " + std::generic_category().message(code);
  if (code == EMFILE || code == ENFILE || code == ENOMEM) return Error::run(to_string(place) + ": " + text);
  return Error::input(place, text);
}

/// Input that can be read only once: its source, and a copy of the bytes read so far.
class InputFile::Kept {
 public:
  /// The input that another reader of an open file has begun; nullptr if none has.
  static std::shared_ptr<Kept> find(const struct stat& status) {
    const auto found = all().find({status.st_dev, status.st_ino});
    return found == all().end() ? nullptr : found->second;
  }
  static std::shared_ptr<Kept> begin(const struct stat& status, FileDescriptor source) {
    auto kept = std::make_shared<Kept>();
    kept->source = std::move(source);
    kept->copy = nameless_file();
    return all()[{status.st_dev, status.st_ino}] = kept;
  }

  FileDescriptor source;
  FileDescriptor copy;
  std::uint64_t bytes = 0;
  bool is_whole = false;

 private:
  using Files = std::map<std::pair<dev_t, ino_t>, std::shared_ptr<Kept>>;
  static Files& all() {
    static Files files;
    return files;
  }
};

InputFile::InputFile(const std::string& path)
    : name_(path.empty()             ? "\"\""
            : path == standard_input ? "standard input"
                                     : path) {
  struct stat status {};
  const bool is_found =
      path == standard_input ? ::fstat(STDIN_FILENO, &status) == 0 : ::stat(path.c_str(), &status) == 0;
  if (is_found) kept_ = Kept::find(status);
  if (kept_ != nullptr) return;
  *this = InputFile(open_to_read(path), name_);
}

InputFile::InputFile(FileDescriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {
  const Place place{name_, 0, 0};
  if (file_.get() < 0) throw read_error(place, "cannot open the file");
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return;
  if (S_ISDIR(status.st_mode)) throw Error::input(place, "is a folder, a file is needed");
  if (!is_read_once(status, file_.get())) return;
  kept_ = Kept::begin(status, std::move(file_));
  if (kept_->copy.get() < 0) throw read_error(place, "cannot store the input");
}

void InputFile::wait(int file) const {
  pollfd wanted{file, POLLIN, 0};
  for (;;) {
    const int ready = ::poll(&wanted, 1, milliseconds_between_looks);
    if (interrupted()) throw Error::run("interrupted");
    if (ready != 0 && !(ready < 0 && errno == EINTR)) return;
  }
}

std::size_t InputFile::read_from(int file, char* data, std::size_t size, int line) const {
  for (;;) {
    if (kept_ != nullptr) wait(file);
    const ssize_t bytes = ::read(file, data, size);
    if (bytes >= 0) return static_cast<std::size_t>(bytes);
    if (errno != EINTR && errno != EAGAIN) throw read_error({name_, line, 0}, "cannot read further");
  }
}

std::size_t InputFile::read_kept(char* data, std::size_t size, int line) {
  if (at_ == kept_->bytes && !kept_->is_whole) {
    const std::size_t bytes = read_from(kept_->source.get(), data, size, line);
    kept_->is_whole = bytes == 0;
    for (std::size_t done = 0; done < bytes;) {
      const ssize_t written = ::write(kept_->copy.get(), data + done, bytes - done);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        throw Error::run(name_ + ": cannot store the input: " + std::generic_category().message(errno));
      }
      done += static_cast<std::size_t>(written);
    }
    kept_->bytes += bytes;
    at_ += bytes;
    return bytes;
  }
  const ssize_t bytes = ::pread(kept_->copy.get(), data, size, static_cast<off_t>(at_));
  if (bytes < 0) throw read_error({name_, line, 0}, "cannot read further");
  at_ += static_cast<std::uint64_t>(bytes);
  return static_cast<std::size_t>(bytes);
}

std::size_t InputFile::read(char* data, std::size_t size, int line) {
  return kept_ != nullptr ? read_kept(data, size, line) : read_from(file_.get(), data, size, line);
}

std::string InputFile::path_of_kept() {
  std::vector<char> part(part_bytes);
  at_ = kept_->bytes;
  while (!kept_->is_whole) read(part.data(), part.size());
  return "/proc/self/fd/" + std::to_string(kept_->copy.get());
}

}  // namespace anda::sim
