// SPDX-License-Identifier: Apache-2.0
#include <anda/control/descriptor.h>

#include <algorithm>
#include <limits>

#include <anda/control/register_table.h>

namespace anda {

namespace {

constexpr std::uint32_t most_loop_order = static_cast<std::uint32_t>(LoopOrder::mnk);
constexpr auto most_operation = static_cast<std::uint32_t>(VectorOperation::top_k);

// The numbers in register_map.h equal those of the enumeration.
static_assert(vector_operation_table.size() == vector_operations.size());
static_assert(static_cast<std::uint32_t>(VectorOperation::softmax) == ANDA_VECTOR_SOFTMAX &&
              static_cast<std::uint32_t>(VectorOperation::quantise) == ANDA_VECTOR_QUANTISE &&
              static_cast<std::uint32_t>(VectorOperation::multiply) == ANDA_VECTOR_MULTIPLY &&
              static_cast<std::uint32_t>(VectorOperation::top_k) == ANDA_VECTOR_TOP_K);

/// Bits of a scale, indexed by SCALE_FORMAT.
constexpr std::array<std::uint32_t, 4> scale_formats{16, ActivationFormat::exponent_bits, 0, 8};
constexpr std::uint32_t no_scale_format = ~std::uint32_t{0};

void set_address(std::uint32_t* words, std::uint32_t low, std::uint32_t high, std::uint64_t address) {
  anda_set_field(words, low, static_cast<std::uint32_t>(address));
  anda_set_field(words, high, static_cast<std::uint32_t>(address >> 32));
}

std::uint64_t get_address(const std::uint32_t* words, std::uint32_t low, std::uint32_t high) {
  return anda_get_field(words, low) | std::uint64_t{anda_get_field(words, high)} << 32;
}

void set_weights(std::uint32_t* words, std::uint32_t bits, std::uint32_t scale_bits, std::uint32_t scale_group) {
  std::uint32_t log2 = 0;
  while (scale_group >> log2 > 1) ++log2;
  anda_set_field(words, ANDA_DESCRIPTOR_WEIGHT_BITS, bits);
  anda_set_field(words, ANDA_DESCRIPTOR_SCALE_FORMAT,
                 static_cast<std::uint32_t>(std::find(scale_formats.begin(), scale_formats.end(), scale_bits) -
                                            scale_formats.begin()));
  anda_set_field(words, ANDA_DESCRIPTOR_SCALE_GROUP, log2);
}

void get_weights(const std::uint32_t* words, std::uint32_t& bits, std::uint32_t& scale_bits,
                 std::uint32_t& scale_group) {
  const std::uint32_t format = anda_get_field(words, ANDA_DESCRIPTOR_SCALE_FORMAT);
  const std::uint32_t log2 = anda_get_field(words, ANDA_DESCRIPTOR_SCALE_GROUP);
  bits = anda_get_field(words, ANDA_DESCRIPTOR_WEIGHT_BITS);
  scale_bits = format < scale_formats.size() ? scale_formats[format] : no_scale_format;
  scale_group = log2 == 0 ? 0 : 1u << log2;
}

/// Returns a fault if a bit is 1 that belongs to no field or to one of the `meaningless` fields.
DescriptorFault reserved_fault(const std::uint32_t* encoded, std::initializer_list<std::uint32_t> meaningless) {
  std::array<std::uint32_t, GemmDescriptor::words> reserved{};
  reserved.fill(0xffffffff);
  for (const DescriptorEntry& field : descriptor_table)
    reserved[anda_field_word(field.position)] &= ~anda_field_mask(field.position);
  for (const std::uint32_t field : meaningless) reserved[anda_field_word(field)] |= anda_field_mask(field);
  for (std::uint32_t word = 0; word < reserved.size(); ++word) {
    if ((encoded[word] & reserved[word]) != 0) return {ANDA_ERROR_RESERVED, word};
  }
  return {};
}

}  // namespace

std::array<std::uint32_t, GemmDescriptor::words> GemmDescriptor::encode() const {
  std::array<std::uint32_t, words> encoded{};
  std::uint32_t* const to = encoded.data();
  anda_set_field(to, ANDA_DESCRIPTOR_OPCODE, ANDA_OPCODE_GEMM);
  anda_set_field(to, ANDA_DESCRIPTOR_LOOP_ORDER, static_cast<std::uint32_t>(step.order));
  anda_set_field(to, ANDA_DESCRIPTOR_M, m);
  anda_set_field(to, ANDA_DESCRIPTOR_N, n);
  anda_set_field(to, ANDA_DESCRIPTOR_K, k);
  anda_set_field(to, ANDA_DESCRIPTOR_INPUT_BITS, input_mantissa_bits);
  anda_set_field(to, ANDA_DESCRIPTOR_OUTPUT_BITS, output_mantissa_bits);
  set_weights(to, weight_bits, encoded_weights ? scale_formats[0] : scale_bits, scale_group);
  anda_set_field(to, ANDA_DESCRIPTOR_ZERO_POINTS, zero_points ? 1 : 0);
  anda_set_field(to, ANDA_DESCRIPTOR_ENCODED, encoded_weights ? 1 : 0);
  anda_set_field(to, ANDA_DESCRIPTOR_SHARED_BITS, encoded_weights ? scale_bits : 0);
  anda_set_field(to, ANDA_DESCRIPTOR_STEP_M, step.m);
  anda_set_field(to, ANDA_DESCRIPTOR_STEP_N, step.n);
  anda_set_field(to, ANDA_DESCRIPTOR_STEP_K, step.k);
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
  if (const DescriptorFault wrong = reserved_fault(encoded, {ANDA_DESCRIPTOR_OPERATION})) return wrong;
  descriptor.m = anda_get_field(encoded, ANDA_DESCRIPTOR_M);
  descriptor.n = anda_get_field(encoded, ANDA_DESCRIPTOR_N);
  descriptor.k = anda_get_field(encoded, ANDA_DESCRIPTOR_K);
  descriptor.input_mantissa_bits = anda_get_field(encoded, ANDA_DESCRIPTOR_INPUT_BITS);
  descriptor.output_mantissa_bits = anda_get_field(encoded, ANDA_DESCRIPTOR_OUTPUT_BITS);
  get_weights(encoded, descriptor.weight_bits, descriptor.scale_bits, descriptor.scale_group);
  descriptor.zero_points = anda_get_field(encoded, ANDA_DESCRIPTOR_ZERO_POINTS) != 0;
  descriptor.encoded_weights = anda_get_field(encoded, ANDA_DESCRIPTOR_ENCODED) != 0;
  const std::uint32_t shared_bits = anda_get_field(encoded, ANDA_DESCRIPTOR_SHARED_BITS);
  if (!descriptor.encoded_weights && shared_bits != 0) return fault(ANDA_ERROR_RESERVED, ANDA_DESCRIPTOR_SHARED_BITS);
  if (descriptor.encoded_weights && (descriptor.zero_points || descriptor.scale_bits != scale_formats[0])) {
    return fault(ANDA_ERROR_FORMAT, ANDA_DESCRIPTOR_SCALE_FORMAT);
  }
  if (descriptor.encoded_weights) descriptor.scale_bits = shared_bits;
  descriptor.step.m = anda_get_field(encoded, ANDA_DESCRIPTOR_STEP_M);
  descriptor.step.n = anda_get_field(encoded, ANDA_DESCRIPTOR_STEP_N);
  descriptor.step.k = anda_get_field(encoded, ANDA_DESCRIPTOR_STEP_K);
  descriptor.step.order = static_cast<LoopOrder>(anda_get_field(encoded, ANDA_DESCRIPTOR_LOOP_ORDER));
  GemmAddresses& at = descriptor.addresses;
  at.activations = get_address(encoded, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, ANDA_DESCRIPTOR_ACTIVATIONS_HIGH);
  at.weights = get_address(encoded, ANDA_DESCRIPTOR_WEIGHTS_LOW, ANDA_DESCRIPTOR_WEIGHTS_HIGH);
  at.outputs = get_address(encoded, ANDA_DESCRIPTOR_OUTPUTS_LOW, ANDA_DESCRIPTOR_OUTPUTS_HIGH);
  at.partial_sums = get_address(encoded, ANDA_DESCRIPTOR_PARTIAL_SUMS_LOW, ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH);
  return {};
}

std::array<std::uint32_t, GemmDescriptor::words> LoadAheadDescriptor::encode() const {
  GemmDescriptor of = gemm;
  of.addresses.partial_sums = loads;
  std::array<std::uint32_t, GemmDescriptor::words> encoded = of.encode();
  anda_set_field(encoded.data(), ANDA_DESCRIPTOR_OPCODE, ANDA_OPCODE_LOAD_AHEAD);
  return encoded;
}

bool LoadAheadDescriptor::recognises(const std::uint32_t* encoded) {
  return anda_get_field(encoded, ANDA_DESCRIPTOR_OPCODE) == ANDA_OPCODE_LOAD_AHEAD;
}

DescriptorFault LoadAheadDescriptor::decode(const std::uint32_t* encoded, LoadAheadDescriptor& descriptor) {
  std::array<std::uint32_t, GemmDescriptor::words> gemm{};
  std::copy(encoded, encoded + gemm.size(), gemm.begin());
  anda_set_field(gemm.data(), ANDA_DESCRIPTOR_OPCODE, ANDA_OPCODE_GEMM);
  if (const DescriptorFault wrong = GemmDescriptor::decode(gemm.data(), descriptor.gemm)) return wrong;
  descriptor.loads = anda_get_field(encoded, ANDA_DESCRIPTOR_PARTIAL_SUMS_LOW);
  descriptor.gemm.addresses.partial_sums = 0;
  if (anda_get_field(encoded, ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH) != 0) {
    return fault(ANDA_ERROR_RESERVED, ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH);
  }
  return {};
}

std::array<std::uint32_t, GemmDescriptor::words> VectorDescriptor::encode() const {
  std::array<std::uint32_t, GemmDescriptor::words> encoded{};
  std::uint32_t* const to = encoded.data();
  anda_set_field(to, ANDA_DESCRIPTOR_OPCODE, ANDA_OPCODE_VECTOR);
  anda_set_field(to, ANDA_DESCRIPTOR_OPERATION, static_cast<std::uint32_t>(operation));
  anda_set_field(to, ANDA_DESCRIPTOR_M, rows);
  anda_set_field(to, ANDA_DESCRIPTOR_N, columns);
  anda_set_field(to, ANDA_DESCRIPTOR_K, depth);
  anda_set_field(to, ANDA_DESCRIPTOR_OUTPUT_BITS, output_mantissa_bits);
  set_weights(to, weight_bits, scale_bits, scale_group);
  set_address(to, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, ANDA_DESCRIPTOR_ACTIVATIONS_HIGH, input);
  set_address(to, ANDA_DESCRIPTOR_WEIGHTS_LOW, ANDA_DESCRIPTOR_WEIGHTS_HIGH, second);
  set_address(to, ANDA_DESCRIPTOR_OUTPUTS_LOW, ANDA_DESCRIPTOR_OUTPUTS_HIGH, output);
  return encoded;
}

bool VectorDescriptor::recognises(const std::uint32_t* encoded) {
  return anda_get_field(encoded, ANDA_DESCRIPTOR_OPCODE) == ANDA_OPCODE_VECTOR;
}

DescriptorFault VectorDescriptor::decode(const std::uint32_t* encoded, VectorDescriptor& descriptor) {
  const std::uint32_t operation = anda_get_field(encoded, ANDA_DESCRIPTOR_OPERATION);
  if (operation > most_operation) return fault(ANDA_ERROR_OPCODE, ANDA_DESCRIPTOR_OPERATION);
  const DescriptorFault wrong = reserved_fault(
      encoded, {ANDA_DESCRIPTOR_LOOP_ORDER, ANDA_DESCRIPTOR_INPUT_BITS, ANDA_DESCRIPTOR_STEP_M, ANDA_DESCRIPTOR_STEP_N,
                ANDA_DESCRIPTOR_STEP_K, ANDA_DESCRIPTOR_PARTIAL_SUMS_LOW, ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH,
                ANDA_DESCRIPTOR_SHARED_BITS, ANDA_DESCRIPTOR_ENCODED, ANDA_DESCRIPTOR_ZERO_POINTS});
  if (wrong) return wrong;
  descriptor.operation = static_cast<VectorOperation>(operation);
  descriptor.rows = anda_get_field(encoded, ANDA_DESCRIPTOR_M);
  descriptor.columns = anda_get_field(encoded, ANDA_DESCRIPTOR_N);
  descriptor.depth = anda_get_field(encoded, ANDA_DESCRIPTOR_K);
  descriptor.output_mantissa_bits = anda_get_field(encoded, ANDA_DESCRIPTOR_OUTPUT_BITS);
  get_weights(encoded, descriptor.weight_bits, descriptor.scale_bits, descriptor.scale_group);
  descriptor.input = get_address(encoded, ANDA_DESCRIPTOR_ACTIVATIONS_LOW, ANDA_DESCRIPTOR_ACTIVATIONS_HIGH);
  descriptor.second = get_address(encoded, ANDA_DESCRIPTOR_WEIGHTS_LOW, ANDA_DESCRIPTOR_WEIGHTS_HIGH);
  descriptor.output = get_address(encoded, ANDA_DESCRIPTOR_OUTPUTS_LOW, ANDA_DESCRIPTOR_OUTPUTS_HIGH);
  return {};
}

DescriptorFault check_regions(std::initializer_list<Region> regions) {
  for (const Region& region : regions) {
    if (region.address % ANDA_ADDRESS_ALIGNMENT != 0) return fault(ANDA_ERROR_ALIGNMENT, region.field);
    if (region.bytes > std::numeric_limits<std::uint64_t>::max() - region.address) {
      return fault(ANDA_ERROR_RANGE, region.field);
    }
  }
  return {};
}

}  // namespace anda
