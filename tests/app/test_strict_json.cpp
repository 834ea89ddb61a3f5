// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "text/strict_json.h"

using namespace anda::sim;
using namespace trace_test;
using nlohmann::json;

namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string refused(const std::string& text) {
  return message_of([&] { parse_json<json>(text, {"f", 1, 0}); });
}

}  // namespace

TEST_CASE("JSON that is nested too deep is refused with its place") {
  CHECK(parse_json<json>(std::string(64, '[') + std::string(64, ']'), {"f", 1, 0}).is_array());
  CHECK(refused("\n" + std::string(65, '[')) == "f:2:65: is nested more than 64 levels deep");
  CHECK(refused(std::string(1'000'000, '[')) == "f:1:65: is nested more than 64 levels deep");
  CHECK(refused(repeated("{\"a\":", 100'000)) == "f:1:321: is nested more than 64 levels deep");
  // Brackets in texts nest nothing.
  CHECK(
      parse_json<json>("\"" + std::string(100, '[') + "\\\"" + std::string(100, '{') + "\"", {"f", 1, 0}).is_string());
}

TEST_CASE("JSON with a key twice in an object is refused, however the key is written") {
  CHECK(refused(R"({"a": 1, "b": {"a": 2, "c": 3,
 "a": 4}})") == "f:2:2: has the key \"a\" twice");
  CHECK(refused(R"({"a": 1, "\u0061": 2})") == "f:1:10: has the key \"\\u0061\" twice");
  CHECK(refused(R"({"": 1, "": 2})") == "f:1:9: has the key \"\" twice");
  for (const char* text : {R"([{"a": 1}, {"a": "a"}, "a", "a"])", R"({"a": ["a", "a"], "b": {"a": 1}})",
                           R"({"a,": 1, "a": ",", "b": "a"})", R"({"\"a": 1, "a": 2})"}) {
    INFO(text);
    CHECK(parse_json<json>(text, {"f", 1, 0}) == json::parse(text));
  }
}

TEST_CASE("JSON numbers that a double cannot hold are refused, not rounded to infinity or zero") {
  for (const char* number : {"1e999", "-1e309", "1e-999"}) {
    INFO(number);
    CHECK(refused("{\"a\": " + std::string(number) + "}") ==
          "f:1:7: has the number \"" + std::string(number) + "\", which a 64-bit floating-point number cannot hold");
  }
  CHECK_THAT(refused("[1" + std::string(400, '0') + "]"), Catch::StartsWith("f:1:2: has the number \"1000"));
  for (const char* word : {"NaN", "Infinity", "-Infinity", "0x10", "01", "+1", "1_6", ".5", "1."}) {
    INFO(word);
    CHECK_THAT(refused("[" + std::string(word) + "]"), Catch::Contains("this is not JSON"));
  }
  CHECK(parse_json<json>("[1e308, 0e999, -0, 18446744073709551616]", {"f", 1, 0})[1] == 0);
}

TEST_CASE("JSON is read to its end: what follows a NUL byte or the value is refused") {
  CHECK(refused(std::string("{}\0{\"a\": 1}", 11)) == "f:1:3: holds a NUL byte");
  CHECK(refused(std::string("[\"a\0\"]", 6)) == "f:1:4: holds a NUL byte");
  CHECK_THAT(refused("{} {}"), Catch::StartsWith("f:1:4: this is not JSON"));
  CHECK_THAT(refused(""), Catch::StartsWith("f:1:1: this is not JSON"));
  CHECK_THAT(refused("[1, // comment\n2]"), Catch::Contains("this is not JSON"));
  CHECK_THAT(refused("[\"\xFF\"]"), Catch::Contains("this is not JSON"));
  CHECK_THAT(refused(R"(["\ud800"])"), Catch::Contains("this is not JSON"));
}

TEST_CASE("A message about JSON is short and has no control characters, whatever the text holds") {
  const std::string message = refused("[\"" + std::string(100'000, 'x') + "\x1b]0;title\x07");
  CHECK(message.size() < 1000);
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(refused(R"({"\u001b]0;x": 1, "\u001b]0;x": 1})") == "f:1:19: has the key \"\\u001b]0;x\" twice");
}

TEST_CASE("An error in a log names the line number") {
  CHECK_THAT(message_of([] { parse_json<json>("x", {"log.jsonl", 7, 0}); }), Catch::StartsWith("log.jsonl:7:1: "));
}
