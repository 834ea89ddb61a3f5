// SPDX-License-Identifier: Apache-2.0
// Runs one function of the numeric library over binary input, so that tests in another language can compare it:
//
//   numeric_dump FUNCTION [ARGUMENT…] < input > output
//
// Input and output are arrays in the byte order of the machine; usage() lists them. Exit status 2 and a message on
// standard error when the library refuses the input.
#include <cstring>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <anda/numeric/cache_codec.h>
#include <anda/numeric/reference/block.h>
#include <anda/numeric/reference/dot.h>
#include <anda/numeric/reference/dot_row.h>
#include <anda/numeric/reference/serial_aligner.h>
#include <anda/numeric/reference/weight_column.h>
#include <anda/numeric/vector_math.h>

namespace {

using anda::Fp16;

const char usage[] =
    "to_fp16                                   double[]                                -> u16[]\n"
    "to_float                                  u16[]                                   -> float[]\n"
    "encode G M refuse|saturate                u16[n*G]          -> n of {u8 exponent, u8 negative[G], u32 "
    "mantissa[G]}\n"
    "block G M ROWS formula|serial             u16[n*ROWS*G]                           -> n blocks\n"
    "group_dot G M BITS integer|planes         u16[n*G], i8[n*G]                       -> i64[n]\n"
    "row K G M BITS SCALE_GROUP fp16|fp32      u16[n*K], i8[n*K], u16[n*SCALES]        -> n of {float sum, u32 "
    "output,\n"
    "                                                                    u32 group overflows, u32 output overflows}\n"
    "row_fp16 K BITS SCALE_GROUP               as row                                  -> as row\n"
    "quantise BITS SCALE_GROUP                 float[K]            -> i8[K], u16 dequantised[K], u16 scales[]\n"
    "cache NUMBER BITS GROUP AXIS HEAD_DIM     u16[tokens*HEAD_DIM] -> float[tokens*HEAD_DIM], u8[] as encoded\n"
    "vector exp2|exp|reciprocal|root|silu|gelu float[]                                 -> float[]\n"
    "vector_sum N                              float[n*N]                              -> float[n]\n"
    "pack BITS                                 i8[]                                    -> u8[]\n"
    "unpack BITS COUNT                         u8[]                                    -> i8[COUNT]\n";

/// Standard input, taken from the front.
class Input {
 public:
  Input() : bytes_(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()) {}

  std::size_t left() const { return bytes_.size() - position_; }

  template <class T>
  std::vector<T> take(std::size_t count) {
    if (count * sizeof(T) > left()) throw std::runtime_error("input is too short");
    std::vector<T> values(count);
    if (count != 0) std::memcpy(values.data(), bytes_.data() + position_, count * sizeof(T));
    position_ += count * sizeof(T);
    return values;
  }
  template <class T>
  std::vector<T> take_all() {
    return take<T>(left() / sizeof(T));
  }

 private:
  std::vector<char> bytes_;
  std::size_t position_ = 0;
};

template <class T>
void put(const T* values, std::size_t count) {
  std::cout.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(T)));
}
template <class T>
void put(const std::vector<T>& values) {
  put(values.data(), values.size());
}
template <class T>
void put(const T& value) {
  put(&value, 1);
}

/// The words of the command line after the function's name.
class Arguments {
 public:
  Arguments(int count, char** words) : words_(words, words + count) {}

  const std::string& word(std::size_t i) const { return words_.at(i); }
  std::uint32_t number(std::size_t i) const { return static_cast<std::uint32_t>(std::stoul(words_.at(i))); }
  /// True for `yes`, false for `no`.
  bool choice(std::size_t i, const std::string& yes, const std::string& no) const {
    if (words_.at(i) != yes && words_.at(i) != no) throw std::runtime_error(words_.at(i) + " is not " + yes + "|" + no);
    return words_.at(i) == yes;
  }

 private:
  std::vector<std::string> words_;
};

anda::AndaGroup encode(const Fp16* values, const anda::GroupFormat& format, anda::NonFinite policy,
                       anda::NonFiniteCounts& counts) {
  return anda::encode_group(values, format.group_size, format, policy, {"stdin", 0}, counts);
}

void to_fp16(const Arguments&, Input& input) {
  for (const double value : input.take_all<double>()) put(anda::to_fp16(value));
}

void to_float(const Arguments&, Input& input) {
  for (const Fp16 value : input.take_all<Fp16>()) put(anda::to_float(value));
}

void encode(const Arguments& arguments, Input& input) {
  const anda::GroupFormat format{arguments.number(0), arguments.number(1)};
  const auto policy = arguments.choice(2, "saturate", "refuse") ? anda::NonFinite::saturate : anda::NonFinite::refuse;
  anda::NonFiniteCounts counts;
  const auto values = input.take_all<Fp16>();
  for (std::size_t i = 0; i < values.size(); i += format.group_size) {
    const anda::AndaGroup group = encode(&values[i], format, policy, counts);
    put(static_cast<std::uint8_t>(group.exponent));
    put(group.negative);
    put(group.mantissa);
  }
  std::cerr << "infinities " << counts.infinities << " nans " << counts.nans << "\n";
}

void block(const Arguments& arguments, Input& input) {
  const anda::GroupFormat format{arguments.number(0), arguments.number(1)};
  const std::size_t rows = arguments.number(2);
  const bool serial = arguments.choice(3, "serial", "formula");
  anda::NonFiniteCounts counts;
  while (input.left() > 0) {
    const auto values = input.take<Fp16>(rows * format.group_size);
    std::vector<anda::PlaneGroup> groups;
    for (std::size_t r = 0; r < rows; ++r) {
      const Fp16* row = &values[r * format.group_size];
      groups.push_back(serial ? anda::SerialAligner(row, format.group_size).run(format.mantissa_bits)
                              : anda::to_planes(encode(row, format, anda::NonFinite::refuse, counts)));
    }
    const auto bytes = anda::pack_block(groups);
    if (anda::unpack_block(bytes, rows, format) != groups) throw std::runtime_error("a block did not come back");
    put(bytes);
  }
}

void group_dot(const Arguments& arguments, Input& input) {
  const anda::GroupFormat format{arguments.number(0), arguments.number(1)};
  const std::uint32_t bits = arguments.number(2);
  const bool planes = arguments.choice(3, "planes", "integer");
  anda::NonFiniteCounts counts;
  const auto values = input.take<Fp16>(input.left() / 3);  // two bytes of activation beside one of weight
  const auto weights = input.take_all<std::int8_t>();
  for (std::size_t i = 0; i < values.size(); i += format.group_size) {
    const anda::AndaGroup group = encode(&values[i], format, anda::NonFinite::refuse, counts);
    put(planes ? anda::dot_group(anda::to_planes(group), anda::to_weight_planes(&weights[i], format.group_size, bits))
               : anda::dot_group(group, &weights[i], format.group_size));
  }
}

void put_result(const anda::DotResult& result, const anda::OverflowCounts& counts) {
  put(result.sum);
  put(std::uint32_t{result.output.bits});
  put(static_cast<std::uint32_t>(counts.group_dots));
  put(static_cast<std::uint32_t>(counts.outputs));
}

/// Calls function(activations, column) for every case in the input.
template <class Function>
void for_each_case(Input& input, std::size_t k, const anda::WeightFormat& format, Function function) {
  const std::size_t scales = (k + format.scale_group - 1) / format.scale_group;
  const std::size_t cases = input.left() / (3 * k + 2 * scales);
  const auto values = input.take<Fp16>(cases * k);
  const auto weights = input.take<std::int8_t>(cases * k);
  const auto all_scales = input.take<Fp16>(cases * scales);
  for (std::size_t c = 0; c < cases; ++c) {
    anda::WeightColumn column{format, {&weights[c * k], &weights[c * k] + k}, {}};
    for (std::size_t s = 0; s < scales; ++s) column.scales.push_back(all_scales[c * scales + s]);
    function(&values[c * k], column);
  }
}

void row(const Arguments& arguments, Input& input) {
  const std::size_t k = arguments.number(0);
  const anda::GroupFormat format{arguments.number(1), arguments.number(2)};
  const auto dot_format = arguments.choice(5, "fp16", "fp32") ? anda::DotFormat::fp16 : anda::DotFormat::fp32;
  for_each_case(
      input, k, {arguments.number(3), arguments.number(4)}, [&](const Fp16* values, const anda::WeightColumn& column) {
        anda::check_column(column);
        anda::NonFiniteCounts replaced;
        const auto groups = anda::encode_row(values, k, format, anda::NonFinite::refuse, {"stdin", 0}, replaced);
        anda::OverflowCounts counts;
        const anda::DotResult result = anda::dot_row(groups, column, dot_format, counts);
        put_result(result, counts);
      });
}

void row_fp16(const Arguments& arguments, Input& input) {
  const std::size_t k = arguments.number(0);
  for_each_case(input, k, {arguments.number(1), arguments.number(2)},
                [&](const Fp16* values, const anda::WeightColumn& column) {
                  anda::OverflowCounts counts;
                  const auto result = anda::dot_row_fp16(values, anda::dequantise(column).data(), k, counts);
                  put_result(result, counts);
                });
}

void quantise(const Arguments& arguments, Input& input) {
  const auto column = anda::quantise(input.take_all<float>(), {arguments.number(0), arguments.number(1)});
  put(column.values);
  put(anda::dequantise(column));
  put(column.scales);
}

/// As encoded and decoded; an error unless rounding leaves the same.
void cache(const Arguments& arguments, Input& input) {
  anda::CacheFormat format;
  for (const auto& choice : anda::cache_numbers) {
    if (arguments.word(0) == choice.name) format.number = choice.value;
  }
  format.bits = arguments.number(1);
  format.group = arguments.number(2);
  format.axis = arguments.choice(3, "token", "channel") ? anda::CacheAxis::token : anda::CacheAxis::channel;
  const std::size_t head_dim = arguments.number(4);
  const auto values = input.take_all<Fp16>();
  const anda::CacheShape shape{values.size() / head_dim, head_dim, head_dim};
  const std::vector<std::uint8_t> bytes = anda::encode_cache(values.data(), shape, format);
  const std::vector<float> decoded = anda::decode_cache(bytes, shape.tokens, head_dim, format);
  std::vector<float> rounded;
  for (const Fp16 value : values) rounded.push_back(anda::to_float(value));
  anda::round_cache(rounded.data(), shape, format);
  if (std::memcmp(rounded.data(), decoded.data(), decoded.size() * sizeof(float)) != 0) {
    throw std::runtime_error("rounding leaves something else than encoding and decoding");
  }
  put(decoded);
  put(bytes);
}

void vector(const Arguments& arguments, Input& input) {
  const std::map<std::string, float (*)(float)> functions{
      {"exp2", anda::vector_exp2}, {"exp", anda::vector_exp},   {"reciprocal", anda::vector_reciprocal},
      {"silu", anda::vector_silu}, {"gelu", anda::vector_gelu}, {"root", anda::vector_reciprocal_root}};
  std::vector<float> values = input.take_all<float>();
  for (float& value : values) value = functions.at(arguments.word(0))(value);
  put(values);
}

void vector_sum(const Arguments& arguments, Input& input) {
  std::vector<float> sums;
  while (input.left() > 0) {
    anda::VectorSum sum;
    const std::vector<float> row = input.take<float>(arguments.number(0));
    for (std::size_t i = 0; i < row.size(); ++i) sum.add(i, row[i]);
    sums.push_back(sum.total());
  }
  put(sums);
}

void pack(const Arguments& arguments, Input& input) {
  put(anda::pack_weights(input.take_all<std::int8_t>(), arguments.number(0)));
}

void unpack(const Arguments& arguments, Input& input) {
  put(anda::unpack_weights(input.take_all<std::uint8_t>(), arguments.number(1), arguments.number(0)));
}

}  // namespace

int main(int argc, char* argv[]) {
  const std::map<std::string, void (*)(const Arguments&, Input&)> functions{
      {"to_fp16", to_fp16},      {"to_float", to_float}, {"encode", encode}, {"block", block},
      {"group_dot", group_dot},  {"row", row},           {"pack", pack},     {"row_fp16", row_fp16},
      {"quantise", quantise},    {"unpack", unpack},     {"cache", cache},   {"vector", vector},
      {"vector_sum", vector_sum}};
  const auto function = functions.find(argc > 1 ? argv[1] : "");
  if (function == functions.end()) {
    std::cerr << "usage: numeric_dump FUNCTION [ARGUMENT…] < input > output\n" << usage;
    return 2;
  }
  try {
    Input input;
    function->second(Arguments(argc - 2, argv + 2), input);
    std::cout.flush();
    return std::cout ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
