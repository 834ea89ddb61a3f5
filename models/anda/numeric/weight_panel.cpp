// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/weight_panel.h>

#include <algorithm>

#include <anda/base/math.h>
#include <anda/numeric/panel_bytes.h>
#include <anda/numeric/simd/kernels.h>

namespace anda {

using panel_bytes::load;
using panel_bytes::over_scale_groups;
using panel_bytes::scale_at;
using panel_bytes::WeightReader;

WeightPanel::WeightPanel(const float* numbers, std::size_t stride, std::size_t k, std::size_t columns)
    : k_(k),
      columns_(columns),
      padded_columns_(round_up(columns, kernel_columns)),
      format_(WeightFormat::fp16(1)),
      values_(k * padded_columns_, 0) {
  for (std::size_t i = 0; i < k; ++i) std::copy_n(numbers + i * stride, columns, &values_[i * padded_columns_]);
}

WeightPanel::WeightPanel(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                         Kind kind, std::size_t group_size)
    : k_(kind == Kind::integer ? round_up(k, group_size) : k),
      columns_(columns),
      padded_columns_(round_up(columns, kernel_columns)),
      format_(format) {
  const bool scaled = kind == Kind::integer || kind == Kind::code;
  if (scaled) scales_.resize(ceil_div(k, format.scale_group) * padded_columns_, 0);
  if (kind == Kind::integer) {
    pairs_.resize(k_ * padded_columns_, 0);
  } else {
    values_.resize(k_ * padded_columns_, 0);
  }
  if (format.is_fp16()) {
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t c = 0; c < columns; ++c, bytes += 2) values_[i * padded_columns_ + c] = to_float(load(bytes));
    }
    return;
  }
  over_scale_groups(
      bytes, k, columns, format,
      [&](std::size_t first, std::size_t count, const std::uint8_t* packed, const std::uint8_t* packed_scales,
          const std::uint8_t* packed_zeros) {
        WeightReader reader(packed, format.bits);
        std::vector<std::int32_t> zeros(columns, 0);
        if (format.has_zero_points()) {
          WeightReader zero(packed_zeros, format.bits);
          for (std::int32_t& value : zeros) value = zero.next();
        }
        std::vector<float> scales(columns);
        for (std::size_t c = 0; c < columns; ++c) scales[c] = to_float(scale_at(packed_scales, c, format));
        if (scaled) {
          std::copy(scales.begin(), scales.end(),
                    scales_.begin() + static_cast<std::ptrdiff_t>(first / format.scale_group * padded_columns_));
        }
        // A scale group has few codes and many weights, so each code is converted once.
        const std::size_t codes = std::size_t{1} << format.bits;
        const std::int32_t lowest = -(std::int32_t{1} << (format.bits - 1));
        std::vector<float> table(kind == Kind::integer ? 0 : columns * codes);
        for (std::size_t entry = 0; entry < table.size(); ++entry) {
          const std::int32_t code = lowest + static_cast<std::int32_t>(entry % codes) - zeros[entry / codes];
          const float exact = static_cast<float>(code) * (scaled ? 1 : scales[entry / codes]);  // 9 by 11 bits
          table[entry] = kind == Kind::fp16 ? to_float(to_fp16(exact)) : exact;
        }
        for (std::size_t i = first; i < first + count; ++i) {
          std::int16_t* pairs = kind == Kind::integer ? &pairs_[i / 2 * 2 * padded_columns_ + i % 2] : nullptr;
          float* values = kind == Kind::integer ? nullptr : &values_[i * padded_columns_];
          for (std::size_t c = 0; c < columns; ++c) {
            const std::int32_t code = reader.next();
            if (kind == Kind::integer) {
              pairs[2 * c] = static_cast<std::int16_t>(code - zeros[c]);
              continue;
            }
            values[c] = table[c * codes + static_cast<std::size_t>(code - lowest)];
          }
        }
      });
}

}  // namespace anda
