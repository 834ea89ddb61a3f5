// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <sstream>

#include <anda/control/register_table.h>

#include "app/trace_test_files.h"
#include "cli/registers_command.h"

using namespace anda::sim;
using namespace trace_test;

TEST_CASE("docs/registers.md is what anda-sim registers prints") {
  std::ostringstream out;
  CHECK(registers_command({}, out) == 0);
  // After a change: anda-sim registers >docs/registers.md
  CHECK(contents(ANDA_SOURCE_DIR "/docs/registers.md") == out.str());
  CHECK_THROWS_AS(registers_command({"more"}, out), anda::Error);
}

TEST_CASE("The page of registers has every register, field, counter and error") {
  std::ostringstream out;
  registers_command({}, out);
  const std::string page = out.str();
  const auto has = [&](const char* name) {
    INFO(name);
    CHECK(page.find("`" + std::string(name) + "`") != std::string::npos);
  };
  for (const auto& entry : anda::register_table) has(entry.name);
  for (const auto& entry : anda::field_table) has(entry.name);
  for (const auto& entry : anda::counter_table) has(entry.name);
  for (const auto& entry : anda::descriptor_table) has(entry.name);
  for (const auto& entry : anda::error_table) has(entry.name);
}
