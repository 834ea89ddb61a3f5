// SPDX-License-Identifier: Apache-2.0
#include "llm/token_file.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "data/npy.h"
#include "files/binary_file.h"
#include "text/text.h"

namespace anda::sim {
namespace {

struct IntegerType {
  std::string_view descriptor;  ///< as numpy writes it
  std::size_t bytes;
  bool has_sign;
};
constexpr std::array<IntegerType, 8> integer_types{{{"|u1", 1, false},
                                                    {"|i1", 1, true},
                                                    {"<u2", 2, false},
                                                    {"<i2", 2, true},
                                                    {"<u4", 4, false},
                                                    {"<i4", 4, true},
                                                    {"<u8", 8, false},
                                                    {"<i8", 8, true}}};

IntegerType integer_type(std::string_view descriptor, const std::string& path) {
  for (const IntegerType& type : integer_types) {
    if (type.descriptor == descriptor) return type;
  }
  throw Error::input(
      fmt::format("{}: holds numbers of type {}, tokens must be integers, little-endian", path, shown(descriptor)));
}

IntegerType integer_type(TokenType type) {
  switch (type) {
    case TokenType::uint8:
      return integer_types[0];
    case TokenType::uint16:
      return integer_types[2];
    case TokenType::int32:
      break;
  }
  return integer_types[5];
}

std::string read_from(const std::string& path, std::uint64_t first_byte) {
  BinaryFile file(path);
  std::string data(file.bytes() - std::min(first_byte, file.bytes()), '\0');
  file.seek(first_byte);
  file.read(data.data(), data.size());
  return data;
}

}  // namespace

bool is_raw_token_file(const std::string& path) { return std::filesystem::path(path).extension() != ".npy"; }

std::vector<std::uint32_t> read_tokens(const std::string& path, TokenType raw_type, std::uint64_t vocabulary) {
  IntegerType type = integer_type(raw_type);
  std::string data;
  if (is_raw_token_file(path)) {
    data = read_from(path, 0);
    if (data.compare(0, 6, "\x93NUMPY") == 0) {
      throw Error::input(
          path +
          ": is a .npy file; give it a name that ends in .npy, or convert it: other files and the standard "
          "input hold integers without a header");
    }
  } else {
    const NpyLayout layout = read_npy_layout(path);
    type = integer_type(layout.descriptor, path);
    layout.check_bytes(path, type.bytes);
    data = read_from(path, layout.first_byte);
  }
  if (data.empty()) throw Error::input(path + ": holds no tokens");
  if (data.size() % type.bytes != 0) {
    throw Error::input(fmt::format("{}: has {} bytes, which are not a whole number of tokens of {} bytes", path,
                                   data.size(), type.bytes));
  }
  std::vector<std::uint32_t> tokens(data.size() / type.bytes);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::uint64_t value = 0;
    for (std::size_t b = type.bytes; b-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(data[i * type.bytes + b]);
    }
    const bool negative = type.has_sign && (value >> (8 * type.bytes - 1)) != 0;
    if (negative || value >= vocabulary) {
      throw Error::input(fmt::format("{}: token {} is {}, must be 0 … {} (the model's vocab_size − 1)", path, i,
                                     negative ? "negative" : std::to_string(value), vocabulary - 1));
    }
    tokens[i] = static_cast<std::uint32_t>(value);
  }
  return tokens;
}

}  // namespace anda::sim
