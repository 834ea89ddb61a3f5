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

TEST_CASE("anda-sim glossary explains itself and refuses arguments") {
  std::ostringstream out;
  CHECK(glossary_command({"--help"}, out) == 0);
  CHECK(out.str().find("usage: anda-sim glossary") == 0);
  CHECK(message_of([&] { glossary_command({"more"}, out); }).find("anda-sim glossary: ") == 0);
  CHECK(message_of([&] { glossary_command({"--no-such"}, out); }).find("unknown option --no-such") !=
        std::string::npos);
}
