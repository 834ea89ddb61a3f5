// SPDX-License-Identifier: Apache-2.0
#include "files/database.h"

#include <sqlite3.h>

namespace anda::sim {
namespace {

constexpr int longest_wait_ms = 10'000;

Database::Failure::Kind kind_of(int code) {
  switch (code & 0xff) {  // the bits above hold details
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return Database::Failure::Kind::damaged;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Database::Failure::Kind::busy;
    case SQLITE_FULL:
      return Database::Failure::Kind::full;
    default:
      return Database::Failure::Kind::other;
  }
}

/// SQLite copies the data that it is given.
const sqlite3_destructor_type copied = SQLITE_TRANSIENT;

}  // namespace

Database::Database(const std::string& path, Open open) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (open == Open::create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) fail(code);
  sqlite3_busy_timeout(database, longest_wait_ms);
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

void Database::fail(int code) const {
  throw Failure(kind_of(code), database_ ? sqlite3_errmsg(database_.get()) : sqlite3_errstr(code));
}

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::uint64_t Database::number(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.number(0) : 0;
}

Database::Statement::Statement(Database& database, const char* sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.database_.get(), sql, -1, &statement, nullptr);
  statement_.reset(statement);
  if (code != SQLITE_OK) database_.fail(code);
}

void Database::Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Database::Statement::bind(int parameter, std::uint64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, static_cast<sqlite3_int64>(value));
}

void Database::Statement::bind(int parameter, double value) { sqlite3_bind_double(statement_.get(), parameter, value); }

void Database::Statement::bind_text(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(), copied, SQLITE_UTF8);
}

void Database::Statement::bind_bytes(int parameter, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), parameter, bytes.data(), bytes.size(), copied);
}

void Database::Statement::bind_nothing(int parameter) { sqlite3_bind_null(statement_.get(), parameter); }

bool Database::Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

void Database::Statement::run() {
  while (step()) {
  }
}

void Database::Statement::reset() { sqlite3_reset(statement_.get()); }

std::uint64_t Database::Statement::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_.get(), column));
}

std::string_view Database::Statement::view(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Database::Transaction::~Transaction() {
  // A failed commit may already have ended the transaction.
  if (open_) sqlite3_exec(database_.database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace anda::sim
