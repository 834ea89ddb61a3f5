// SPDX-License-Identifier: Apache-2.0
#include "system/op_spool.h"

#include <anda/base/error.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "system/op_codec.h"

namespace anda::sim {
namespace {

constexpr std::size_t buffer_bytes = 1u << 16;

// Encoding of a record's kind: a new one, one that is not kept apart, or the known kind with this number minus
// first_kind.
constexpr std::uint64_t new_kind = 0;
constexpr std::uint64_t other_kind = 1;
constexpr std::uint64_t first_kind = 2;

}  // namespace

OpSpool::OpSpool(const std::string& folder) : folder_(folder) {
  std::string name = folder + "/.anda-sim-ops-XXXXXX";
  file_ = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (file_.get() < 0) fail("cannot create a temporary file");
  ::unlink(name.c_str());
}

void OpSpool::add(const OpRecord& record) {
  body_.clear();
  ByteWriter body(body_);
  body.put(record.index);
  body.put(record.gemm.name);
  body.put(std::uint64_t{record.gemm.layer});

  details_.clear();
  ByteWriter details(details_);
  put_details(details, record);
  const auto known = kinds_.find(details_);
  if (known != kinds_.end()) {
    body.put(first_kind + known->second);
  } else {
    const bool is_kept = kinds_.size() < most_kinds;
    if (is_kept) kinds_.emplace(details_, kinds_.size());
    body.put(is_kept ? new_kind : other_kind);
    body_ += details_;
  }
  ByteWriter(buffer_).put(body_);
  if (buffer_.size() >= buffer_bytes) write_out();
  ++records_;
}

std::uint64_t OpSpool::finish() {
  if (!is_written_) {
    write_out();
    kinds_.clear();
    is_written_ = true;
  }
  return records_;
}

void OpSpool::adopt(std::uint64_t records) {
  records_ = records;
  is_written_ = true;
}

void OpSpool::rewind() {
  finish();
  left_ = records_;
  buffer_.clear();
  used_ = 0;
  known_.clear();
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) fail("cannot read a temporary file");
}

bool OpSpool::next(OpRecord& record, std::size_t& kind) {
  if (left_ == 0) return false;
  --left_;
  make_available(1);
  std::size_t head = 1;  // bytes of the length prefix of a record
  while ((static_cast<unsigned char>(buffer_[used_ + head - 1]) & 0x80u) != 0) make_available(++head);
  const std::size_t size = ByteReader({buffer_.data() + used_, head}).get();
  make_available(head + size);
  ByteReader body({buffer_.data() + used_ + head, size});
  used_ += head + size;

  const std::uint64_t index = body.get();
  const std::string_view name = body.view();
  const auto layer = static_cast<std::uint32_t>(body.get());
  const std::uint64_t of = body.get();
  if (of >= first_kind) {
    kind = of - first_kind;
    record = known_.at(kind);
  } else {
    get_details(body, record);
    kind = of == new_kind ? known_.size() : no_kind;
    if (of == new_kind) known_.push_back(record);
  }
  record.index = index;
  record.gemm.name = name;
  record.gemm.layer = layer;
  return true;
}

void OpSpool::write_out() {
  std::size_t written = 0;
  while (written < buffer_.size()) {
    const ssize_t bytes = ::write(file_.get(), buffer_.data() + written, buffer_.size() - written);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) fail("cannot write a temporary file");
    written += static_cast<std::size_t>(bytes);
  }
  buffer_.clear();
}

/// Reads until `bytes` unconsumed bytes are available.
void OpSpool::make_available(std::size_t bytes) {
  if (buffer_.size() - used_ >= bytes) return;
  buffer_.erase(0, used_);
  used_ = 0;
  while (buffer_.size() < bytes) {
    const std::size_t before = buffer_.size();
    buffer_.resize(before + buffer_bytes);
    const ssize_t got = ::read(file_.get(), buffer_.data() + before, buffer_bytes);
    buffer_.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = EIO;  // the file is shorter than what was written
    if (got <= 0) fail("cannot read a temporary file");
  }
}

void OpSpool::fail(const std::string& what) const {
  throw Error::run(folder_ + ": " + what + ": " + std::generic_category().message(errno));
}

}  // namespace anda::sim
