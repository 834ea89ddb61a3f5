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

/// Writes the requests to a memory, one line per burst, for other simulators:
///
///   .stl    DRAMSys: "31: read 0x400140", with the arrival in cycles of the command clock; one file per channel,
///           since each DRAMSys player sends one request at a time
///   .trace  Ramulator (LoadStoreTrace): "LD 0x400140", "ST 0x400140", in request order
class RequestTrace {
 public:
  enum class Format { dramsys, ramulator };

  /// Format by file extension; nullopt for any other extension.
  static std::optional<Format> format_of(const std::string& path);

  /// Inserts `name`, and the channel number where each channel has a file, before the extension, so that several
  /// memories do not share a file. Throws Error (run) if a file cannot be written.
  RequestTrace(const std::string& path, const std::string& name, const DramConfig& config);

  void add(std::uint64_t address, std::uint64_t bytes, bool write, Cycle arrival);

  /// Flushes the remaining bytes to the operating system. Throws Error (run) if they, or earlier ones, could not be
  /// written; the destructor cannot report that.
  void close();

  /// Paths of the files written.
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  void check(std::size_t file) const;

  std::vector<std::string> paths_;
  Format format_;
  std::uint64_t burst_bytes_;
  std::uint32_t channels_;
  std::optional<AddressMap> map_;  // absent at level fast, where bursts are interleaved across the channels
  std::vector<std::ofstream> files_;
};

}  // namespace anda::dram

#endif
