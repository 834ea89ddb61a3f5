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

// The file format of a GemmStore, for its users and its maintenance.

/// Locks a store's folder; `how`: LOCK_SH for users, LOCK_EX to remove it. Returns an empty descriptor if the file
/// system has no locks.
FileDescriptor lock_store(const std::string& folder, int how);

/// Removes the files of a store. Throws Database::Failure.
void remove_store(const std::string& folder);

/// Returns a result with a checksum over it and its key.
std::string sealed(const std::string& under, std::string_view result);
/// Returns the result, or nothing if it is damaged.
std::optional<std::string> unsealed(const std::string& under, std::string_view bytes);

/// The tables: `machines`, keyed by everything that determines a machine's results, and `gemms`, keyed by machine and
/// task.
class StoreTables {
 public:
  /// A machine as shown in lists.
  struct Entry {
    std::string key;
    std::string system;
    std::string level;
    std::string program;
    std::uint64_t used = 0;  ///< seconds since 1970
    std::uint64_t gemms = 0;
    std::uint64_t bytes = 0;  ///< size of its tasks and results
  };

  /// Creates missing tables. Throws Database::Failure, also for a file of another kind.
  explicit StoreTables(Database& file);

  /// Bytes in use in the file.
  std::uint64_t bytes();
  std::uint64_t limit_bytes();
  void set_limit_bytes(std::uint64_t limit);
  /// Removes the least recently used machine and all its results; returns false if there is none.
  bool drop_oldest();
  /// Returns free space to the file system.
  void shrink();

  /// Lists the machines, most recently used first.
  std::vector<Entry> list();
  /// Removes damaged results and returns their number.
  std::uint64_t drop_damaged();

 private:
  Database& file_;
};

}  // namespace anda::sim

#endif
