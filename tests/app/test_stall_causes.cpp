// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include <anda/base/stall_cause.h>
#include <anda/control/register_table.h>

#include "app/trace_test_files.h"
#include "report/glossary.h"
#include "report/metrics.h"

using namespace anda::sim;

TEST_CASE("Every cause of stalls has a counter, a register and a metric, and nothing else is counted as a stall") {
  std::set<std::string> causes;
  for (const anda::StallCause& cause : anda::stall_causes) causes.insert(cause.name);
  CHECK(causes.size() == anda::stall_causes.size());

  const std::string prefix = "stall.";
  std::set<std::string> counted;
  for (const CounterColumn& counter : machine_counters()) {
    if (counter.name.compare(0, prefix.size(), prefix) == 0) counted.insert(counter.name.substr(prefix.size()));
  }
  CHECK(counted == causes);

  std::set<std::string> registered;
  for (const anda::CounterEntry& entry : anda::counter_table) {
    const std::string counter = entry.counter;
    if (counter.compare(0, prefix.size(), prefix) == 0) registered.insert(counter.substr(prefix.size()));
  }
  CHECK(registered == causes);

  std::set<std::string> reported;
  const std::string path = "/stall_cycles/";
  for (const Metric& metric : metric_table(machine_counters())) {
    if (metric.path.compare(0, path.size(), path) == 0) reported.insert(metric.path.substr(path.size()));
  }
  CHECK(reported == causes);
}

TEST_CASE("docs/model.md says of every cause of stalls when the array waits for it") {
  const std::string page = trace_test::contents(ANDA_SOURCE_DIR "/docs/model.md");
  const std::size_t first = page.find("  | cause | the array does not compute because |");
  REQUIRE(first != std::string::npos);
  const std::string table = page.substr(first, page.find("\n\n", first) - first);
  for (const anda::StallCause& cause : anda::stall_causes) {
    INFO(cause.name);
    CHECK(table.find(std::string("`") + cause.name + "`") != std::string::npos);
  }
}
