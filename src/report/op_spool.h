// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_OP_SPOOL_H
#define ANDA_SIM_REPORT_OP_SPOOL_H

#include <cstdint>
#include <string>
#include <vector>

#include "files/file_descriptor.h"
#include "system/op_record.h"

namespace anda::sim {

/// Records of ops on the disk, so that a long trace need not be held: written once, then read in the same order. The
/// file has no name, so that it is gone with the process however that ends. Throws anda::Error (run) with the folder
/// and the operating system's words.
class OpSpool {
 public:
  explicit OpSpool(const std::string& folder);

  void add(const OpRecord& record);

  /// To be called once between the last add() and the first next().
  void rewind();
  /// Puts the next record into `record`; false after the last.
  bool next(OpRecord& record);

 private:
  void put(std::uint64_t value);
  void put(const std::string& text);
  std::uint64_t get();
  template <class T>
  void get(T& value) {
    value = static_cast<T>(get());
  }
  void get(std::string& text);
  unsigned char get_byte();
  void flush();
  void fill();
  [[noreturn]] void fail(const std::string& what) const;

  std::string folder_;  ///< for messages
  FileDescriptor file_;
  std::vector<unsigned char> buffer_;
  std::size_t used_ = 0;  ///< bytes of the buffer that are written or read
  std::size_t end_ = 0;   ///< when reading: bytes of the buffer that are there
  std::uint64_t records_ = 0;
};

}  // namespace anda::sim

#endif
