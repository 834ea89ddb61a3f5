// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/request_trace.h>

#include <cerrno>
#include <system_error>

#include <anda/base/error.h>

namespace anda::dram {

namespace {

bool ends_in(const std::string& text, const std::string& end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::optional<RequestTrace::Format> RequestTrace::format_of(const std::string& path) {
  if (ends_in(path, ".stl")) return Format::dramsys;
  if (ends_in(path, ".trace")) return Format::ramulator;
  return std::nullopt;
}

RequestTrace::RequestTrace(const std::string& path, const std::string& name, std::uint64_t burst_bytes)
    : path_(path.substr(0, path.rfind('.')) + "." + name + path.substr(path.rfind('.'))),
      format_(format_of(path).value_or(Format::dramsys)),
      burst_bytes_(burst_bytes),
      file_(path_) {
  if (!file_) throw Error::run("cannot write the request trace " + path_);
  file_ << std::hex;
  if (format_ == Format::dramsys) file_ << "# cycle of the memory's command clock: read or write, address\n";
}

void RequestTrace::add(std::uint64_t address, std::uint64_t bytes, bool write, Cycle arrival) {
  errno = 0;
  const std::uint64_t end = address + bytes;
  for (std::uint64_t burst = address / burst_bytes_ * burst_bytes_; burst < end; burst += burst_bytes_) {
    if (format_ == Format::dramsys) {
      file_ << std::dec << arrival << std::hex << (write ? ": write 0x" : ": read 0x") << burst << '\n';
    } else {
      file_ << (write ? "ST 0x" : "LD 0x") << burst << '\n';
    }
  }
  check();
}

void RequestTrace::close() {
  errno = 0;
  file_.close();
  check();
}

void RequestTrace::check() const {
  if (file_) return;
  const std::string cause = errno == 0 ? "" : ": " + std::generic_category().message(errno);
  throw Error::run("cannot write the request trace " + path_ + cause);
}

}  // namespace anda::dram
