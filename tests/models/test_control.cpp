// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include <anda/control/register_table.h>

#include "models/machine.h"

using anda::FormatConfig;
using anda::GemmDescriptor;
using anda::LoopOrder;
using anda::make_processing_element;
using anda::MxuConfig;
using anda::PeKind;
using anda::VectorDescriptor;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

std::uint32_t error_after(Machine& machine, const GemmDescriptor& descriptor) {
  machine.run(descriptor);
  return machine.read(ANDA_REG_ERROR_CODE);
}

std::uint64_t error_address(Machine& machine) {
  return machine.read(ANDA_REG_ERROR_ADDRESS_LOW) | std::uint64_t{machine.read(ANDA_REG_ERROR_ADDRESS_HIGH)} << 32;
}

/// The register offset of a word of the first descriptor.
std::uint64_t word_address(std::uint32_t word) { return ANDA_INSTRUCTION_MEMORY + 4 * std::uint64_t{word}; }

constexpr std::uint32_t all_causes = ANDA_INTERRUPT_ENABLE_DONE | ANDA_INTERRUPT_ENABLE_ERROR;

}  // namespace

TEST_CASE("A descriptor survives its encoding") {
  GemmDescriptor descriptor;
  descriptor.m = 1;
  descriptor.n = 1u << 24;
  descriptor.k = 12345;
  descriptor.input_mantissa_bits = 16;
  descriptor.output_mantissa_bits = 3;
  descriptor.weight_bits = 8;
  descriptor.step = {16, 64, 128, LoopOrder::mnk};
  descriptor.addresses = {0x123456789abcdef0, 1, 0xffffffff00000000, 0x42};
  GemmDescriptor decoded;
  REQUIRE_FALSE(GemmDescriptor::decode(descriptor.encode().data(), decoded));
  CHECK(decoded.encode() == descriptor.encode());
  CHECK(decoded.n == descriptor.n);
  CHECK(decoded.addresses.outputs == descriptor.addresses.outputs);
  CHECK(decoded.step.order == LoopOrder::mnk);

  auto words = descriptor.encode();
  words[0] = 2;
  CHECK(GemmDescriptor::decode(words.data(), decoded).code == ANDA_ERROR_OPCODE);
  words[0] = ANDA_OPCODE_GEMM | 3u << 8;
  CHECK(GemmDescriptor::decode(words.data(), decoded).code == ANDA_ERROR_OPCODE);
}

TEST_CASE("A descriptor tells zero points and codes of an operand format") {
  GemmDescriptor descriptor;
  descriptor.step = {16, 64, 128, LoopOrder::nkm};
  descriptor.scale_bits = 5;
  descriptor.zero_points = true;
  GemmDescriptor decoded;
  REQUIRE_FALSE(GemmDescriptor::decode(descriptor.encode().data(), decoded));
  CHECK(decoded.zero_points);
  CHECK(decoded.scale_bits == 5);
  CHECK_FALSE(decoded.encoded_weights);

  descriptor.zero_points = false;
  descriptor.encoded_weights = true;
  descriptor.scale_bits = 63;
  descriptor.scale_group = 32;
  auto words = descriptor.encode();
  REQUIRE_FALSE(GemmDescriptor::decode(words.data(), decoded));
  CHECK(decoded.encoded_weights);
  CHECK(decoded.scale_bits == 63);
  CHECK(decoded.scale_group == 32);
  // Codes have no zero points, and their groups share what SHARED_BITS says; without codes it says nothing.
  anda_set_field(words.data(), ANDA_DESCRIPTOR_ZERO_POINTS, 1);
  CHECK(GemmDescriptor::decode(words.data(), decoded).code == ANDA_ERROR_FORMAT);
  anda_set_field(words.data(), ANDA_DESCRIPTOR_ZERO_POINTS, 0);
  anda_set_field(words.data(), ANDA_DESCRIPTOR_SCALE_FORMAT, 1);
  CHECK(GemmDescriptor::decode(words.data(), decoded).code == ANDA_ERROR_FORMAT);
  anda_set_field(words.data(), ANDA_DESCRIPTOR_SCALE_FORMAT, 0);
  anda_set_field(words.data(), ANDA_DESCRIPTOR_ENCODED, 0);
  CHECK(GemmDescriptor::decode(words.data(), decoded).code == ANDA_ERROR_RESERVED);
}

TEST_CASE("Zero points are refused by an array without them") {
  for (const bool has : {false, true}) {
    for (const PeKind kind : {PeKind::fp_fp, PeKind::fp_int, PeKind::figna, PeKind::anda}) {
      anda::FormatConfig format;
      format.weight_zero_points = has;
      anda::MxuConfig mxu;
      mxu.processing_element = kind;
      const auto element = anda::make_processing_element(mxu, format);
      CHECK(element->multiplies({4, 128, 16, 4}) == (has || kind == PeKind::fp_fp));
      CHECK(element->multiplies({4, 128, 16}));
      CHECK(element->multiplies({4, 32, 8, 0, true}) == (kind == PeKind::fp_fp));
    }
  }
}

TEST_CASE("Every bit of a descriptor belongs to one field or is reserved") {
  std::array<std::uint32_t, GemmDescriptor::words> used{};
  for (const anda::DescriptorEntry& field : anda::descriptor_table) {
    const std::uint32_t mask = anda_field_mask(field.position);
    INFO(field.name);
    CHECK((used.at(anda_field_word(field.position)) & mask) == 0);
    used[anda_field_word(field.position)] |= mask;
  }
  GemmDescriptor descriptor;
  descriptor.step = {16, 64, 128, LoopOrder::nkm};
  const auto right = descriptor.encode();
  std::size_t reserved = 0;
  for (std::uint32_t word = 0; word < right.size(); ++word) {
    for (std::uint32_t bit = 0; bit < 32; ++bit) {
      if ((used[word] >> bit & 1) != 0) continue;
      auto wrong = right;
      wrong[word] |= 1u << bit;
      GemmDescriptor decoded;
      const anda::DescriptorFault fault = GemmDescriptor::decode(wrong.data(), decoded);
      CHECK(fault.code == ANDA_ERROR_RESERVED);
      CHECK(fault.word == word);
      ++reserved;
    }
  }
  CHECK(reserved == 1);
}

TEST_CASE("A descriptor of a vector operation reads back as written and does not use the fields of a GeMM") {
  VectorDescriptor descriptor;
  descriptor.operation = anda::VectorOperation::multiply;
  descriptor.rows = 5;
  descriptor.columns = 300;
  descriptor.depth = 77;
  descriptor.output_mantissa_bits = 7;
  descriptor.weight_bits = 16;
  descriptor.scale_bits = 0;
  descriptor.scale_group = 32;
  descriptor.input = 0x1234567890;
  descriptor.second = 0x2345678900;
  descriptor.output = 0x3456789000;
  const auto right = descriptor.encode();
  CHECK(VectorDescriptor::recognises(right.data()));
  VectorDescriptor decoded;
  REQUIRE_FALSE(VectorDescriptor::decode(right.data(), decoded));
  CHECK(decoded.encode() == right);
  CHECK(decoded.operation == descriptor.operation);
  CHECK(decoded.scale_bits == 0);
  CHECK(decoded.scale_group == 32);
  CHECK(decoded.second == descriptor.second);

  for (const std::uint32_t field :
       {ANDA_DESCRIPTOR_LOOP_ORDER, ANDA_DESCRIPTOR_INPUT_BITS, ANDA_DESCRIPTOR_STEP_M, ANDA_DESCRIPTOR_STEP_K,
        ANDA_DESCRIPTOR_PARTIAL_SUMS_HIGH, ANDA_DESCRIPTOR_ZERO_POINTS, ANDA_DESCRIPTOR_ENCODED,
        ANDA_DESCRIPTOR_SHARED_BITS}) {
    auto wrong = right;
    anda_set_field(wrong.data(), field, 1);
    CHECK(VectorDescriptor::decode(wrong.data(), decoded).code == ANDA_ERROR_RESERVED);
  }
  auto unknown = right;
  anda_set_field(unknown.data(), ANDA_DESCRIPTOR_OPERATION, anda::vector_operations.size());
  CHECK(VectorDescriptor::decode(unknown.data(), decoded).code == ANDA_ERROR_OPCODE);
}

TEST_CASE("A wrong vector operation sets the error registers") {
  Machine machine(machine_of(PeKind::fp_fp));
  anda::VectorTask task;
  task.operation = anda::VectorOperation::softmax;
  task.rows = 16;
  task.columns = 64;
  VectorDescriptor right = machine.descriptor(task);
  const auto error_of = [&](const VectorDescriptor& descriptor) {
    machine.run(descriptor);
    return machine.read(ANDA_REG_ERROR_CODE);
  };
  CHECK(error_of(right) == ANDA_ERROR_NONE);
  VectorDescriptor wrong = right;
  wrong.rows = 0;
  CHECK(error_of(wrong) == ANDA_ERROR_DIMENSION);
  wrong = right;
  wrong.depth = 1;
  CHECK(error_of(wrong) == ANDA_ERROR_DIMENSION);
  wrong = right;
  wrong.output_mantissa_bits = 7;  // no compressor
  CHECK(error_of(wrong) == ANDA_ERROR_FORMAT);
  wrong = right;
  wrong.weight_bits = 4;
  CHECK(error_of(wrong) == ANDA_ERROR_FORMAT);
  wrong = right;
  wrong.output += 2;
  CHECK(error_of(wrong) == ANDA_ERROR_ALIGNMENT);
  CHECK(error_of(right) == ANDA_ERROR_NONE);
}

TEST_CASE("Registers and counters lie apart, below the instruction memory") {
  std::set<std::uint32_t> offsets;
  for (const anda::RegisterEntry& entry : anda::register_table) CHECK(offsets.insert(entry.offset).second);
  for (const anda::CounterEntry& entry : anda::counter_table) {
    CHECK(offsets.insert(entry.offset).second);
    CHECK(offsets.insert(entry.offset + 4).second);
  }
  for (const std::uint32_t offset : offsets) CHECK(offset % 4 == 0);
  CHECK(*offsets.rbegin() < ANDA_INSTRUCTION_MEMORY);
}

TEST_CASE("A wrong descriptor sets the error registers and the next right one runs") {
  Machine machine(machine_of(PeKind::anda));
  const auto task = machine.task(16, 64, 128, 8, 8);
  const GemmDescriptor good = machine.descriptor(task, {16, 64, 128, LoopOrder::nkm});
  CHECK(machine.read(ANDA_REG_ID) == 0x41444e41);
  CHECK(machine.read(ANDA_REG_VERSION) == ANDA_INTERFACE_VERSION);

  const auto with = [&](auto change) {
    GemmDescriptor wrong = good;
    change(wrong);
    return error_after(machine, wrong);
  };
  CHECK(with([](auto& d) { d.m = 0; }) == ANDA_ERROR_DIMENSION);
  CHECK(with([](auto& d) { d.k = (1u << 24) + 1; }) == ANDA_ERROR_DIMENSION);
  CHECK(with([](auto& d) { d.input_mantissa_bits = 0; }) == ANDA_ERROR_FORMAT);
  CHECK(with([](auto& d) { d.input_mantissa_bits = 17; }) == ANDA_ERROR_FORMAT);
  CHECK(with([](auto& d) { d.output_mantissa_bits = 17; }) == ANDA_ERROR_FORMAT);
  CHECK(with([](auto& d) { d.weight_bits = 5; }) == ANDA_ERROR_FORMAT);
  CHECK(with([](auto& d) { d.weight_bits = 0; }) == ANDA_ERROR_FORMAT);
  CHECK(with([](auto& d) { d.step.m = 0; }) == ANDA_ERROR_STEP);
  CHECK(with([](auto& d) { d.step.m = 24; }) == ANDA_ERROR_STEP);
  CHECK(with([](auto& d) { d.step.n = 16; }) == ANDA_ERROR_STEP);
  CHECK(with([](auto& d) { d.step.k = 64; }) == ANDA_ERROR_STEP);
  CHECK(with([](auto& d) { d.m = 1u << 20, d.step.m = 1u << 20; }) == ANDA_ERROR_STEP);
  CHECK(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_ERROR);
  CHECK(with([](auto& d) { d.addresses.weights = (std::uint64_t{8} << 30) - 16; }) == ANDA_ERROR_MEMORY);
  // The first 16 bytes are still there; the burst after them starts at the end of the memory.
  CHECK(error_address(machine) == std::uint64_t{8} << 30);
  CHECK(with([](auto& d) { d.step.n = 16; }) == ANDA_ERROR_STEP);
  CHECK(error_address(machine) == word_address(6));
  CHECK(with([](auto& d) { d.addresses.outputs += 2; }) == ANDA_ERROR_ALIGNMENT);
  CHECK(error_address(machine) == word_address(12));
  CHECK(with([](auto& d) { d.addresses.weights = std::uint64_t{0} - 16; }) == ANDA_ERROR_RANGE);
  CHECK(error_address(machine) == word_address(10));

  CHECK(error_after(machine, good) == ANDA_ERROR_NONE);
  CHECK(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
  CHECK(machine.read(ANDA_REG_DESCRIPTORS_DONE) == 1);
}

TEST_CASE("An FP16 machine refuses mantissa lengths") {
  Machine machine(machine_of(PeKind::fp_fp));
  GemmDescriptor descriptor = machine.descriptor(machine.task(16, 64, 128, 0, 0), {16, 64, 128, LoopOrder::nkm});
  CHECK(error_after(machine, descriptor) == ANDA_ERROR_NONE);
  descriptor.input_mantissa_bits = 7;
  CHECK(error_after(machine, descriptor) == ANDA_ERROR_FORMAT);
  descriptor.input_mantissa_bits = 0;
  descriptor.output_mantissa_bits = 7;
  CHECK(error_after(machine, descriptor) == ANDA_ERROR_FORMAT);
}

TEST_CASE("Operand formats of activations are those that the machine says it has") {
  anda::FormatDescription description;
  description.name = "x8";
  description.family = anda::FormatFamily::mx;
  description.exponent_bits = 4;
  description.mantissa_bits = 3;
  description.specials = anda::FloatSpecials::nan_only;
  const auto with = [&](PeKind kind) {
    anda::AcceleratorConfig config = machine_of(kind);
    config.format.tensors.of[2] = anda::StoredTensor(description);
    return config;
  };
  Machine floating(with(PeKind::fp_fp));
  Machine serial(with(PeKind::anda));
  for (const bool takes : {true, false}) {  // floats are no integers under a power of two
    Machine& machine = takes ? floating : serial;
    CHECK((machine.read(ANDA_REG_CAPABILITIES) & ANDA_CAPABILITIES_FORMATS) == (takes ? 8u << 8 : 0));
    CHECK((machine.read(ANDA_REG_CAPABILITIES) & ANDA_CAPABILITIES_COMPRESSES) == (takes ? 0 : 2));
    const std::uint32_t own = takes ? 0 : 8;
    GemmDescriptor descriptor = machine.descriptor(machine.task(16, 64, 128, own, own), {16, 64, 128, LoopOrder::nkm});
    CHECK(error_after(machine, descriptor) == ANDA_ERROR_NONE);
    for (const std::uint32_t bits : {7u, 127u, 128u, 129u, 131u, 133u, 134u, 255u}) {
      descriptor.input_mantissa_bits = own;
      descriptor.output_mantissa_bits = bits;
      const bool right = bits == 7 ? !takes : false;
      CHECK(error_after(machine, descriptor) == (right ? ANDA_ERROR_NONE : ANDA_ERROR_FORMAT));
    }
    descriptor.input_mantissa_bits = descriptor.output_mantissa_bits = 132;
    CHECK(error_after(machine, descriptor) == (takes ? ANDA_ERROR_NONE : ANDA_ERROR_FORMAT));
  }
}

TEST_CASE("Several descriptors run one after another and raise the interrupt once") {
  Machine machine(machine_of(PeKind::anda));
  const auto task = machine.task(32, 128, 256, 6, 6);
  const auto words = machine.descriptor(task, {16, 64, 256, LoopOrder::nkm}).encode();
  const auto alone = machine.run(machine.descriptor(task, {16, 64, 256, LoopOrder::nkm})).at("controller.cycles");

  for (std::size_t d = 0; d < 3; ++d) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      machine.write(ANDA_INSTRUCTION_MEMORY + 4 * (d * words.size() + i), words[i]);
    }
  }
  machine.write(ANDA_REG_DESCRIPTOR_COUNT, 3);
  machine.write(ANDA_REG_INTERRUPT_ENABLE, all_causes);
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_START);
  CHECK(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_BUSY);
  sc_core::sc_start(sc_core::sc_time(1.5 * static_cast<double>(alone) / 285e6, sc_core::SC_SEC));
  CHECK(machine.read(ANDA_REG_DESCRIPTORS_DONE) == 1);
  machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_START);  // ignored
  CHECK(machine.read(ANDA_REG_DESCRIPTORS_DONE) == 1);
  sc_core::sc_start();
  CHECK(machine.read(ANDA_REG_DESCRIPTORS_DONE) == 3);
  CHECK(machine.read(ANDA_COUNTER_CYCLES) == 4 * alone);
  CHECK(machine.interrupt.read());
  const double cycles = (sc_core::sc_time_stamp() - start).to_seconds() * 285e6;
  CHECK(cycles == Approx(3.0 * static_cast<double>(alone)).margin(0.01));

  CHECK(machine.read(ANDA_REG_INTERRUPT_STATUS) == ANDA_INTERRUPT_STATUS_DONE);
  machine.write(ANDA_REG_INTERRUPT_CLEAR, ANDA_INTERRUPT_CLEAR_ERROR);
  sc_core::sc_start();
  CHECK(machine.interrupt.read());
  machine.write(ANDA_REG_INTERRUPT_CLEAR, ANDA_INTERRUPT_CLEAR_DONE);
  sc_core::sc_start();
  CHECK_FALSE(machine.interrupt.read());

  machine.write(ANDA_REG_DESCRIPTOR_COUNT, 65);
  machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_START);
  sc_core::sc_start();
  CHECK(machine.read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_COUNT);
  CHECK(machine.read(ANDA_REG_DESCRIPTORS_DONE) == 0);
  CHECK(error_address(machine) == ANDA_REG_DESCRIPTOR_COUNT);
  CHECK(machine.read(ANDA_REG_INTERRUPT_STATUS) == ANDA_INTERRUPT_STATUS_ERROR);
  CHECK(machine.interrupt.read());

  // A cause that came up while it was not enabled raises the interrupt when it is.
  machine.write(ANDA_REG_INTERRUPT_ENABLE, ANDA_INTERRUPT_ENABLE_DONE);
  sc_core::sc_start();
  CHECK_FALSE(machine.interrupt.read());
  machine.write(ANDA_REG_INTERRUPT_ENABLE, all_causes);
  sc_core::sc_start();
  CHECK(machine.interrupt.read());

  // Causes add up.
  machine.write(ANDA_REG_DESCRIPTOR_COUNT, 1);
  machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_START);
  sc_core::sc_start();
  CHECK(machine.read(ANDA_REG_INTERRUPT_STATUS) == (ANDA_INTERRUPT_STATUS_DONE | ANDA_INTERRUPT_STATUS_ERROR));
  CHECK(machine.read(ANDA_REG_CONTROL) == 0);
  CHECK(machine.read(ANDA_REG_INTERRUPT_CLEAR) == 0);
}

TEST_CASE("The control socket refuses accesses that are not register accesses") {
  Machine machine(machine_of(PeKind::anda));
  std::uint32_t words[2] = {};
  const std::uint64_t gap = ANDA_REG_ERROR_DESCRIPTOR + 4;
  CHECK(machine.access(tlm::TLM_READ_COMMAND, ANDA_REG_ID, words, 4) == tlm::TLM_OK_RESPONSE);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, ANDA_REG_ID, words, 8) == tlm::TLM_OK_RESPONSE);
  CHECK(words[1] == ANDA_INTERFACE_VERSION);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, 2, words, 4) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, 0, words, 3) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, gap, words, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_WRITE_COMMAND, gap, words, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, ANDA_INSTRUCTION_MEMORY + 64 * 64, words, 4) ==
        tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_IGNORE_COMMAND, ANDA_REG_ID, words, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
}
