// SPDX-License-Identifier: Apache-2.0
#include <anda/controller/descriptor.h>

namespace anda {

namespace {

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }
std::uint64_t join(const std::uint32_t* words) { return words[0] | std::uint64_t{words[1]} << 32; }

}  // namespace

std::array<std::uint32_t, GemmDescriptor::words> GemmDescriptor::encode() const {
  return {opcode | static_cast<std::uint32_t>(tile.order) << 8,
          m,
          n,
          k,
          input_mantissa_bits | output_mantissa_bits << 8 | weight_bits << 16,
          tile.m,
          tile.n,
          tile.k,
          low(addresses.activations),
          high(addresses.activations),
          low(addresses.weights),
          high(addresses.weights),
          low(addresses.outputs),
          high(addresses.outputs),
          low(addresses.partial_sums),
          high(addresses.partial_sums)};
}

bool GemmDescriptor::decode(const std::uint32_t* encoded, GemmDescriptor& descriptor) {
  const std::uint32_t order = encoded[0] >> 8;
  if ((encoded[0] & 0xff) != opcode || order > static_cast<std::uint32_t>(LoopOrder::mnk)) return false;
  descriptor.m = encoded[1];
  descriptor.n = encoded[2];
  descriptor.k = encoded[3];
  descriptor.input_mantissa_bits = encoded[4] & 0xff;
  descriptor.output_mantissa_bits = encoded[4] >> 8 & 0xff;
  descriptor.weight_bits = encoded[4] >> 16;
  descriptor.tile = {encoded[5], encoded[6], encoded[7], static_cast<LoopOrder>(order)};
  descriptor.addresses = {join(encoded + 8), join(encoded + 10), join(encoded + 12), join(encoded + 14)};
  return true;
}

}  // namespace anda
