// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/encoded_panel.h>

#include <algorithm>

#include <anda/numeric/format/operand_format.h>
#include <anda/numeric/panel_codec.h>

namespace anda {
namespace {

/// Groups side by side, one of each row or column ("line"): their codes, line by line, and their shared fields.
class GroupColumn {
 public:
  GroupColumn(const OperandFormat& operand, std::size_t lines, std::size_t size)
      : operand_(operand),
        lines_(lines),
        size_(size),
        fields_(operand.layout().shared.size()),
        codes_(lines * size),
        shared_(lines * fields_ + 1) {}

  void encode(std::size_t line, const float* values, std::size_t count) {
    operand_.encode(values, count, &codes_[line * size_], &shared_[line * fields_]);
  }
  void decode(std::size_t line, std::size_t count, float* values) const {
    operand_.decode(&codes_[line * size_], &shared_[line * fields_], count, values);
  }

  /// Calls each(code) in memory order: line by line, or all lines of one element, then of the next.
  template <class Each>
  void over_codes(bool by_line, std::size_t count, Each each) {
    if (by_line) {
      for (std::uint32_t& code : codes_) each(code);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t line = 0; line < lines_; ++line) each(codes_[line * size_ + i]);
    }
  }

  std::uint8_t* write(bool by_line, std::size_t count, std::uint8_t* bytes) {
    std::vector<std::uint8_t> written;
    BitWriter out(written);
    over_codes(by_line, count, [&](std::uint32_t code) { out.put(code, operand_.layout().element_bits); });
    out.fill_byte();
    over_shared([&](std::uint32_t& field, std::uint32_t bits) { out.put(field, bits); });
    out.fill_byte();
    return std::copy(written.begin(), written.end(), bytes);
  }
  const std::uint8_t* read(bool by_line, std::size_t count, const std::uint8_t* bytes) {
    const std::size_t element_bytes = ceil_div((by_line ? size_ : count) * lines_ * operand_.layout().element_bits, 8);
    const std::size_t size = element_bytes + ceil_div(lines_ * operand_.layout().shared_bits(), 8);
    const std::vector<std::uint8_t> from(bytes, bytes + size);
    BitReader in(from);
    over_codes(by_line, count, [&](std::uint32_t& code) { code = in.take(operand_.layout().element_bits); });
    in.skip_to_byte();
    over_shared([&](std::uint32_t& field, std::uint32_t bits) { field = in.take(bits); });
    return bytes + size;
  }

 private:
  template <class Each>
  void over_shared(Each each) {
    for (std::size_t i = 0; i < lines_ * fields_; ++i) each(shared_[i], operand_.layout().shared[i % fields_].bits);
  }

  const OperandFormat& operand_;
  std::size_t lines_;
  std::size_t size_;
  std::size_t fields_;
  std::vector<std::uint32_t> codes_;
  std::vector<std::uint32_t> shared_;
};

/// Calls each(first, count) for the groups along k.
template <class Each>
void over_groups(std::size_t k, std::size_t group, Each each) {
  for (std::size_t first = 0; first < k; first += group) each(first, std::min(group, k - first));
}

}  // namespace

std::uint64_t pack_encoded(const Fp16* values, std::size_t stride, std::size_t rows, std::size_t k,
                           const ActivationFormat& format, std::uint8_t* bytes) {
  std::uint64_t zeroed = 0;
  std::vector<float> line(format.group_size);
  std::vector<float> left(format.group_size);
  over_groups(k, format.group_size, [&](std::size_t first, std::size_t count) {
    GroupColumn groups(*format.operand, rows, format.group_size);
    for (std::size_t row = 0; row < rows; ++row) {
      std::transform(values + row * stride + first, values + row * stride + first + count, line.begin(), to_float);
      groups.encode(row, line.data(), count);
      groups.decode(row, count, left.data());
      for (std::size_t i = 0; i < count; ++i) {
        if (left[i] == 0 && line[i] != 0) ++zeroed;
      }
    }
    bytes = groups.write(true, count, bytes);
  });
  return zeroed;
}

void unpack_encoded(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const ActivationFormat& format,
                    float* values, std::size_t stride) {
  GroupColumn groups(*format.operand, rows, format.group_size);
  over_groups(k, format.group_size, [&](std::size_t first, std::size_t count) {
    bytes = groups.read(true, count, bytes);
    for (std::size_t row = 0; row < rows; ++row) groups.decode(row, count, values + row * stride + first);
  });
}

std::vector<std::uint8_t> decode_activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                             const ActivationFormat& format) {
  std::vector<Fp16> halves(rows * k);
  unpack_activations(bytes, rows, k, format, halves.data(), k);
  std::vector<std::uint8_t> panel(2 * rows * k);
  EncodingLoss none;
  pack_activations(halves.data(), k, rows, k, ActivationFormat(), panel.data(), none);
  return panel;
}

void pack_encoded(const float* values, std::size_t stride, std::size_t k, std::size_t columns,
                  const WeightFormat& format, std::uint8_t* bytes) {
  std::vector<float> line(format.scale_group);
  over_groups(k, format.scale_group, [&](std::size_t first, std::size_t count) {
    GroupColumn groups(*format.operand, columns, format.scale_group);
    for (std::size_t column = 0; column < columns; ++column) {
      for (std::size_t i = 0; i < count; ++i) line[i] = values[(first + i) * stride + column];
      groups.encode(column, line.data(), count);
    }
    bytes = groups.write(false, count, bytes);
  });
}

void unpack_encoded(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                    float* values, std::size_t stride) {
  std::vector<float> line(format.scale_group);
  GroupColumn groups(*format.operand, columns, format.scale_group);
  over_groups(k, format.scale_group, [&](std::size_t first, std::size_t count) {
    bytes = groups.read(false, count, bytes);
    for (std::size_t column = 0; column < columns; ++column) {
      groups.decode(column, count, line.data());
      for (std::size_t i = 0; i < count; ++i) values[(first + i) * stride + column] = line[i];
    }
  });
}

std::vector<std::uint8_t> decode_weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                                         const WeightFormat& format) {
  std::vector<float> values(k * columns);
  unpack_encoded(bytes, k, columns, format, values.data(), columns);
  std::vector<Fp16> halves(values.size());
  std::transform(values.begin(), values.end(), halves.begin(), [](float value) { return to_fp16(value); });
  std::vector<std::uint8_t> panel(2 * halves.size());
  pack_weights(halves.data(), columns, k, columns, panel.data());
  return panel;
}

}  // namespace anda
