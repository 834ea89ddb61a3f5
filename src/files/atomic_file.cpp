// SPDX-License-Identifier: Apache-2.0
#include "files/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <anda/base/error.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <streambuf>
#include <system_error>
#include <vector>

#include "files/file_descriptor.h"

namespace anda::sim {
namespace {

constexpr std::size_t buffer_bytes = 1u << 16;
constexpr int name_attempts = 1000;

/// "out.csv: cannot write: No space left on device", from errno.
Error os_error(const std::string& path, const std::string& what) {
  const int code = errno;
  return Error::run(path + ": " + what + ": " + std::generic_category().message(code));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// The file behind symbolic links; the path itself where there is none yet.
std::string resolved(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string text(real);
  std::free(real);
  return text;
}

}  // namespace

/// Hands what the stream prints to the file; a failed write throws, at once and at every later call.
class AtomicFile::Buffer : public std::streambuf {
 public:
  Buffer(FileDescriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)), bytes_(buffer_bytes) {
    setp(bytes_.data(), bytes_.data() + bytes_.size());
  }

  void flush_all() {
    write_out(pbase(), static_cast<std::size_t>(pptr() - pbase()));
    setp(bytes_.data(), bytes_.data() + bytes_.size());
  }
  int descriptor() const { return file_.get(); }
  void close() {
    // Network file systems report a full disk only here.
    if (::close(file_.release()) != 0) throw os_error(path_, "cannot close the file");
  }

 protected:
  int_type overflow(int_type c) override {
    flush_all();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    const std::size_t bytes = static_cast<std::size_t>(size);
    if (bytes > static_cast<std::size_t>(epptr() - pptr())) flush_all();
    if (bytes >= buffer_bytes) {
      write_out(data, bytes);
    } else {
      std::memcpy(pptr(), data, bytes);
      pbump(static_cast<int>(bytes));
    }
    return size;
  }
  int sync() override {
    flush_all();
    return 0;
  }

 private:
  void write_out(const char* data, std::size_t size) {
    if (failed_ != 0) {
      errno = failed_;
      throw os_error(path_, "cannot write");
    }
    while (size > 0) {
      const ssize_t written = ::write(file_.get(), data, size);
      if (written < 0) {
        if (errno == EINTR) continue;
        failed_ = errno;
        throw os_error(path_, "cannot write");
      }
      data += written;
      size -= static_cast<std::size_t>(written);
    }
  }

  FileDescriptor file_;
  std::string path_;
  std::vector<char> bytes_;
  int failed_ = 0;  ///< errno of the first failed write: what follows would leave a hole
};

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(path), stream_(nullptr) {
  if (path.empty()) throw Error::run("cannot write: the path is empty");
  struct stat old {};
  const bool exists = ::stat(path.c_str(), &old) == 0;
  if (!exists && errno != ENOENT) throw os_error(path, "cannot write");
  if (exists && S_ISDIR(old.st_mode)) throw Error::run(path + ": cannot write: it is a folder");
  if (exists && !S_ISREG(old.st_mode)) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) throw os_error(path, "cannot open for writing");
    buffer_ = std::make_unique<Buffer>(std::move(file), path);
  } else {
    // rename() would replace a write-protected file without a word.
    if (exists && ::access(path.c_str(), W_OK) != 0) throw os_error(path, "cannot write");
    target_ = resolved(path);
    open_temporary(target_, exists, old.st_mode & 07777u);
  }
  stream_.rdbuf(buffer_.get());
  stream_.exceptions(std::ios::badbit);
}

void AtomicFile::open_temporary(const std::string& path, bool replaces, unsigned mode) {
  const std::string prefix = folder_of(path) + "/.anda-sim-" + std::to_string(::getpid()) + "-";
  for (int attempt = 0; attempt < name_attempts; ++attempt) {
    std::string name = prefix + std::to_string(attempt) + ".tmp";
    FileDescriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.get() < 0) {
      if (errno == EEXIST) continue;
      throw os_error(path_, "cannot create a file in " + folder_of(path));
    }
    // Best effort: who may write the file need not own it.
    if (replaces) static_cast<void>(::fchmod(file.get(), mode) == 0);
    temporary_path_ = std::move(name);
    buffer_ = std::make_unique<Buffer>(std::move(file), path_);
    return;
  }
  throw Error::run(path_ + ": cannot write: too many files " + prefix + "*.tmp, left by ended runs; remove them");
}

AtomicFile::~AtomicFile() {
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

void AtomicFile::commit() {
  if (buffer_ == nullptr) throw std::logic_error("AtomicFile::commit() called twice");
  buffer_->flush_all();
  if (!temporary_path_.empty() && ::fsync(buffer_->descriptor()) != 0)
    throw os_error(path_, "cannot write to the disk");
  buffer_->close();
  stream_.exceptions(std::ios::goodbit);
  stream_.rdbuf(nullptr);
  buffer_.reset();
  if (temporary_path_.empty()) return;

  if (::rename(temporary_path_.c_str(), target_.c_str()) != 0)
    throw os_error(path_, "cannot rename " + temporary_path_);
  temporary_path_.clear();
  // The new name must survive a power failure as well; not every file system can, and the data is safe.
  const FileDescriptor folder(::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) static_cast<void>(::fsync(folder.get()) == 0);
}

}  // namespace anda::sim
