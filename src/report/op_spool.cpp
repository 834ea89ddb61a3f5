// SPDX-License-Identifier: Apache-2.0
#include "report/op_spool.h"

#include <anda/base/error.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace anda::sim {
namespace {

constexpr std::size_t buffer_bytes = 1u << 16;

}  // namespace

OpSpool::OpSpool(const std::string& folder) : folder_(folder), buffer_(buffer_bytes) {
  std::string name = folder + "/.anda-sim-ops-XXXXXX";
  file_ = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));
  if (file_.get() < 0) fail("cannot create a temporary file");
  ::unlink(name.c_str());
}

void OpSpool::add(const OpRecord& record) {
  put(record.index);
  put(record.gemm.name);
  put(record.gemm.layer);
  put(record.gemm.tensor);
  put(record.gemm.m);
  put(record.gemm.n);
  put(record.gemm.k);
  put(record.gemm.count);
  put(record.gemm.weight_bits);
  put(record.task.m);
  put(record.task.n);
  put(record.task.k);
  put(record.task.input.mantissa_bits);
  put(record.task.input.group_size);
  put(record.task.output.mantissa_bits);
  put(record.task.output.group_size);
  put(record.task.weights.bits);
  put(record.task.weights.scale_group);
  put(record.tile.m);
  put(record.tile.n);
  put(record.tile.k);
  put(static_cast<std::uint64_t>(record.tile.order));
  put(record.counts.size());
  for (const std::uint64_t count : record.counts) put(count);
  put(record.errors ? 1 : 0);
  if (record.errors) {
    const DataErrors& errors = *record.errors;
    for (const double value : {errors.signal, errors.noise, errors.max_abs_error}) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      put(bits);
    }
    for (const std::uint64_t value :
         {errors.dot_overflows, errors.output_overflows, errors.replaced_inputs, errors.replaced_outputs,
          errors.zeroed_activations, errors.zeroed_weights, errors.zeroed_outputs}) {
      put(value);
    }
  }
  ++records_;
}

void OpSpool::rewind() {
  flush();
  if (::lseek(file_.get(), 0, SEEK_SET) != 0) fail("cannot read a temporary file");
  used_ = 0;
}

bool OpSpool::next(OpRecord& record) {
  if (records_ == 0) return false;
  --records_;
  get(record.index);
  get(record.gemm.name);
  get(record.gemm.layer);
  get(record.gemm.tensor);
  get(record.gemm.m);
  get(record.gemm.n);
  get(record.gemm.k);
  get(record.gemm.count);
  get(record.gemm.weight_bits);
  get(record.task.m);
  get(record.task.n);
  get(record.task.k);
  get(record.task.input.mantissa_bits);
  get(record.task.input.group_size);
  get(record.task.output.mantissa_bits);
  get(record.task.output.group_size);
  get(record.task.weights.bits);
  get(record.task.weights.scale_group);
  get(record.tile.m);
  get(record.tile.n);
  get(record.tile.k);
  get(record.tile.order);
  record.counts.resize(get());
  for (std::uint64_t& count : record.counts) get(count);
  record.errors.reset();
  if (get() != 0) {
    DataErrors& errors = record.errors.emplace();
    for (double* value : {&errors.signal, &errors.noise, &errors.max_abs_error}) {
      const std::uint64_t bits = get();
      std::memcpy(value, &bits, sizeof bits);
    }
    for (std::uint64_t* value :
         {&errors.dot_overflows, &errors.output_overflows, &errors.replaced_inputs, &errors.replaced_outputs,
          &errors.zeroed_activations, &errors.zeroed_weights, &errors.zeroed_outputs}) {
      get(*value);
    }
  }
  return true;
}

// Seven bits a byte, low ones first, the top bit says that more follow: most counts of a small GeMM are small.
void OpSpool::put(std::uint64_t value) {
  if (buffer_.size() - used_ < 10) flush();
  while (value >= 0x80) {
    buffer_[used_++] = static_cast<unsigned char>(value | 0x80u);
    value >>= 7;
  }
  buffer_[used_++] = static_cast<unsigned char>(value);
}

void OpSpool::put(const std::string& text) {
  put(text.size());
  for (const char c : text) {
    if (used_ == buffer_.size()) flush();
    buffer_[used_++] = static_cast<unsigned char>(c);
  }
}

std::uint64_t OpSpool::get() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const unsigned char byte = get_byte();
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
}

void OpSpool::get(std::string& text) {
  text.resize(get());
  for (char& c : text) c = static_cast<char>(get_byte());
}

unsigned char OpSpool::get_byte() {
  if (used_ == end_) fill();
  return buffer_[used_++];
}

void OpSpool::flush() {
  std::size_t written = 0;
  while (written < used_) {
    const ssize_t bytes = ::write(file_.get(), buffer_.data() + written, used_ - written);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) fail("cannot write a temporary file");
    written += static_cast<std::size_t>(bytes);
  }
  used_ = 0;
}

void OpSpool::fill() {
  ssize_t bytes = 0;
  do {
    bytes = ::read(file_.get(), buffer_.data(), buffer_.size());
  } while (bytes < 0 && errno == EINTR);
  if (bytes == 0) errno = EIO;  // shorter than what was written
  if (bytes <= 0) fail("cannot read a temporary file");
  used_ = 0;
  end_ = static_cast<std::size_t>(bytes);
}

void OpSpool::fail(const std::string& what) const {
  throw Error::run(folder_ + ": " + what + ": " + std::generic_category().message(errno));
}

}  // namespace anda::sim
