// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_LINK_MESSAGE_H
#define ANDA_LINK_LINK_MESSAGE_H

#include <cstdint>

namespace anda {

/// A transfer of bytes from one node's memory to another's.
struct LinkMessage {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint64_t bytes = 0;
  std::uint64_t source = 0;       ///< address in the memory of `from`
  std::uint64_t destination = 0;  ///< address in the memory of `to`
};

/// Global addresses: the node number in the bits above the memory address.
inline constexpr std::uint32_t node_address_bits = 48;
inline constexpr std::uint64_t node_memory_bytes = std::uint64_t{1} << node_address_bits;

constexpr std::uint64_t link_address(std::uint32_t node, std::uint64_t address) {
  return std::uint64_t{node} << node_address_bits | address;
}
constexpr std::uint32_t node_of(std::uint64_t link_address) {
  return static_cast<std::uint32_t>(link_address >> node_address_bits);
}
constexpr std::uint64_t memory_address_of(std::uint64_t link_address) { return link_address % node_memory_bytes; }

}  // namespace anda

#endif
