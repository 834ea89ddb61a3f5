// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "app/trace_test_files.h"
#include "config/load.h"
#include "config/writer.h"

using namespace anda::sim;

TEST_CASE("Lists and texts of the effective configuration stay as they were given") {
  const RunConfig config = load_run_config(std::string(ANDA_SOURCE_DIR) + "/configs/llama-13b.yaml",
                                           {"systems=[figna, fp-fp, anda]", "name=\"two words: \\\"and\\\"  a #\""});
  const std::string text = to_yaml(config);
  CHECK_THAT(text, Catch::Contains("\nsystems: [figna, fp-fp, anda]\n"));
  CHECK_THAT(text, Catch::Contains("two words: \\\"and\\\"  a #"));
  const trace_test::Folder folder;
  const RunConfig again = load_run_config(folder.file("again.yaml", text), {});
  CHECK(again.systems == config.systems);
  CHECK(again.name == "two words: \"and\"  a #");
  CHECK(to_yaml(again) == text);
}
