// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_DATABASE_H
#define ANDA_SIM_FILES_DATABASE_H

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace anda::sim {

/// An SQLite database file. Must not be used on both sides of a fork.
class Database {
 public:
  /// A failed SQLite operation, with SQLite's message.
  class Failure : public std::runtime_error {
   public:
    enum class Kind { damaged, busy, full, other };
    Failure(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
    Kind kind() const { return kind_; }

   private:
    Kind kind_;
  };

  /// A statement that can run any number of times. As in SQLite, parameters count from 1 and columns from 0.
  class Statement {
   public:
    Statement(Database& database, const char* sql);

    void bind(int parameter, std::uint64_t value);
    void bind(int parameter, double value);
    void bind_text(int parameter, std::string_view text);
    void bind_bytes(int parameter, std::string_view bytes);
    void bind_nothing(int parameter);
    /// Fetches the next row; returns false at the end, after which the statement can run again.
    bool step();
    /// Runs a statement that returns no rows.
    void run();
    void reset();

    std::uint64_t number(int column) const;
    /// A text or bytes; valid until the next step().
    std::string_view view(int column) const;
    std::string text(int column) const { return std::string(view(column)); }

   private:
    struct Finalize {
      void operator()(sqlite3_stmt* statement) const;
    };
    Database& database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  };

  /// Applies everything between its construction and commit(), or nothing.
  class Transaction {
   public:
    explicit Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

   private:
    Database& database_;
    bool open_ = true;
  };

  enum class Open { existing, create };
  /// Opens the database; later accesses wait some seconds for other writers.
  Database(const std::string& path, Open open);

  void execute(const char* sql);
  /// The number that a query returns.
  std::uint64_t number(const char* sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  [[noreturn]] void fail(int code) const;

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace anda::sim

#endif
