// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/dot_row.h>

#include <algorithm>
#include <string>

#include <anda/base/error.h>
#include <anda/numeric/reference/dot.h>

namespace anda {

float accumulate(float accumulator, float v, Fp16 scale) {
  // Two roundings, which is why contraction is off. Computing the product in double would not prevent it: GCC and Clang
  // see that double and float agree here, narrow the product and fuse it.
  const float product = v * to_float(scale);
  return accumulator + product;
}

void check_scale_groups(std::size_t k, std::uint32_t group_size, const WeightFormat& weights) {
  if (weights.scale_group % group_size == 0 || k <= weights.scale_group) return;
  throw Error::input("scale_group " + std::to_string(weights.scale_group) + " is not a multiple of group_size " +
                     std::to_string(group_size) + ": a group would need two weight scales");
}

namespace {

void check_scales(const WeightColumn& column) {
  check_format(column.format);
  const std::size_t k = column.values.size();
  if (column.scales.size() < (k + column.format.scale_group - 1) / column.format.scale_group) {
    throw Error::input(std::to_string(k) + " weights have " + std::to_string(column.scales.size()) + " scales only");
  }
}

}  // namespace

DotResult dot_row(const std::vector<AndaGroup>& row, const WeightColumn& column, DotFormat format,
                  OverflowCounts& counts) {
  const std::size_t k = column.values.size();
  const std::size_t group_size = row.empty() ? 0 : row.front().size();
  if (group_size == 0 ? k != 0 : row.size() != (k + group_size - 1) / group_size) {
    throw Error::input(std::to_string(row.size()) + " activation groups of " + std::to_string(group_size) +
                       " do not match " + std::to_string(k) + " weights");
  }
  check_scales(column);
  if (k != 0) check_scale_groups(k, static_cast<std::uint32_t>(group_size), column.format);

  DotResult result;
  for (std::size_t g = 0; g < row.size(); ++g) {
    const std::size_t first = g * group_size;
    const std::size_t valid = std::min(group_size, k - first);  // the padding of the last group has no weights
    // As in the machine, the group's sum times the zero point is one more term.
    const std::int64_t dot =
        dot_group(row[g], &column.values[first], valid) - column.zero_of(first) * sum_group(row[g], valid);
    const float v = scaled_dot(dot, row[g].exponent, row[g].mantissa_bits, format, counts);
    result.sum = accumulate(result.sum, v, column.scale_of(first));
  }
  result.output = round_output(result.sum, counts);
  return result;
}

DotResult dot_row_codes(const Fp16* activations, const WeightColumn& column, OverflowCounts& counts) {
  check_scales(column);
  DotResult result;
  const std::size_t k = column.values.size();
  for (std::size_t first = 0; first < k; first += column.format.scale_group) {
    float part = 0;
    for (std::size_t i = first; i < std::min<std::size_t>(first + column.format.scale_group, k); ++i) {
      const float product = to_float(activations[i]) * static_cast<float>(column.steps_of(i));
      part = part + product;
    }
    result.sum = accumulate(result.sum, part, column.scale_of(first));
  }
  result.output = round_output(result.sum, counts);
  return result;
}

DotResult dot_row_fp16(const Fp16* activations, const Fp16* weights, std::size_t k, OverflowCounts& counts) {
  DotResult result;
  for (std::size_t i = 0; i < k; ++i) {
    result.sum = accumulate(result.sum, to_float(activations[i]), weights[i]);
  }
  result.output = round_output(result.sum, counts);
  return result;
}

}  // namespace anda
