// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "app/config_test.h"
#include "app/trace_test_files.h"
#include "cli/trace_command.h"
#include "text/characters.h"
#include "text/scalar.h"
#include "text/text.h"
#include "workload/open_workload.h"

using namespace anda::sim;
using trace_test::Folder;

namespace {

const std::string opt = "workload: {model: OPT-1.3B}\n";

/// Whether each place that holds a whole number takes the text.
std::vector<bool> takers_of(const std::string& text) {
  const auto takes = [](const std::function<void()>& action) { return error_of(action).empty(); };
  const Folder folder;
  const std::string trace = folder.file("t.csv", "name,layer,tensor,m,k,n\nq,0,A," + text + ",2,3\n");
  return {
      takes([&] { parse_run_config(opt + "accelerator: {mxu: {rows: " + text + "}}", "f"); }),
      takes([&] { parse_run_config(opt, "f", {"accelerator.mxu.rows=" + text}); }),
      takes([&] {
        Gemm gemm;
        open_trace(trace)->next(gemm);
      }),
      takes([&] {
        std::ostringstream out;
        trace_command({"--model", "OPT-1.3B", "--layers", "1", "--batch=" + text}, out);
      }),
  };
}

}  // namespace

TEST_CASE("Whole numbers have one grammar in YAML, --set, CSV and options") {
  for (const char* number : {"1", "16"}) {
    INFO(number);
    CHECK(takers_of(number) == std::vector<bool>(4, true));
  }
  for (const char* text : {"010", "00", "+16", "-1", "-0", "1_6", "0x10", "0o20", "1e1", "16.0", "1 6", "١٦", "true",
                           "inf", "nan", "99999999999999999999", "1\xC2\xA0"}) {
    INFO(text);
    CHECK(takers_of(text) == std::vector<bool>(4, false));
  }
}

TEST_CASE("Numbers with a point or an exponent are those of a double") {
  double value = 0;
  for (const char* text : {"0", "1500", "1500.0", "1.5e3", "15000e-1", "1500.", ".5", "-2e+3", "1e308", "0e999"}) {
    INFO(text);
    CHECK(parse_number(text, value) == NumberSyntax::good);
  }
  for (const char* text :
       {"", "-", ".", "e5", "1e", "1e+", "01", "+1", "inf", "nan", "Infinity", "0x1p3", "1_0", " 1"}) {
    INFO(text);
    CHECK(parse_number(text, value) == NumberSyntax::not_a_number);
  }
  for (const char* text : {"1e999", "-1e999", "1e-999"}) {
    INFO(text);
    CHECK(parse_number(text, value) == NumberSyntax::out_of_range);
  }
}

TEST_CASE("Where nothing but a list is meant, one word is a list of one, and words with commas are a list") {
  using Names = std::vector<std::string>;
  const auto names = [](const std::string& yaml, const std::vector<std::string>& overrides) {
    Names found;
    for (const auto& system : parse_run_config(opt + yaml, "f", overrides).systems) found.push_back(system.name());
    return found;
  };
  for (const char* text : {"anda", "[anda]", "\"anda\"", "[\"anda\"]"}) {
    INFO(text);
    CHECK(names(std::string("systems: ") + text, {}) == Names{"anda"});
    CHECK(names("", {std::string("systems=") + text}) == Names{"anda"});
  }
  CHECK(names("systems: figna,anda", {}) == Names{"figna", "anda"});
  CHECK(names("", {"systems=bitmod"}) == Names{"bitmod"});
  CHECK_THAT(error_in(opt, {"systems=annda"}), Catch::Contains("did you mean `anda`"));
  CHECK_THAT(error_in(opt, {"systems="}), Catch::Contains("must be a list"));
}

TEST_CASE("A list on the command line may stand in brackets, as in YAML") {
  CHECK(list_parts("7,6, 6 ,5") == std::vector<std::string>{"7", "6", "6", "5"});
  CHECK(list_parts(" [7, 6] ") == std::vector<std::string>{"7", "6"});
  CHECK(list_parts("a") == std::vector<std::string>{"a"});
  CHECK(list_parts("") == std::vector<std::string>{""});
  CHECK(list_parts("a,,b") == std::vector<std::string>{"a", "", "b"});
}

TEST_CASE("A text outside the scalar grammar is refused with a suggestion") {
  struct Case {
    std::string override;
    std::string advice;
  };
  const std::vector<Case> cases = {
      {"accelerator.mxu.rows=010", "numbers are decimal without leading zeros: write 10"},
      {"accelerator.mxu.rows=0x10", "numbers are decimal"},
      {"accelerator.mxu.rows=1_6", "digits are not grouped: write 16"},
      {"accelerator.mxu.rows=+16", "numbers have no plus sign: write 16"},
      {"accelerator.mxu.rows=\"16\"", "write it without quotes"},
      {"accelerator.mxu.rows=\"\"4096\"\"", "two quotes in a row: write 4096 for a number"},
      {"accelerator.mxu.rows=16\xC2\xA0", "it holds a no-break space (U+00A0): delete that"},
      {"accelerator.mxu.rows=\xE2\x80\x8B"
       "16",
       "it holds an invisible character (U+200B)"},
      {"precision=7,6,6", "must be a list in brackets, such as [7, 6, 6]"},
      {"precision=(7, 6, 6, 6)", "must be a list in brackets, such as [7, 6, 6, 6]"},
      {"precision=7 6 6 6", "a list is written [7, 6, 6, 6]"},
      {"simulation.fold_layers=yes", "must be true or false; write true"},
      {"simulation.fold_layers=False", "must be true or false; write false"},
      {"simulation.fold_layers=1", "must be true or false; write true"},
      {"simulation.fold_layers=\"true\"", "must be true or false; write it without quotes"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.override);
    CHECK_THAT(error_in(opt, {wrong.override}), Catch::Contains(wrong.advice));
  }
}

TEST_CASE("YAML with tabs, doubled quotes or unusual spaces is refused with the remedy") {
  struct Case {
    std::string yaml;
    std::string advice;
  };
  const std::vector<Case> cases = {
      {"accelerator:\n\tmxu: {rows: 3}\n", "file.yaml:3:5: not valid YAML"},
      {"accelerator:\n\tmxu: {rows: 3}\n", "the line is indented by a tab, YAML takes spaces only"},
      {"accelerator:\n  mxu:\n    rows: 3\n\tcolumns: 3\n", "the line is indented by a tab"},
      {"accelerator: {mxu: {rows: \"\"4096\"\"}}\n", "two quotes in a row"},
      {"accelerator:\n  mxu:\n    rows: \"\"4096\"\"\n", "two quotes in a row"},
      {"accelerator:\n  mxu:\n    rows:\xC2\xA0"
       "4\n",
       "must be a map of keys; it holds a no-break space (U+00A0)"},
      {"accelerator:\n  mxu:\n   \xC2\xA0rows: 4\n", "is not a key"},
      {"accelerator:\n  mxu:\n   \xC2\xA0rows: 4\n", "it holds a no-break space (U+00A0)"},
      {"name: \xC2\x9B\x33\x31m\n", "file.yaml:2:7: holds the control character U+009B"},
      {"name: a\xE2\x80\xAE\n", "holds the control character U+202E"},
      {"name: \"\\e[31m\"\n", "has a line break or a control character"},
      {"name: \"\\u202e\"\n", "has a line break or a control character"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.yaml);
    CHECK_THAT(error_in(opt + wrong.yaml), Catch::Contains(wrong.advice));
  }
}

TEST_CASE("Of very many unknown keys the first are named and the others counted") {
  std::string unknown = opt;
  for (int i = 0; i < 20'000; ++i) unknown += "k" + std::to_string(i) + ":\n";
  const std::string error = error_in(unknown);
  CHECK_THAT(error, Catch::Contains("has 19900 more keys that do not exist"));
  CHECK_THAT(error, Catch::Contains("k97: is not a key") && !Catch::Contains("k200: is not a key"));
}

TEST_CASE("Text for a terminal has no control characters except line ends and tabs") {
  CHECK(for_terminal("a\n\tä ≥ 😀") == "a\n\tä ≥ 😀");
  CHECK(for_terminal("\x1b]0;x\x07\r\x7F") == "\\x1b]0;x\\x07\\x0d\\x7f");
  CHECK(for_terminal("\xC2\x9B\xE2\x80\xAE\xFF") == "\\xc2\\x9b\\xe2\\x80\\xae\\xff");
  CHECK(for_terminal(std::string("\0", 1)) == "\\x00");
  CHECK(shown("\xC2\x9B") == "\"\\xc2\\x9b\"");
}
