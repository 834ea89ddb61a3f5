// SPDX-License-Identifier: Apache-2.0
#include "files/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <anda/base/error.h>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <streambuf>
#include <system_error>
#include <vector>

#include "files/file_descriptor.h"
#include "files/leftovers.h"
#include "files/same_file.h"

namespace anda::sim {
namespace {

constexpr std::size_t buffer_bytes = 1u << 16;

/// "out.csv: cannot write: No space left on device", from errno.
Error os_error(const std::string& path, const std::string& what) {
  const int code = errno;
  return Error::run(path + ": " + what + ": " + std::generic_category().message(code));
}

/// Makes the new name survive a power failure. Best effort: not every file system supports this, and the data itself is
/// safe.
void sync_folder(const std::string& path) {
  const FileDescriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) static_cast<void>(::fsync(folder.get()) == 0);
}

}  // namespace

/// Passes the stream's output to the file; a failed write throws, immediately and on every later call.
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
    // Network file systems may report a full disk only here.
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
  int failed_ = 0;  ///< errno of the first failed write; later writes would leave a hole
};

AtomicFile::AtomicFile(const std::string& path, Leftovers leftovers) : path_(path), target_(path), stream_(nullptr) {
  unsigned mode = 0;
  bool exists = false;
  if (look_at_older(mode, exists)) {
    if (leftovers == Leftovers::remove) remove_leftovers(folder_of(target_));
    open_temporary(target_, exists, mode);
  } else {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) throw os_error(path, "cannot open for writing");
    buffer_ = std::make_unique<Buffer>(std::move(file), path);
  }
  stream_.rdbuf(buffer_.get());
  stream_.exceptions(std::ios::badbit);
}

AtomicFile::AtomicFile(const std::string& path, std::string written) : path_(path), target_(path), stream_(nullptr) {
  unsigned mode = 0;
  bool exists = false;
  if (!look_at_older(mode, exists)) throw Error::run(path + ": cannot write: it is not a regular file");
  temporary_path_ = std::move(written);
  if (exists) static_cast<void>(::chmod(temporary_path_.c_str(), mode) == 0);
}

bool AtomicFile::look_at_older(unsigned& mode, bool& exists) {
  if (path_.empty()) throw Error::run("cannot write: the path is empty");
  struct stat old {};
  exists = ::stat(path_.c_str(), &old) == 0;
  if (!exists && errno != ENOENT) throw os_error(path_, "cannot write");
  if (exists && S_ISDIR(old.st_mode)) throw Error::run(path_ + ": cannot write: it is a folder");
  if (exists && !S_ISREG(old.st_mode)) return false;
  // rename() would silently replace a write-protected file.
  if (exists && ::access(path_.c_str(), W_OK) != 0) throw os_error(path_, "cannot write");
  target_ = resolved(path_);
  mode = old.st_mode & 07777u;
  return true;
}

void AtomicFile::open_temporary(const std::string& path, bool replaces, unsigned mode) {
  std::string name;
  FileDescriptor file = make_temporary(folder_of(path), name, [](const std::string& candidate) {
    return FileDescriptor(::open(candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  });
  if (file.get() < 0) throw os_error(path_, "cannot create a file in " + folder_of(path));
  // Best effort: a user who may write the file need not own it.
  if (replaces) static_cast<void>(::fchmod(file.get(), mode) == 0);
  temporary_path_ = std::move(name);
  buffer_ = std::make_unique<Buffer>(std::move(file), path_);
}

AtomicFile::~AtomicFile() {
  take_back();
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

void AtomicFile::commit() {
  if (buffer_ == nullptr) throw std::logic_error("AtomicFile::commit() called twice");
  finish();
  put_in_place();
  drop_older();
}

void AtomicFile::finish() {
  if (buffer_ == nullptr) {  // written by another writer, or already finished
    const FileDescriptor file(::open(temporary_path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!temporary_path_.empty() && (file.get() < 0 || ::fsync(file.get()) != 0))
      throw os_error(path_, "cannot write to the disk");
    return;
  }
  buffer_->flush_all();
  if (!temporary_path_.empty() && ::fsync(buffer_->descriptor()) != 0)
    throw os_error(path_, "cannot write to the disk");
  buffer_->close();
  stream_.exceptions(std::ios::goodbit);
  stream_.rdbuf(nullptr);
  buffer_.reset();
}

void AtomicFile::set_older_aside() {
  struct stat old {};
  if (temporary_path_.empty() || ::lstat(target_.c_str(), &old) != 0) return;
  if (!S_ISREG(old.st_mode)) throw Error::run(path_ + ": cannot write: it is no longer a regular file");
  std::string aside = temporary_path_;
  aside.replace(aside.rfind('.'), 1, "-older.");
  if (::rename(target_.c_str(), aside.c_str()) != 0) throw os_error(path_, "cannot rename the older file");
  older_path_ = std::move(aside);
}

void AtomicFile::put_in_place() {
  if (temporary_path_.empty()) return;
  if (::rename(temporary_path_.c_str(), target_.c_str()) != 0)
    throw os_error(path_, "cannot rename " + temporary_path_);
  temporary_path_.clear();
  is_in_place_ = true;
}

void AtomicFile::take_back() {
  if (older_path_.empty()) {
    // Without an older file, a file put in place is removed again; after drop_older() it stays.
    if (is_in_place_) ::unlink(target_.c_str());
  } else {
    static_cast<void>(::rename(older_path_.c_str(), target_.c_str()) == 0);
  }
  older_path_.clear();
  is_in_place_ = false;
}

void AtomicFile::drop_older() {
  if (!older_path_.empty()) ::unlink(older_path_.c_str());
  if (is_in_place_) sync_folder(target_);
  older_path_.clear();
  is_in_place_ = false;
}

}  // namespace anda::sim
