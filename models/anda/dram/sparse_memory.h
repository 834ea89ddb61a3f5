// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_SPARSE_MEMORY_H
#define ANDA_DRAM_SPARSE_MEMORY_H

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace anda {

/// Contents of a large memory of which little is written; what was never written reads as 0.
class SparseMemory {
 public:
  void read(std::uint64_t address, unsigned char* data, std::uint64_t bytes) const;
  void write(std::uint64_t address, const unsigned char* data, std::uint64_t bytes);

 private:
  static constexpr std::uint64_t page_bytes = 1u << 16;
  using Page = std::array<unsigned char, page_bytes>;

  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
};

}  // namespace anda

#endif
