// SPDX-License-Identifier: Apache-2.0
// Runs the codec of an operand format over binary input, so that tests in another language can compare it:
//
//   format_dump FUNCTION FORMAT COUNT [AXIS] < input > output
//
//   encode FORMAT COUNT       float[n * COUNT]            -> n blocks: u32 codes[COUNT], u32 shared[fields]
//   decode FORMAT COUNT       n such blocks               -> float[n * COUNT]
//   row FORMAT K              float[n * K]                -> float[n * K], u8[] as written, a row after another
//   cache FORMAT WIDTH AXIS   u16[tokens * WIDTH]         -> float[tokens * WIDTH], u8[] as encoded
//
// FORMAT is a name, a YAML file or a map of YAML. Exit status 2 and a message where the library refuses the input.
#include <cstdint>
#include <cstring>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <anda/numeric/cache_codec.h>

#include "config/format_file.h"

namespace {

using anda::OperandFormat;

template <class T>
std::vector<T> input() {
  std::ostringstream all;
  if (std::cin.peek() != std::istream::traits_type::eof()) all << std::cin.rdbuf();
  const std::string bytes = all.str();
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

template <class T>
void put(const std::vector<T>& values) {
  std::cout.write(reinterpret_cast<const char*>(values.data()),
                  static_cast<std::streamsize>(values.size() * sizeof(T)));
}

void encode(const OperandFormat& format, std::size_t count) {
  const auto values = input<float>();
  std::vector<std::uint32_t> block(count + format.layout().shared.size());
  for (std::size_t i = 0; i + count <= values.size(); i += count) {
    format.encode(&values[i], count, block.data(), block.data() + count);
    put(block);
  }
}

void decode(const OperandFormat& format, std::size_t count) {
  const auto blocks = input<std::uint32_t>();
  const std::size_t size = count + format.layout().shared.size();
  std::vector<float> values(count);
  for (std::size_t i = 0; i + size <= blocks.size(); i += size) {
    format.decode(&blocks[i], &blocks[i] + count, count, values.data());
    put(values);
  }
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// An error unless what is written is as long as the layout says and reads back as what rounding leaves.
void row(const OperandFormat& given, std::size_t k) {
  const auto values = input<float>();
  const auto fitted = given.fitted(values.data(), values.size() / k, k);
  const OperandFormat& format = fitted ? *fitted : given;
  std::vector<std::uint8_t> all;
  std::vector<float> rounded_all;
  for (std::size_t i = 0; i + k <= values.size(); i += k) {
    std::vector<std::uint8_t> bytes;
    anda::BitWriter out(bytes);
    format.write_row(&values[i], k, out);
    out.fill_byte();
    if (bytes.size() != anda::ceil_div(format.layout().bits(k), 8)) throw std::runtime_error("wrong number of bytes");
    std::vector<float> read(k);
    anda::BitReader in(bytes);
    format.read_row(in, k, read.data());
    std::vector<float> rounded(&values[i], &values[i] + k);
    format.round_row(rounded.data(), k);
    if (!same(read, rounded)) throw std::runtime_error("rounding leaves something else than writing and reading");
    rounded_all.insert(rounded_all.end(), rounded.begin(), rounded.end());
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  put(rounded_all);
  put(all);
}

void cache(const OperandFormat& operand, std::size_t width, const std::string& axis) {
  const auto values = input<anda::Fp16>();
  anda::CacheFormat format;
  format.number = anda::StoredNumber(operand.description());
  format.axis = axis == "token" ? anda::CacheAxis::token : anda::CacheAxis::channel;
  const anda::CacheShape shape{values.size() / width, width, width};
  const std::vector<std::uint8_t> bytes = anda::encode_cache(values.data(), shape, format);
  if (bytes.size() != format.bytes(shape.tokens, width)) throw std::runtime_error("wrong number of bytes");
  const std::vector<float> decoded = anda::decode_cache(bytes, shape.tokens, width, format);
  std::vector<float> rounded;
  for (const anda::Fp16 value : values) rounded.push_back(anda::to_float(value));
  anda::round_cache(rounded.data(), shape, format);
  if (!same(rounded, decoded)) throw std::runtime_error("rounding leaves something else than encoding and decoding");
  put(decoded);
  put(bytes);
}

}  // namespace

int main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() < 3) throw std::runtime_error("usage: format_dump FUNCTION FORMAT COUNT [AXIS]");
    const auto format = anda::sim::load_format(arguments[1], "format");
    const std::size_t count = std::stoul(arguments[2]);
    if (arguments[0] == "encode") encode(*format, count);
    if (arguments[0] == "decode") decode(*format, count);
    if (arguments[0] == "row") row(*format, count);
    if (arguments[0] == "cache") cache(*format, count, arguments.at(3));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
