// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "app/llm_test_files.h"
#include "app/trace_test_files.h"
#include "llm/token_file.h"

using namespace anda::sim;
using namespace llm_test;
using trace_test::Folder;

namespace {

/// A file of numpy's.
std::string npy(const Folder& folder, const std::string& type, const std::string& shape, const std::string& data) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(118, ' ');
  return folder.file("t.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + data);
}

}  // namespace

TEST_CASE("Tokens of every integer type, up to the largest that it holds") {
  const Folder folder;
  struct Case {
    std::string type;
    std::size_t bytes;
    std::uint64_t largest;  // of the type, or of a token
  };
  const std::uint64_t largest_token = 0xFFFF'FFFF;
  const std::vector<Case> cases = {{"|u1", 1, 0xFF},          {"|i1", 1, 0x7F},         {"<u2", 2, 0xFFFF},
                                   {"<i2", 2, 0x7FFF},        {"<u4", 4, 0xFFFF'FFFF},  {"<i4", 4, 0x7FFF'FFFF},
                                   {"<u8", 8, largest_token}, {"<i8", 8, largest_token}};
  for (const Case& each : cases) {
    INFO(each.type);
    const auto little_endian = [&](std::uint64_t value) {
      std::string text;
      for (std::size_t i = 0; i < each.bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
      return text;
    };
    const auto file = [&](std::uint64_t last) {
      return npy(folder, each.type, "(3,)", little_endian(1) + little_endian(0x52) + little_endian(last));
    };
    CHECK(read_tokens(file(each.largest), TokenType::uint16, each.largest + 1) ==
          std::vector<std::uint32_t>{1, 0x52, static_cast<std::uint32_t>(each.largest)});
    const std::string too_large = refusal([&] { read_tokens(file(each.largest), TokenType::uint16, each.largest); });
    CHECK_THAT(too_large,
               Catch::Contains(fmt::format("token 2 is {}, must be 0 … {}", each.largest, each.largest - 1)));
    // The highest bit is the sign of the types that have one.
    const std::uint64_t highest = std::uint64_t{1} << (8 * each.bytes - 1);
    const std::string of_highest = refusal([&] { read_tokens(file(highest), TokenType::uint16, 0x53); });
    CHECK_THAT(of_highest,
               Catch::Contains(each.type[1] == 'i' ? "token 2 is negative" : fmt::format("token 2 is {},", highest)));
  }
}

TEST_CASE("A .npy file named like a raw one is refused as a file of integers") {
  const Folder folder;
  const std::string named = npy(folder, "<u2", "(1,)", std::string("\x01\x00", 2));
  CHECK(read_tokens(named, TokenType::uint8, 2) == std::vector<std::uint32_t>{1});
  const std::string raw = folder.file("tokens.bin", std::string("\x93NUMPY\x01\x00", 8));
  CHECK_THAT(refusal([&] { read_tokens(raw, TokenType::uint8, 256); }),
             Catch::Contains("tokens.bin: is a .npy file; give it a name that ends in .npy"));
}
