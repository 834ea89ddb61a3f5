// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_OP_SPOOL_H
#define ANDA_SIM_SYSTEM_OP_SPOOL_H

#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "files/file_descriptor.h"
#include "system/op_record.h"

namespace anda::sim {

/// Spools op records to disk, so that a long trace need not be held in memory: written once, then read in the same
/// order. Ops that differ only in row, name and layer are of one kind, which is stored once. The file is unlinked at
/// once, so that it disappears with the process however that ends. Throws anda::Error (run) with the folder and the
/// system's error message.
class OpSpool {
 public:
  /// Maximum number of distinct kinds; later kinds are reported as `no_kind`.
  static constexpr std::size_t most_kinds = 4096;
  static constexpr std::size_t no_kind = std::numeric_limits<std::size_t>::max();

  explicit OpSpool(const std::string& folder);

  void add(const OpRecord& record);
  /// Flushes everything to the file, for another process to read. Returns the number of records.
  std::uint64_t finish();
  /// Used instead of add(): accepts the number of records that a copy of this object wrote in another process.
  void adopt(std::uint64_t records);

  /// Returns to the first record; must be called before the first next() and to read again after the last record.
  void rewind();
  /// Reads the next record and the number of its kind, counted from 0 in order of appearance; returns false after the
  /// last record.
  bool next(OpRecord& record, std::size_t& kind);

 private:
  void write_out();
  void make_available(std::size_t bytes);
  [[noreturn]] void fail(const std::string& what) const;

  std::string folder_;  ///< for messages
  FileDescriptor file_;
  std::uint64_t records_ = 0;
  std::uint64_t left_ = 0;  ///< for next()
  bool is_written_ = false;
  std::string buffer_;    ///< data to be written, or data read
  std::size_t used_ = 0;  ///< bytes of it that next() has consumed

  std::string body_;                                    ///< the record being encoded
  std::string details_;                                 ///< details that all ops of a kind share
  std::unordered_map<std::string, std::size_t> kinds_;  ///< by their details, when writing
  std::vector<OpRecord> known_;                         ///< an op of each kind, when reading
};

/// The records of each system of a run, on disk.
class OpSpools : public OpSink {
 public:
  OpSpools(const std::string& folder, std::size_t systems) {
    for (std::size_t i = 0; i < systems; ++i) spools_.emplace_back(folder);
  }

  void take(std::size_t system, const OpRecord& record) override { spools_.at(system).add(record); }

  std::size_t size() const { return spools_.size(); }
  OpSpool& operator[](std::size_t system) { return spools_.at(system); }

 private:
  std::vector<OpSpool> spools_;
};

}  // namespace anda::sim

#endif
