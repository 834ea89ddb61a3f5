// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_OPS_SQLITE_H
#define ANDA_SIM_REPORT_OPS_SQLITE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "files/database.h"
#include "report/metrics.h"

namespace anda::sim {

/// Writes ops.sqlite: the view `ops` has the rows and columns of ops.csv; it joins a table of what differs between ops
/// and one of what ops of a kind share. Throws anda::Error (run) with the file and SQLite's message.
class OpsSqlite {
 public:
  /// `path` is the file to write, `shown` its name in messages. `functional`: include columns on data errors. `whole`:
  /// include columns for operations between GeMMs.
  OpsSqlite(const std::string& path, std::string shown, const std::vector<Metric>& metrics, bool functional,
            bool whole = false);

  /// Adds a result that ops share; returns its number. `values`: from Evaluation::evaluate() for one of them.
  std::uint64_t result(const OpRecord& record, const std::vector<MetricValue>& values);
  void op(const std::string& system, const OpRecord& record, std::uint64_t result);
  /// Completes the file. Call once, after the last op.
  void finish();

 private:
  template <class Action>
  void attempt(const Action& action);
  void create();

  std::string shown_;
  const std::vector<Metric>& metrics_;
  bool functional_;
  bool whole_;
  std::uint64_t results_ = 0;
  std::optional<Database> file_;
  std::optional<Database::Statement> add_result_;
  std::optional<Database::Statement> add_op_;
};

}  // namespace anda::sim

#endif
