// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_BIT_STREAM_H
#define ANDA_NUMERIC_FORMAT_BIT_STREAM_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace anda {

/// Writes numbers of up to 32 bits consecutively, lowest bit first.
class BitWriter {
 public:
  explicit BitWriter(std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}

  void put(std::uint32_t value, std::uint32_t bits) {
    window_ |= std::uint64_t{value} << pending_;
    for (pending_ += bits; pending_ >= 8; pending_ -= 8, window_ >>= 8) {
      bytes_.push_back(static_cast<std::uint8_t>(window_ & 0xFF));
    }
  }
  void fill_byte() {
    if (pending_ > 0) put(0, 8 - pending_);
  }

 private:
  std::vector<std::uint8_t>& bytes_;
  std::uint64_t window_ = 0;
  std::uint32_t pending_ = 0;
};

/// Reads numbers that BitWriter wrote.
class BitReader {
 public:
  explicit BitReader(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}

  std::uint32_t take(std::uint32_t bits) {
    for (; available_ < bits; available_ += 8) window_ |= std::uint64_t{bytes_.at(next_++)} << available_;
    const auto value = static_cast<std::uint32_t>(window_ & ((std::uint64_t{1} << bits) - 1));
    window_ >>= bits;
    available_ -= bits;
    return value;
  }
  void skip_to_byte() {
    available_ = 0;
    window_ = 0;
  }

 private:
  const std::vector<std::uint8_t>& bytes_;
  std::size_t next_ = 0;
  std::uint64_t window_ = 0;
  std::uint32_t available_ = 0;
};

}  // namespace anda

#endif
