// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/result_writer.h>

#include <anda/base/math.h>

namespace anda {

void ResultWriter::begin() {
  blocks_.clear();
  complete_ = 0;
  bits_ = 0;
}

void ResultWriter::open(const ArrayTile& tile, const ActivationFormat& format) {
  Block block;
  block.rows = tile.rows;
  if (tile.compress) {
    const std::uint64_t groups = ceil_div(tile.block_columns, format.group_size);
    block.planes = format.mantissa_bits + 1;
    block.group_size = format.group_size;
    block.shared_bits = format.shared_bits;
    block.packed = format.packed;
    block.left = groups * tile.rows * block.planes;
    block.rows_of_plane.assign(groups * block.planes, 0);
  } else {
    block.value_bits = tile.partial_sums_out ? 32 : 16;
    block.left = tile.rows * tile.block_columns;
  }
  blocks_.push_back(std::move(block));
}

void ResultWriter::plane(std::uint64_t block, std::uint64_t group, std::uint32_t plane) {
  Block& of = blocks_[block - complete_];
  if (++of.rows_of_plane[group * of.planes + plane] == of.rows) {
    BufferWords words;
    const std::uint64_t values = of.rows * of.group_size;
    if (!of.packed) words.data = ceil_div(values, config_.word_bits);
    if (of.packed && plane + 1 == of.planes) words.data = ceil_div(values * of.planes, config_.word_bits);
    if (plane == 0) words.exponent = ceil_div(of.rows * of.shared_bits, config_.exponent_word_bits);
    written_ += words;
  }
  --of.left;
  close();
}

void ResultWriter::values(std::uint64_t block, std::uint64_t count, bool last) {
  Block& of = blocks_[block - complete_];
  bits_ += count * of.value_bits;
  const std::uint64_t word_bits = config_.word_bits;
  const std::uint64_t words = last ? ceil_div(bits_, word_bits) : bits_ / word_bits;
  bits_ = last ? 0 : bits_ % word_bits;
  if (words > 0) written_ += {words, 0};
  of.left -= count;
  close();
}

void ResultWriter::close() {
  while (!blocks_.empty() && blocks_.front().left == 0) {
    blocks_.pop_front();
    ++complete_;
  }
}

}  // namespace anda
