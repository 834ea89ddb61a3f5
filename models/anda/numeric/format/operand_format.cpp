// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/format/operand_format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <anda/numeric/format/formats.h>

namespace anda {
namespace {

constexpr std::size_t most_fields = 16;

}  // namespace

/// Calls each(first, count) for the blocks of a row; elements without blocks count as one block.
template <class Each>
void OperandFormat::over_blocks(std::size_t count, Each each) const {
  const std::size_t block = layout_.block == 0 || layout_.is_float ? count : layout_.block;
  for (std::size_t first = 0; first < count; first += block) each(first, std::min(block, count - first));
}

void OperandFormat::round_row(float* values, std::size_t count) const {
  std::vector<std::uint32_t> codes(layout_.block == 0 ? count : std::min<std::size_t>(count, layout_.block));
  std::array<std::uint32_t, most_fields> shared{};
  over_blocks(count, [&](std::size_t first, std::size_t size) {
    if (codes.size() < size) codes.resize(size);
    encode(values + first, size, codes.data(), shared.data());
    decode(codes.data(), shared.data(), size, values + first);
  });
}

void OperandFormat::write_row(const float* values, std::size_t count, BitWriter& out) const {
  std::vector<std::uint32_t> codes(count);
  std::array<std::uint32_t, most_fields> shared{};
  over_blocks(count, [&](std::size_t first, std::size_t size) {
    encode(values + first, size, codes.data(), shared.data());
    for (std::size_t i = 0; i < size; ++i) out.put(codes[i], layout_.element_bits);
    for (std::size_t i = 0; i < layout_.shared.size(); ++i) out.put(shared[i], layout_.shared[i].bits);
  });
}

void OperandFormat::read_row(BitReader& in, std::size_t count, float* values) const {
  std::vector<std::uint32_t> codes(count);
  std::array<std::uint32_t, most_fields> shared{};
  over_blocks(count, [&](std::size_t first, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) codes[i] = in.take(layout_.element_bits);
    for (std::size_t i = 0; i < layout_.shared.size(); ++i) shared[i] = in.take(layout_.shared[i].bits);
    decode(codes.data(), shared.data(), size, values + first);
  });
}

std::shared_ptr<const OperandFormat> OperandFormat::fitted(const float*, std::size_t, std::size_t) const {
  return nullptr;
}

bool has_integer_mantissas(const OperandFormat& format) {
  const FormatDescription& description = format.description();
  switch (description.family) {
    case FormatFamily::anda:
    case FormatFamily::bfp:
      return true;
    case FormatFamily::mx:
      return description.exponent_bits == std::uint32_t{0};
    case FormatFamily::integer:
      return description.scale == ScaleType::power_of_two && !description.zero_point;
    default:
      return false;
  }
}

void round_tensor(const OperandFormat& format, float* values, std::size_t rows, std::size_t count) {
  const std::shared_ptr<const OperandFormat> fitted = format.fitted(values, rows, count);
  const OperandFormat& used = fitted ? *fitted : format;
  for (std::size_t row = 0; row < rows; ++row) used.round_row(values + row * count, count);
}

std::shared_ptr<const OperandFormat> make_format(const FormatDescription& description) {
  validate(description, "operand format");
  switch (description.family) {
    // clang-format off
    case FormatFamily::floating:   return make_float_format(description);
    case FormatFamily::mx:         return make_mx_format(description);
    case FormatFamily::bfp:        return make_bfp_format(description);
    case FormatFamily::anda:       return make_anda_format(description);
    case FormatFamily::integer:    return make_integer_format(description);
    case FormatFamily::bipolar:    return make_bipolar_format(description);
    case FormatFamily::table:      return make_table_format(description);
    case FormatFamily::binary_sum: return make_binary_sum_format(description);
    case FormatFamily::additive:   return make_additive_format(description);
      // clang-format on
  }
  return nullptr;
}

void FormatError::add(const float* values_, const float* rounded, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const double value = values_[i];
    const double off = double{rounded[i]} - value;
    signal += value * value;
    noise += off * off;
    largest = std::max(largest, std::abs(off));
  }
  values += count;
}

double FormatError::sqnr_db() const {
  if (noise == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

}  // namespace anda
