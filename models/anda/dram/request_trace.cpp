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

RequestTrace::RequestTrace(const std::string& path, const std::string& name, const DramConfig& config)
    : format_(format_of(path).value_or(Format::dramsys)),
      burst_bytes_(config.burst_bytes()),
      channels_(format_ == Format::dramsys ? config.channels : 1) {
  if (config.level == DramLevel::detailed) map_.emplace(config);
  const std::size_t ending = path.rfind('.');
  for (std::uint32_t i = 0; i < channels_; ++i) {
    const std::string channel = channels_ > 1 ? ".channel" + std::to_string(i) : "";
    paths_.push_back(path.substr(0, ending).append(".").append(name).append(channel).append(path.substr(ending)));
    errno = 0;
    files_.emplace_back(paths_.back());
    check(i);
    if (format_ == Format::dramsys) {
      files_.back() << "# cycle of the memory's command clock: read or write, address\n";
    }
    files_.back() << std::hex;
  }
}

void RequestTrace::add(std::uint64_t address, std::uint64_t bytes, bool write, Cycle arrival) {
  errno = 0;
  const std::uint64_t last = (address + bytes - 1) / burst_bytes_;
  for (std::uint64_t burst = address / burst_bytes_; burst <= last; ++burst) {
    const std::uint32_t channel = map_ ? raw(map_->channel(burst)) : static_cast<std::uint32_t>(burst % channels_);
    const std::size_t index = channels_ > 1 ? channel : 0;
    std::ofstream& file = files_[index];
    if (format_ == Format::dramsys) {
      file << std::dec << arrival << std::hex << (write ? ": write 0x" : ": read 0x") << burst * burst_bytes_ << '\n';
    } else {
      file << (write ? "ST 0x" : "LD 0x") << burst * burst_bytes_ << '\n';
    }
    check(index);
  }
}

void RequestTrace::close() {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    errno = 0;
    files_[i].close();
    check(i);
  }
}

void RequestTrace::check(std::size_t file) const {
  if (files_[file]) return;
  const std::string cause = errno == 0 ? "" : ": " + std::generic_category().message(errno);
  throw Error::run("cannot write the request trace " + paths_[file] + cause);
}

}  // namespace anda::dram
