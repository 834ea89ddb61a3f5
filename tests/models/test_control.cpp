// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstring>

#include "models/machine.h"

namespace registers = anda::registers;
using anda::ControllerError;
using anda::GemmDescriptor;
using anda::LoopOrder;
using anda::PeKind;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

ControllerError error_after(Machine& machine, const GemmDescriptor& descriptor) {
  machine.run(descriptor);
  return static_cast<ControllerError>(machine.read(registers::error_code));
}

}  // namespace

TEST_CASE("A descriptor survives its encoding") {
  GemmDescriptor descriptor;
  descriptor.m = 1;
  descriptor.n = 1u << 24;
  descriptor.k = 12345;
  descriptor.input_mantissa_bits = 16;
  descriptor.output_mantissa_bits = 3;
  descriptor.weight_bits = 8;
  descriptor.tile = {16, 64, 128, LoopOrder::mnk};
  descriptor.addresses = {0x123456789abcdef0, 1, 0xffffffff00000000, 0x42};
  GemmDescriptor decoded;
  REQUIRE(GemmDescriptor::decode(descriptor.encode().data(), decoded));
  CHECK(decoded.encode() == descriptor.encode());
  CHECK(decoded.n == descriptor.n);
  CHECK(decoded.addresses.outputs == descriptor.addresses.outputs);
  CHECK(decoded.tile.order == LoopOrder::mnk);

  auto words = descriptor.encode();
  words[0] = 2;
  CHECK_FALSE(GemmDescriptor::decode(words.data(), decoded));
  words[0] = GemmDescriptor::opcode | 3u << 8;
  CHECK_FALSE(GemmDescriptor::decode(words.data(), decoded));
}

TEST_CASE("A wrong descriptor sets the error registers and the next right one runs") {
  Machine machine(machine_of(PeKind::anda));
  const auto task = machine.task(16, 64, 128, 8, 8);
  const GemmDescriptor good = machine.descriptor(task, {16, 64, 128, LoopOrder::nkm});
  CHECK(machine.read(registers::id) == registers::id_value);

  const auto with = [&](auto change) {
    GemmDescriptor wrong = good;
    change(wrong);
    return error_after(machine, wrong);
  };
  CHECK(with([](auto& d) { d.m = 0; }) == ControllerError::bad_dimension);
  CHECK(with([](auto& d) { d.k = (1u << 24) + 1; }) == ControllerError::bad_dimension);
  CHECK(with([](auto& d) { d.input_mantissa_bits = 0; }) == ControllerError::bad_format);
  CHECK(with([](auto& d) { d.input_mantissa_bits = 17; }) == ControllerError::bad_format);
  CHECK(with([](auto& d) { d.output_mantissa_bits = 17; }) == ControllerError::bad_format);
  CHECK(with([](auto& d) { d.weight_bits = 5; }) == ControllerError::bad_format);
  CHECK(with([](auto& d) { d.weight_bits = 0; }) == ControllerError::bad_format);
  CHECK(with([](auto& d) { d.tile.m = 0; }) == ControllerError::bad_tile);
  CHECK(with([](auto& d) { d.tile.m = 24; }) == ControllerError::bad_tile);
  CHECK(with([](auto& d) { d.tile.n = 16; }) == ControllerError::bad_tile);
  CHECK(with([](auto& d) { d.tile.k = 64; }) == ControllerError::bad_tile);
  CHECK(with([](auto& d) { d.m = 1u << 20, d.tile.m = 1u << 20; }) == ControllerError::bad_tile);
  CHECK(machine.read(registers::status) == registers::status_error);
  CHECK(with([](auto& d) { d.addresses.weights = (std::uint64_t{8} << 30) - 16; }) == ControllerError::memory);
  // The first 16 bytes are still there; the burst after them starts at the end of the memory.
  CHECK(machine.read(registers::error_address_low) == 0);
  CHECK(machine.read(registers::error_address_high) == 2);

  CHECK(error_after(machine, good) == ControllerError::none);
  CHECK(machine.read(registers::status) == registers::status_done);
  CHECK(machine.read(registers::descriptors_done) == 1);
}

TEST_CASE("An FP16 machine takes no mantissa lengths") {
  Machine machine(machine_of(PeKind::fp_fp));
  GemmDescriptor descriptor = machine.descriptor(machine.task(16, 64, 128, 0, 0), {16, 64, 128, LoopOrder::nkm});
  CHECK(error_after(machine, descriptor) == ControllerError::none);
  descriptor.input_mantissa_bits = 7;
  CHECK(error_after(machine, descriptor) == ControllerError::bad_format);
  descriptor.input_mantissa_bits = 0;
  descriptor.output_mantissa_bits = 7;
  CHECK(error_after(machine, descriptor) == ControllerError::bad_format);
}

TEST_CASE("Several descriptors run one after another and raise the interrupt once") {
  Machine machine(machine_of(PeKind::anda));
  const auto task = machine.task(32, 128, 256, 6, 6);
  const auto words = machine.descriptor(task, {16, 64, 256, LoopOrder::nkm}).encode();
  const auto alone = machine.run(machine.descriptor(task, {16, 64, 256, LoopOrder::nkm})).at("controller.cycles");

  for (std::size_t d = 0; d < 3; ++d) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      machine.write(registers::instruction_memory + 4 * (d * words.size() + i), words[i]);
    }
  }
  machine.write(registers::descriptor_count, 3);
  machine.write(registers::interrupt_enable, 1);
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  machine.write(registers::control, registers::control_start);
  CHECK(machine.read(registers::status) == registers::status_busy);
  sc_core::sc_start();
  CHECK(machine.read(registers::descriptors_done) == 3);
  CHECK(machine.read(registers::cycles_low) == 4 * alone);
  CHECK(machine.interrupt.read());
  const double cycles = (sc_core::sc_time_stamp() - start).to_seconds() * 285e6;
  CHECK(cycles == Approx(3.0 * static_cast<double>(alone)).margin(0.01));

  machine.write(registers::interrupt_clear, 1);
  sc_core::sc_start();
  CHECK_FALSE(machine.interrupt.read());

  machine.write(registers::descriptor_count, 65);
  machine.write(registers::control, registers::control_start);
  sc_core::sc_start();
  CHECK(machine.read(registers::error_code) == static_cast<std::uint32_t>(ControllerError::bad_count));
}

TEST_CASE("The control socket refuses what is no register access") {
  Machine machine(machine_of(PeKind::anda));
  std::uint32_t words[2] = {};
  CHECK(machine.access(tlm::TLM_READ_COMMAND, registers::id, words, 4) == tlm::TLM_OK_RESPONSE);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, registers::id, words, 8) == tlm::TLM_OK_RESPONSE);
  CHECK(words[1] == registers::version_value);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, 2, words, 4) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, 0, words, 3) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, registers::end, words, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_WRITE_COMMAND, registers::end, words, 4) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_READ_COMMAND, registers::instruction_memory + 64 * 64, words, 4) ==
        tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(machine.access(tlm::TLM_IGNORE_COMMAND, registers::id, words, 4) == tlm::TLM_COMMAND_ERROR_RESPONSE);
}
