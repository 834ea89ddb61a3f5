// SPDX-License-Identifier: Apache-2.0
#include <anda/control/descriptor.h>

#include <anda/control/register_table.h>

namespace anda {

namespace {

constexpr std::uint32_t most_loop_order = static_cast<std::uint32_t>(LoopOrder::mnk);

void set_address(std::uint32_t* words, std::uint32_t low, std::uint32_t high, std::uint64_t address) {
  anda_set_field(words, low, static_cast<std::uint32_t>(address));
  anda_set_field(words, high, static_cast<std::uint32_t>(address >> 32));
}

std::uint64_t get_address(const std::uint32_t* words, std::uint32_t low, std::uint32_t high) {
  return anda_get_field(words, low) | std::uint64_t{anda_get_field(words, high)} << 32;
}

}  // namespace

std::array<std::uint32_t, GemmDescriptor::words> GemmDescriptor::encode() const {
  std::array<std::uint32_t, words> encoded{};
  std::uint32_t* const to = encoded.data();
  anda_set_field(to, ANDA_DESCRIPTOR_OPCODE, ANDA_OPCODE_GEMM);
  anda_set_field(to, ANDA_DESCRIPTOR_LOOP_ORDER, static_cast<std::uint32_t>(tile.order));
  anda_set_field(to, ANDA_DESCRIPTOR_M, m);
  anda_set_field(to, ANDA_DESCRIPTOR_N, n);
  anda_set_field(to, ANDA_DESCRIPTOR_K, k);
  anda_set_field(to, ANDA_DESCRIPTOR_INPUT_BITS, input_mantissa_bits);
  anda_set_field(to, ANDA_DESCRIPTOR_OUTPUT_BITS, output_mantissa_bits);
  anda_set_field(to, ANDA_DESCRIPTOR_WEIGHT_BITS, weight_bits);
  anda_set_field(to, ANDA_DESCRIPTOR_STEP_M, tile.m);
  anda_set_field(to, ANDA_DESCRIPTOR_STEP_N, tile.n);
  anda_set_field(to, ANDA_DESCRIPTOR_STEP_K, tile.k);
  set_address(to, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, ANDA_DESCRIPTOR_ACTIVATIONS_HIGH, addresses.activations);
  set_address(to, ANDA_DESCRIPTOR_WEIGHTS_LOW, ANDA_DESCRIPTOR_WEIGHTS_HIGH, addresses.weights);
  set_address(to, ANDA_DESCRIPTOR_OUTPUTS_LOW, ANDA_DESCRIPTOR_OUTPUTS_HIGH, addresses.outputs);
  set_address(to, ANDA_DESCRIPTOR_PARTIAL_SUMS_LOW, ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH, addresses.partial_sums);
  return encoded;
}

DescriptorFault GemmDescriptor::decode(const std::uint32_t* encoded, GemmDescriptor& descriptor) {
  if (anda_get_field(encoded, ANDA_DESCRIPTOR_OPCODE) != ANDA_OPCODE_GEMM ||
      anda_get_field(encoded, ANDA_DESCRIPTOR_LOOP_ORDER) > most_loop_order) {
    return fault(ANDA_ERROR_OPCODE, ANDA_DESCRIPTOR_OPCODE);
  }
  std::array<std::uint32_t, words> reserved{};
  reserved.fill(0xffffffff);
  for (const DescriptorEntry& field : descriptor_table)
    reserved[anda_field_word(field.position)] &= ~anda_field_mask(field.position);
  for (std::uint32_t word = 0; word < words; ++word) {
    if ((encoded[word] & reserved[word]) != 0) return {ANDA_ERROR_RESERVED, word};
  }

  descriptor.m = anda_get_field(encoded, ANDA_DESCRIPTOR_M);
  descriptor.n = anda_get_field(encoded, ANDA_DESCRIPTOR_N);
  descriptor.k = anda_get_field(encoded, ANDA_DESCRIPTOR_K);
  descriptor.input_mantissa_bits = anda_get_field(encoded, ANDA_DESCRIPTOR_INPUT_BITS);
  descriptor.output_mantissa_bits = anda_get_field(encoded, ANDA_DESCRIPTOR_OUTPUT_BITS);
  descriptor.weight_bits = anda_get_field(encoded, ANDA_DESCRIPTOR_WEIGHT_BITS);
  descriptor.tile.m = anda_get_field(encoded, ANDA_DESCRIPTOR_STEP_M);
  descriptor.tile.n = anda_get_field(encoded, ANDA_DESCRIPTOR_STEP_N);
  descriptor.tile.k = anda_get_field(encoded, ANDA_DESCRIPTOR_STEP_K);
  descriptor.tile.order = static_cast<LoopOrder>(anda_get_field(encoded, ANDA_DESCRIPTOR_LOOP_ORDER));
  GemmAddresses& at = descriptor.addresses;
  at.activations = get_address(encoded, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, ANDA_DESCRIPTOR_ACTIVATIONS_HIGH);
  at.weights = get_address(encoded, ANDA_DESCRIPTOR_WEIGHTS_LOW, ANDA_DESCRIPTOR_WEIGHTS_HIGH);
  at.outputs = get_address(encoded, ANDA_DESCRIPTOR_OUTPUTS_LOW, ANDA_DESCRIPTOR_OUTPUTS_HIGH);
  at.partial_sums = get_address(encoded, ANDA_DESCRIPTOR_PARTIAL_SUMS_LOW, ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH);
  return {};
}

}  // namespace anda
