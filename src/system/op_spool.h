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

/// Records of ops on the disk, so that a long trace need not be held: written once, then read in the same order. Ops
/// that differ in nothing but row, name and layer are of one kind, which is stored once. The file has no name, so that
/// it is gone with the process however that ends. Throws anda::Error (run) with the folder and the operating system's
/// words.
class OpSpool {
 public:
  /// Kinds of op that are kept apart; ops of later ones have `no_kind`.
  static constexpr std::size_t most_kinds = 4096;
  static constexpr std::size_t no_kind = std::numeric_limits<std::size_t>::max();

  explicit OpSpool(const std::string& folder);

  void add(const OpRecord& record);
  /// Everything into the file, for another process to read. How many records there are.
  std::uint64_t finish();
  /// In place of add(): this many were written by a copy of this object in another process.
  void adopt(std::uint64_t records);

  /// To the first record; before the first next(), after the last record.
  void rewind();
  /// Puts the next record and the number of its kind, which count from 0 in order of appearance, into the arguments;
  /// false after the last.
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
  std::string buffer_;    ///< what is to be written, or was read
  std::size_t used_ = 0;  ///< bytes of it that next() has taken

  std::string body_;                                    ///< of a record on its way
  std::string details_;                                 ///< what all ops of a kind share
  std::unordered_map<std::string, std::size_t> kinds_;  ///< by their details, when writing
  std::vector<OpRecord> known_;                         ///< an op of each kind, when reading
};

/// The records of each system of a run, on the disk.
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
