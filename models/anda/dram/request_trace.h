// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REQUEST_TRACE_H
#define ANDA_DRAM_REQUEST_TRACE_H

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <anda/dram/address_map.h>
#include <anda/dram/command.h>
#include <anda/dram/dram_config.h>

namespace anda::dram {

/// Writes the requests to a memory, one line a burst, for other simulators:
///
///   .stl    DRAMSys: "31: read 0x400140", with the cycle of the command clock at which it arrives; a file for each
///           channel, since DRAMSys's players send one request at a time each
///   .trace  Ramulator (LoadStoreTrace): "LD 0x400140", "ST 0x400140", in their order
class RequestTrace {
 public:
  enum class Format { dramsys, ramulator };

  /// By the ending of a file's name; none if it has neither.
  static std::optional<Format> format_of(const std::string& path);

  /// `name`, and the channel where there is a file for each, are put before the ending, so that several memories don't
  /// share a file. Throws Error (run) if one can't be written.
  RequestTrace(const std::string& path, const std::string& name, const DramConfig& config);

  void add(std::uint64_t address, std::uint64_t bytes, bool write, Cycle arrival);

  /// Hands the last bytes to the operating system. Throws Error (run) if they, or earlier ones, could not be written;
  /// the destructor can't.
  void close();

  /// The files' names.
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  void check(std::size_t file) const;

  std::vector<std::string> paths_;
  Format format_;
  std::uint64_t burst_bytes_;
  std::uint32_t channels_;
  std::optional<AddressMap> map_;  // at level fast channels take turns by the burst
  std::vector<std::ofstream> files_;
};

}  // namespace anda::dram

#endif
