// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_STORE_FILE_H
#define ANDA_SIM_SYSTEM_STORE_FILE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/database.h"
#include "files/file_descriptor.h"

namespace anda::sim {

// What the file of a GemmStore consists of, for those who use it and those who look after it.

/// Holds the folder of a store; `how`: LOCK_SH by all who use it, LOCK_EX by who takes it away. Nothing where the file
/// system has no locks.
FileDescriptor lock_store(const std::string& folder, int how);

/// Removes the files of a store. Throws Database::Failure.
void remove_store(const std::string& folder);

/// A result with a checksum over it and what it is stored under.
std::string sealed(const std::string& under, std::string_view result);
/// The result, nothing if it is damaged.
std::optional<std::string> unsealed(const std::string& under, std::string_view bytes);

/// The tables: `machines`, by what all results of one follow from, and `gemms`, by machine and task.
class StoreTables {
 public:
  /// A machine as lists show it.
  struct Entry {
    std::string key;
    std::string system;
    std::string level;
    std::string program;
    std::uint64_t used = 0;  ///< seconds since 1970
    std::uint64_t gemms = 0;
    std::uint64_t bytes = 0;  ///< of tasks and results
  };

  /// Makes them where they are missing. Throws Database::Failure, also for a file of something else.
  explicit StoreTables(Database& file);

  /// Bytes of the file that are in use.
  std::uint64_t bytes();
  std::uint64_t limit_bytes();
  void set_limit_bytes(std::uint64_t limit);
  /// Takes away the machine that was used least recently with all its results; false if there is none.
  bool drop_oldest();
  /// Gives room that is free back to the file system.
  void shrink();

  /// Those used last come first.
  std::vector<Entry> list();
  /// Takes damaged results away; how many there were.
  std::uint64_t drop_damaged();

 private:
  Database& file_;
};

}  // namespace anda::sim

#endif
