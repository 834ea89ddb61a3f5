// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_SPARSE_MEMORY_H
#define ANDA_DRAM_SPARSE_MEMORY_H

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace anda {

/// Contents of a large, mostly unwritten memory; bytes never written read as 0.
class SparseMemory {
 public:
  void read(std::uint64_t address, unsigned char* data, std::uint64_t bytes) const;
  void write(std::uint64_t address, const unsigned char* data, std::uint64_t bytes);

  /// The bytes of the page that contains an address; they stay in place until clear().
  static constexpr std::uint64_t page_bytes = 1u << 16;
  unsigned char* page(std::uint64_t address);

  void clear() { pages_.clear(); }

 private:
  using Page = std::array<unsigned char, page_bytes>;

  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;
};

}  // namespace anda

#endif
