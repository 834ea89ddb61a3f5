// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/sparse_memory.h>

#include <algorithm>
#include <cstring>

namespace anda {

void SparseMemory::read(std::uint64_t address, unsigned char* data, std::uint64_t bytes) const {
  while (bytes > 0) {
    const std::uint64_t offset = address % page_bytes;
    const std::uint64_t part = std::min(bytes, page_bytes - offset);
    const auto page = pages_.find(address / page_bytes);
    if (page == pages_.end()) {
      std::memset(data, 0, part);
    } else {
      std::memcpy(data, page->second->data() + offset, part);
    }
    address += part;
    data += part;
    bytes -= part;
  }
}

void SparseMemory::write(std::uint64_t address, const unsigned char* data, std::uint64_t bytes) {
  while (bytes > 0) {
    const std::uint64_t offset = address % page_bytes;
    const std::uint64_t part = std::min(bytes, page_bytes - offset);
    std::memcpy(page(address) + offset, data, part);
    address += part;
    data += part;
    bytes -= part;
  }
}

unsigned char* SparseMemory::page(std::uint64_t address) {
  std::unique_ptr<Page>& page = pages_[address / page_bytes];
  if (!page) page = std::make_unique<Page>();
  return page->data();
}

}  // namespace anda
