// SPDX-License-Identifier: Apache-2.0
#include "report/ops_sqlite.h"

#include <anda/base/error.h>

#include "report/error_columns.h"
#include "report/op_columns.h"

namespace anda::sim {
namespace {

std::string quoted(const std::string& name) { return '"' + name + '"'; }

void bind_value(Database::Statement& statement, int parameter, const OpColumn::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    statement.bind_text(parameter, *text);
  } else {
    statement.bind(parameter, std::get<std::uint64_t>(value));
  }
}

void bind_value(Database::Statement& statement, int parameter, const MetricValue& value) {
  if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
    statement.bind(parameter, *whole);
  } else if (const auto* real = std::get_if<double>(&value)) {
    statement.bind(parameter, *real);
  } else {
    statement.bind_nothing(parameter);
  }
}

}  // namespace

OpsSqlite::OpsSqlite(const std::string& path, std::string shown, const std::vector<Metric>& metrics, bool functional,
                     bool whole)
    : shown_(std::move(shown)), metrics_(metrics), functional_(functional), whole_(whole) {
  attempt([&] {
    file_.emplace(path, Database::Open::create);
    create();
  });
}

template <class Action>
void OpsSqlite::attempt(const Action& action) {
  try {
    action();
  } catch (const Database::Failure& failure) {
    throw Error::run(shown_ + ": cannot write: " + failure.what());
  }
}

void OpsSqlite::create() {
  std::string own = "system";
  for (std::size_t i = 0; i < own_op_columns; ++i) own += ", " + quoted(op_columns(whole_)[i].csv_name());
  std::string shared;
  std::size_t count = 0;
  const auto share = [&](const std::string& name) {
    shared += ", " + quoted(name);
    ++count;
  };
  for (std::size_t i = own_op_columns; i < op_columns(whole_).size(); ++i) share(op_columns(whole_)[i].csv_name());
  for (const Metric& metric : metrics_) {
    if (metric.scope == Metric::Scope::everywhere) share(metric.key);
  }
  if (functional_) {
    for (const ErrorColumn& column : error_columns()) share(column.key);
  }
  // Nobody reads the file before it is complete, and an incomplete one is removed.
  file_->execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
  file_->execute(("CREATE TABLE op (" + own + ", result INTEGER NOT NULL)").c_str());
  file_->execute(("CREATE TABLE result (id INTEGER PRIMARY KEY" + shared + ")").c_str());
  file_->execute(("CREATE VIEW ops AS SELECT " + own + shared + " FROM op JOIN result ON id = result").c_str());
  file_->execute("BEGIN");
  std::string places = "?";
  for (std::size_t i = 0; i < count; ++i) places += ", ?";
  add_result_.emplace(*file_, ("INSERT INTO result VALUES (" + places + ")").c_str());
  add_op_.emplace(*file_, "INSERT INTO op VALUES (?, ?, ?, ?, ?)");
}

std::uint64_t OpsSqlite::result(const OpRecord& record, const std::vector<MetricValue>& values) {
  attempt([&] {
    int at = 1;
    add_result_->bind(at++, ++results_);
    for (std::size_t i = own_op_columns; i < op_columns(whole_).size(); ++i) {
      bind_value(*add_result_, at++, op_columns(whole_)[i].value(record));
    }
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      if (metrics_[i].scope == Metric::Scope::everywhere) bind_value(*add_result_, at++, values[i]);
    }
    if (functional_) {
      for (const ErrorColumn& column : error_columns()) {
        bind_value(*add_result_, at++, record.errors ? column.value(*record.errors) : MetricValue{});
      }
    }
    add_result_->run();
  });
  return results_;
}

void OpsSqlite::op(const std::string& system, const OpRecord& record, std::uint64_t result) {
  attempt([&] {
    int at = 1;
    add_op_->bind_text(at++, system);
    for (std::size_t i = 0; i < own_op_columns; ++i) bind_value(*add_op_, at++, op_columns(whole_)[i].value(record));
    add_op_->bind(at++, result);
    add_op_->run();
  });
}

void OpsSqlite::finish() {
  attempt([&] {
    file_->execute("COMMIT");
    add_result_.reset();
    add_op_.reset();
    file_.reset();
  });
}

}  // namespace anda::sim
