// SPDX-License-Identifier: Apache-2.0
#include "system/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "files/bytes.h"
#include "system/gemm_store.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t layout_version = 1;
constexpr std::uint64_t application = 0x616e6461;  // "anda", by which `file` and other programs recognise the file

/// FNV-1a, 64 bits.
std::uint64_t checksum(std::string_view first, std::string_view second) {
  std::uint64_t sum = 0xcbf29ce484222325u;
  for (const std::string_view part : {first, second}) {
    for (const char byte : part) sum = (sum ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  }
  return sum;
}

}  // namespace

FileDescriptor lock_store(const std::string& folder, int how) {
  FileDescriptor lock(::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  while (lock.get() >= 0 && ::flock(lock.get(), how) != 0) {
    if (errno != EINTR) return FileDescriptor();
  }
  return lock;
}

void remove_store(const std::string& folder) {
  for (const char* ending : {"", "-journal", "-wal", "-shm"}) {
    const std::string path = folder + "/" + GemmStore::file_name + ending;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      throw Database::Failure(Database::Failure::Kind::other, path + ": " + std::generic_category().message(errno));
    }
  }
}

std::string sealed(const std::string& under, std::string_view result) {
  std::string bytes(result);
  ByteWriter(bytes).put_raw(checksum(under, result));
  return bytes;
}

std::optional<std::string> unsealed(const std::string& under, std::string_view bytes) {
  std::uint64_t sum = 0;
  if (bytes.size() < sizeof sum) return std::nullopt;
  const std::string_view result = bytes.substr(0, bytes.size() - sizeof sum);
  ByteReader(bytes.substr(result.size())).get_raw(sum);
  if (sum != checksum(under, result)) return std::nullopt;
  return std::string(result);
}

StoreTables::StoreTables(Database& file) : file_(file) {
  const auto is_ours = [this] {
    return file_.number("PRAGMA user_version") == layout_version &&
           file_.number("PRAGMA application_id") == application;
  };
  if (is_ours()) return;
  file_.execute("PRAGMA auto_vacuum = INCREMENTAL");
  Database::Transaction transaction(file_);
  if (is_ours()) return;  // another process created them meanwhile
  if (file_.number("SELECT count(*) FROM sqlite_master") != 0) {
    throw Database::Failure(Database::Failure::Kind::other, "the file belongs to another program or version");
  }
  file_.execute(
      "CREATE TABLE IF NOT EXISTS machines (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, system TEXT NOT NULL, "
      "level TEXT NOT NULL, program TEXT NOT NULL, used INTEGER NOT NULL);"
      "CREATE TABLE IF NOT EXISTS gemms (machine INTEGER NOT NULL, task BLOB NOT NULL, result BLOB NOT NULL, "
      "PRIMARY KEY (machine, task)) WITHOUT ROWID;"
      "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value INTEGER NOT NULL)");
  file_.execute("PRAGMA application_id = 0x616e6461; PRAGMA user_version = 1");
  transaction.commit();
}

std::uint64_t StoreTables::bytes() {
  return (file_.number("PRAGMA page_count") - file_.number("PRAGMA freelist_count")) * file_.number("PRAGMA page_size");
}

std::uint64_t StoreTables::limit_bytes() {
  Database::Statement find(file_, "SELECT value FROM settings WHERE name = 'limit_bytes'");
  const bool is_set = find.step();
  return is_set ? find.number(0) : GemmStore::usual_limit_bytes;
}

void StoreTables::set_limit_bytes(std::uint64_t limit) {
  Database::Statement set(file_, "INSERT OR REPLACE INTO settings (name, value) VALUES ('limit_bytes', ?)");
  set.bind(1, limit);
  set.run();
}

bool StoreTables::drop_oldest() {
  const std::uint64_t oldest = file_.number("SELECT id FROM machines ORDER BY used, id LIMIT 1");
  if (oldest == 0) return false;
  for (const char* sql : {"DELETE FROM gemms WHERE machine = ?", "DELETE FROM machines WHERE id = ?"}) {
    Database::Statement drop(file_, sql);
    drop.bind(1, oldest);
    drop.run();
  }
  return true;
}

void StoreTables::shrink() {
  if (file_.number("PRAGMA freelist_count") > 0) file_.execute("PRAGMA incremental_vacuum");
}

std::vector<StoreTables::Entry> StoreTables::list() {
  Database::Statement rows(file_,
                           "SELECT key, system, level, program, used, count(task), "
                           "coalesce(sum(length(task) + length(result)), 0) FROM machines LEFT JOIN gemms ON "
                           "machine = id GROUP BY id ORDER BY used DESC, key");
  std::vector<Entry> entries;
  while (rows.step()) {
    entries.push_back(
        {rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.number(4), rows.number(5), rows.number(6)});
  }
  return entries;
}

std::uint64_t StoreTables::drop_damaged() {
  Database::Transaction transaction(file_);
  std::vector<std::pair<std::uint64_t, std::string>> damaged;
  {
    Database::Statement rows(file_, "SELECT machine, key, task, result FROM gemms LEFT JOIN machines ON machine = id");
    while (rows.step()) {
      if (!unsealed(rows.text(1) + rows.text(2), rows.view(3))) damaged.emplace_back(rows.number(0), rows.text(2));
    }
  }
  Database::Statement drop(file_, "DELETE FROM gemms WHERE machine = ? AND task = ?");
  for (const auto& [machine, task] : damaged) {
    drop.bind(1, machine);
    drop.bind_bytes(2, task);
    drop.run();
  }
  transaction.commit();
  return damaged.size();
}

}  // namespace anda::sim
