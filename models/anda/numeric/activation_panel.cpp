// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/activation_panel.h>

#include <anda/base/math.h>
#include <anda/numeric/block_layout.h>
#include <anda/numeric/panel_bytes.h>
#include <anda/numeric/simd/kernels.h>

namespace anda {

using panel_bytes::exponent_at;
using panel_bytes::load;
using panel_bytes::store;

ActivationPanel::ActivationPanel(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                 const ActivationFormat& format, const Simd& simd)
    : rows_(rows), k_(format.is_fp16() ? k : round_up(k, format.group_size)), format_(format) {
  if (format.is_fp16()) {
    values_.resize(rows * k);
    simd.to_floats(bytes, rows * k, values_.data());
    return;
  }
  const std::uint32_t bits = format.mantissa_bits;
  const std::uint64_t block = block_bytes(rows, {format.group_size, bits});
  const std::size_t row_bytes = format.group_size / 8;
  const std::size_t plane_bytes = rows * row_bytes;
  const bool halved = bits == max_mantissa_bits;  // ±65535 does not fit in 16 bits
  low_bits_ = halved ? halved_low_bits : 0;
  const std::size_t groups = k_ / format.group_size;
  high_.resize(rows * k_);
  if (halved) low_.resize(rows * k_);
  exponents_.resize(groups * rows);
  for (std::size_t group = 0; group < groups; ++group, bytes += block) {
    const std::uint8_t* exponents = bytes + (bits + 1) * plane_bytes;
    for (std::size_t row = 0; row < rows; ++row) {
      exponents_[group * rows + row] = static_cast<std::uint8_t>(exponent_at(exponents, row));
      const std::uint8_t* at = bytes + row * row_bytes;
      const std::size_t to = row * k_ + group * format.group_size;
      simd.unpack_planes({at, plane_bytes, format.group_size, 1, bits - low_bits_, &high_[to]});
      if (halved) simd.unpack_planes({at, plane_bytes, format.group_size, bits, 1, &low_[to]});
    }
  }
}

ActivationPanel ActivationPanel::aligned(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                         const GroupFormat& format, NonFiniteCounts& replaced, const Simd& simd) {
  check_format(format, max_aligned_bits);
  ActivationPanel panel;
  panel.rows_ = rows;
  panel.k_ = round_up(k, format.group_size);
  panel.format_ = {format.mantissa_bits, format.group_size};
  if (format.mantissa_bits >= max_mantissa_bits) {
    panel.low_bits_ = format.mantissa_bits == max_mantissa_bits ? halved_low_bits : wide_low_bits;
  }
  panel.high_.resize(rows * panel.k_);
  if (panel.low_bits_ != 0) panel.low_.resize(rows * panel.k_);
  panel.exponents_.resize(panel.k_ / format.group_size * rows);
  const auto align = [&](const std::uint8_t* values) {
    return simd.align({values, rows, k, format.group_size, format.mantissa_bits, panel.low_bits_, panel.high_.data(),
                       panel.low_bits_ != 0 ? panel.low_.data() : nullptr, panel.k_, panel.exponents_.data()});
  };
  if (align(bytes)) return panel;
  std::vector<std::uint8_t> finite(2 * rows * k);
  for (std::size_t i = 0; i < rows * k; ++i) {
    store(&finite[2 * i], make_finite(load(bytes + 2 * i), NonFinite::saturate, {}, i, replaced));
  }
  align(finite.data());
  return panel;
}

}  // namespace anda
