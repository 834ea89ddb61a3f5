// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REQUEST_TRACE_H
#define ANDA_DRAM_REQUEST_TRACE_H

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include <anda/dram/command.h>

namespace anda::dram {

/// Writes the requests to a memory, one line a burst, for other simulators:
///
///   .stl    DRAMSys: "31: read 0x400140", with the cycle of the command clock at which it arrives
///   .trace  Ramulator (LoadStoreTrace): "LD 0x400140", "ST 0x400140", in their order
class RequestTrace {
 public:
  enum class Format { dramsys, ramulator };

  /// By the ending of a file's name; none if it has neither.
  static std::optional<Format> format_of(const std::string& path);

  /// `name` is put before the ending, so that several memories don't share a file. Throws Error (run) if it can't be
  /// written.
  RequestTrace(const std::string& path, const std::string& name, std::uint64_t burst_bytes);

  void add(std::uint64_t address, std::uint64_t bytes, bool write, Cycle arrival);

  /// Hands the last bytes to the operating system. Throws Error (run) if they, or earlier ones, could not be written;
  /// the destructor can't.
  void close();

  const std::string& path() const { return path_; }

 private:
  void check() const;

  std::string path_;
  Format format_;
  std::uint64_t burst_bytes_;
  std::ofstream file_;
};

}  // namespace anda::dram

#endif
