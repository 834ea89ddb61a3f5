// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_RESULT_WRITER_H
#define ANDA_BUFFER_RESULT_WRITER_H

#include <cstdint>
#include <deque>
#include <vector>

#include <anda/buffer/activation_buffer.h>

namespace anda {

/// Level cycle: packs results into words of the activation buffer: bit planes of a row of tiles side by side, or FP16
/// and FP32 values one after another. The DMA may fetch a block of results when the last of its words is written.
class ResultWriter {
 public:
  explicit ResultWriter(ActivationBuffer& buffer) : buffer_(buffer) {}

  void begin();

  /// The next block will hold rows × columns results in this format, or FP32 values.
  void open_planes(std::uint64_t rows, std::uint64_t columns, const ActivationFormat& format);
  void open_values(std::uint64_t rows, std::uint64_t columns, std::uint32_t bits);

  /// The plane of one row of a group; plane 0 is the sign plane, with which the exponent comes.
  void plane(std::uint64_t block, std::uint64_t group, std::uint32_t plane);
  /// `last`: the values after them begin a word of their own.
  void values(std::uint64_t block, std::uint64_t count, bool last);

  /// Blocks that are complete, counted from the first of the GeMM.
  const std::uint64_t& complete() const { return complete_; }

 private:
  struct Block {
    std::uint64_t rows = 0;
    std::uint64_t left = 0;  ///< planes of a row, or values
    std::uint32_t planes = 0;
    std::uint32_t group_size = 0;
    std::uint32_t value_bits = 0;
    std::vector<std::uint64_t> rows_of_plane;  ///< that have come, [group][plane]
  };

  void close();

  ActivationBuffer& buffer_;
  std::deque<Block> blocks_;
  std::uint64_t complete_ = 0;
  std::uint64_t bits_ = 0;  ///< of a word of values that is not full
};

}  // namespace anda

#endif
