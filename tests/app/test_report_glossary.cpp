// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <sstream>

#include "app/trace_test_files.h"
#include "cli/glossary_command.h"
#include "report/glossary.h"
#include "report/metrics.h"
#include "report/op_columns.h"

using namespace anda::sim;
using namespace trace_test;

TEST_CASE("docs/glossary.md is what anda-sim glossary prints") {
  std::ostringstream out;
  CHECK(glossary_command({}, out) == 0);
  // After a change: anda-sim glossary >docs/glossary.md
  CHECK(contents(ANDA_SOURCE_DIR "/docs/glossary.md") == out.str());
}

TEST_CASE("The glossary has every metric, column and counter") {
  const std::vector<CounterColumn> counters = machine_counters();
  const std::string page = glossary_page(counters);
  const auto has = [&](const std::string& name) { return page.find("`" + name + "`") != std::string::npos; };
  for (const Metric& metric : metric_table(counters)) CHECK(has(metric.key));
  for (const OpColumn& column : op_columns()) CHECK(has(column.csv_name()));
  for (const CounterColumn& counter : counters) CHECK(has(counter.name));
  CHECK(counters.size() > 20);
}

TEST_CASE("anda-sim glossary --json has the rows of the page") {
  std::ostringstream json, page;
  CHECK(glossary_command({"--json"}, json) == 0);
  CHECK(glossary_command({}, page) == 0);
  std::size_t rows = 0;
  const nlohmann::json tables = nlohmann::json::parse(json.str());
  for (const auto& [table, entries] : tables.items()) {
    for (const auto& row : entries) {
      const std::string italic = row.value("scope", "") == "system" ? "*" : "";
      const std::string key = row.value("path", row.value("key", ""));
      const std::string line = "| " + italic + "`" + std::string(row["name"]) + "`" + italic + " | " +
                               (key.empty() ? "" : "`" + key + "` | ") + std::string(row["unit"]) + " | " +
                               std::string(row["meaning"]) + " |\n";
      CAPTURE(table, line);
      CHECK(page.str().find(line) != std::string::npos);
      ++rows;
    }
  }
  // Every row of every table but their headings, each of which has a line of dashes below it.
  std::size_t lines = 0, headings = 0;
  std::istringstream text(page.str());
  for (std::string line; std::getline(text, line);) {
    if (line.rfind("| ", 0) == 0) ++lines;
    if (line.rfind("|-", 0) == 0) ++headings;
  }
  CHECK(rows == lines - headings);
}

TEST_CASE("anda-sim glossary explains itself and refuses arguments") {
  std::ostringstream out;
  CHECK(glossary_command({"--help"}, out) == 0);
  CHECK(out.str().find("usage: anda-sim glossary") == 0);
  CHECK(message_of([&] { glossary_command({"more"}, out); }).find("anda-sim glossary: ") == 0);
  CHECK(message_of([&] { glossary_command({"--no-such"}, out); }).find("unknown option --no-such") !=
        std::string::npos);
}
