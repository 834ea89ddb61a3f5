// SPDX-License-Identifier: Apache-2.0
#include <anda/base/access.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <systemc>
#include <vector>

#include "models/machine.h"
#include "models/payload_pool.h"

using anda::PeKind;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::PayloadPool;

namespace {

constexpr std::uint64_t instructions = ANDA_INSTRUCTION_MEMORY;
constexpr std::uint64_t instructions_end = instructions + 64 * 64;

/// A transaction with its data, in words.
struct Access : tlm::tlm_generic_payload {
  std::vector<std::uint32_t> words;

  Access(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint32_t> data) : words(std::move(data)) {
    set_command(command);
    set_address(address);
    set_data_ptr(reinterpret_cast<unsigned char*>(words.data()));
    set_data_length(static_cast<unsigned int>(4 * words.size()));
    set_streaming_width(get_data_length());
  }
};

tlm::tlm_response_status transport(Machine& machine, tlm::tlm_generic_payload& payload) {
  sc_core::sc_time delay;
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  machine.control->b_transport(payload, delay);
  return payload.get_response_status();
}

}  // namespace

TEST_CASE("The control socket executes an access as a whole or refuses it with the response that says why") {
  Machine machine(machine_of(PeKind::anda));
  Access enabled(tlm::TLM_WRITE_COMMAND, instructions, {1});
  unsigned char enables[4] = {0xff, 0, 0, 0};
  enabled.set_byte_enable_ptr(enables);
  enabled.set_byte_enable_length(4);
  CHECK(transport(machine, enabled) == tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  Access streaming(tlm::TLM_WRITE_COMMAND, instructions, {1, 2});
  streaming.set_streaming_width(4);
  CHECK(transport(machine, streaming) == tlm::TLM_BURST_ERROR_RESPONSE);
  Access bytes(tlm::TLM_READ_COMMAND, instructions, {1});
  bytes.set_data_length(2);
  CHECK(transport(machine, bytes) == tlm::TLM_BURST_ERROR_RESPONSE);
  Access unaligned(tlm::TLM_READ_COMMAND, instructions + 2, {1});
  CHECK(transport(machine, unaligned) == tlm::TLM_BURST_ERROR_RESPONSE);
  Access nothing(tlm::TLM_IGNORE_COMMAND, instructions, {1});
  CHECK(transport(machine, nothing) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  Access far(tlm::TLM_READ_COMMAND, ~std::uint64_t{3}, {1, 2});
  CHECK(transport(machine, far) == tlm::TLM_ADDRESS_ERROR_RESPONSE);

  // The last word is there and the one behind it is not: neither is written.
  Access over_the_end(tlm::TLM_WRITE_COMMAND, instructions_end - 4, {7, 8});
  CHECK(transport(machine, over_the_end) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(machine.read(instructions_end - 4) == 0);
  // Nor are registers when there is a gap behind them.
  static_assert(ANDA_REG_ERROR_DESCRIPTOR == ANDA_REG_INTERRUPT_ENABLE + 8 * 4);
  Access over_a_gap(tlm::TLM_WRITE_COMMAND, ANDA_REG_INTERRUPT_ENABLE, std::vector<std::uint32_t>(10, 3));
  CHECK(transport(machine, over_a_gap) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK(machine.read(ANDA_REG_INTERRUPT_ENABLE) == 0);
  CHECK(machine.read(ANDA_REG_DESCRIPTOR_COUNT) == 0);
  Access wide(tlm::TLM_WRITE_COMMAND, instructions_end - 8, {7, 8});
  CHECK(transport(machine, wide) == tlm::TLM_OK_RESPONSE);
  CHECK(machine.read(instructions_end - 8) == 7);
  CHECK(machine.read(instructions_end - 4) == 8);
  CHECK_FALSE(wide.is_dmi_allowed());
  CHECK(machine.control_checker.violations().empty());
}

TEST_CASE("Debug access to the control socket has no effects and counts the bytes it served") {
  Machine machine(machine_of(PeKind::anda));
  const auto debug = [&](Access&& access) { return machine.control->transport_dbg(access); };
  CHECK(debug(Access(tlm::TLM_WRITE_COMMAND, instructions_end - 8, {5, 6, 7})) == 8);
  CHECK(machine.read(instructions_end - 4) == 6);
  Access read(tlm::TLM_READ_COMMAND, instructions_end - 4, {1, 2});
  CHECK(machine.control->transport_dbg(read) == 4);
  CHECK(read.words == std::vector<std::uint32_t>{6, 2});
  CHECK(debug(Access(tlm::TLM_READ_COMMAND, instructions_end, {0})) == 0);
  CHECK(debug(Access(tlm::TLM_READ_COMMAND, ANDA_REG_ID + 1, {0})) == 0);
  CHECK(debug(Access(tlm::TLM_IGNORE_COMMAND, ANDA_REG_ID, {0})) == 0);
  Access id(tlm::TLM_READ_COMMAND, ANDA_REG_ID, {0, 0});
  CHECK(machine.control->transport_dbg(id) == 8);
  CHECK(id.words[0] == 0x41444e41);
  Access over_a_gap(tlm::TLM_READ_COMMAND, ANDA_REG_ERROR_DESCRIPTOR, {1, 2, 3});
  CHECK(machine.control->transport_dbg(over_a_gap) == 4);
  CHECK(over_a_gap.words == std::vector<std::uint32_t>{0, 2, 3});

  CHECK(debug(Access(tlm::TLM_WRITE_COMMAND, ANDA_REG_CONTROL, {ANDA_CONTROL_START})) == 0);
  CHECK(debug(Access(tlm::TLM_WRITE_COMMAND, ANDA_REG_INTERRUPT_ENABLE, {1})) == 0);
  CHECK(machine.read(ANDA_REG_STATUS) == 0);
  CHECK(machine.read(ANDA_REG_INTERRUPT_ENABLE) == 0);
  tlm::tlm_dmi dmi;
  CHECK_FALSE(machine.control->get_direct_mem_ptr(id, dmi));
}

TEST_CASE("The four phases work on the control socket too, with payloads used again") {
  struct Initiator : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
    sc_core::sc_event answered;
    explicit Initiator(sc_core::sc_module_name name) : sc_module(name) {
      socket.register_nb_transport_bw(this, &Initiator::nb_transport_bw);
    }
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time&) {
      CHECK(phase == tlm::BEGIN_RESP);
      phase = tlm::END_RESP;
      answered.notify(sc_core::SC_ZERO_TIME);
      return tlm::TLM_UPDATED;
    }
  } initiator("initiator");
  anda::ProtocolChecker<> checker("checker");
  anda::ProtocolChecker<> memory_checker("memory_checker");
  anda::Accelerator accelerator("accelerator", machine_of(PeKind::anda));
  anda::Dram dram("dram", {});
  sc_core::sc_signal<bool> interrupt;
  initiator.socket.bind(checker.target);
  checker.initiator.bind(accelerator.control);
  accelerator.memory.bind(memory_checker.target);
  memory_checker.initiator.bind(dram.socket);
  accelerator.interrupt.bind(interrupt);

  PayloadPool pool;
  std::vector<tlm::tlm_response_status> statuses;
  std::uint32_t word = 0;
  sc_core::sc_spawn([&] {
    const auto access = [&](tlm::tlm_command command, std::uint64_t address) {
      tlm::tlm_generic_payload& payload = pool.make();
      payload.set_command(command);
      payload.set_address(address);
      payload.set_data_ptr(reinterpret_cast<unsigned char*>(&word));
      payload.set_data_length(4);
      payload.set_streaming_width(4);
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay(10, sc_core::SC_NS);
      CHECK(initiator.socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED);
      sc_core::wait(initiator.answered);
      statuses.push_back(payload.get_response_status());
      payload.release();
    };
    word = 0x12345678;
    access(tlm::TLM_WRITE_COMMAND, instructions);
    word = 0;
    access(tlm::TLM_READ_COMMAND, instructions);
    access(tlm::TLM_READ_COMMAND, instructions_end);
  });
  sc_core::sc_start();
  CHECK(word == 0x12345678);
  CHECK(statuses == std::vector<tlm::tlm_response_status>{tlm::TLM_OK_RESPONSE, tlm::TLM_OK_RESPONSE,
                                                          tlm::TLM_ADDRESS_ERROR_RESPONSE});
  CHECK(pool.made() == 1);
  CHECK(pool.all_back());
  checker.finish();
}

TEST_CASE("Registers show the state at the instant of the read, however far the initiator runs ahead") {
  Machine machine(machine_of(PeKind::anda));
  Machine reference(machine_of(PeKind::anda));
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_MS));
  const auto task = machine.task(32, 128, 512, 6, 6);
  const auto descriptor = machine.descriptor(task, {16, 64, 512, anda::LoopOrder::nkm});
  const auto words = descriptor.encode();
  std::uint64_t cycles = 0;
  double started = 0;
  double done = 0;
  sc_core::sc_spawn([&] {
    sc_core::sc_time local(5, sc_core::SC_US);
    const auto access = [&](tlm::tlm_command command, std::uint64_t address, std::uint32_t word) {
      Access payload(command, address, {word});
      local += sc_core::sc_time(20, sc_core::SC_NS);
      machine.control->b_transport(payload, local);
      CHECK(payload.get_response_status() == tlm::TLM_OK_RESPONSE);
      return payload.words[0];
    };
    for (std::size_t i = 0; i < words.size(); ++i) access(tlm::TLM_WRITE_COMMAND, instructions + 4 * i, words[i]);
    access(tlm::TLM_WRITE_COMMAND, ANDA_REG_DESCRIPTOR_COUNT, 1);
    access(tlm::TLM_WRITE_COMMAND, ANDA_REG_CONTROL, ANDA_CONTROL_START);
    started = (sc_core::sc_time_stamp() + local).to_seconds();
    // A poll every 20 ns, without a wait of its own, comes to its end.
    while ((access(tlm::TLM_READ_COMMAND, ANDA_REG_STATUS, 0) & ANDA_STATUS_BUSY) != 0) {
    }
    done = (sc_core::sc_time_stamp() + local).to_seconds();
    cycles = access(tlm::TLM_READ_COMMAND, ANDA_COUNTER_CYCLES, 0);
  });
  sc_core::sc_start();
  CHECK(started == Approx(5e-6 + 18 * 20e-9));
  CHECK(done - started == Approx(static_cast<double>(cycles) / 285e6).margin(20e-9));
  CHECK(reference.run(descriptor).at("controller.cycles") == cycles);
}

TEST_CASE("The interrupt may stay unbound for software that polls, or be bound to a port of the enclosing module") {
  struct Poller : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Poller> control{"control"};
    sc_core::sc_out<bool> line{"line"};
    anda::Accelerator silent{"silent", {}};
    anda::Accelerator heard{"heard", {}};
    anda::Dram drams[2] = {{"dram_0", {}}, {"dram_1", {}}};
    tlm_utils::simple_initiator_socket<Poller> other{"other"};

    explicit Poller(sc_core::sc_module_name name) : sc_module(name) {
      control.bind(silent.control);
      other.bind(heard.control);
      silent.memory.bind(drams[0].socket);
      heard.memory.bind(drams[1].socket);
      heard.interrupt.bind(line);
    }
  } poller("poller");
  sc_core::sc_signal<bool> line;
  poller.line.bind(line);

  anda::GemmDescriptor gemm{16, 64, 128, 7, 6, 4, {16, 64, 128, anda::LoopOrder::nkm}, {0, 1 << 24, 1 << 25, 1 << 26}};
  auto words = gemm.encode();
  const auto start = [&](auto& socket) {
    const auto write = [&](std::uint64_t address, void* data, std::size_t bytes) {
      sc_core::sc_time delay;
      REQUIRE(anda::access(socket, tlm::TLM_WRITE_COMMAND, address, data, bytes, delay) == tlm::TLM_OK_RESPONSE);
    };
    std::uint32_t one = 1;
    write(ANDA_INSTRUCTION_MEMORY, words.data(), sizeof words);
    write(ANDA_REG_INTERRUPT_ENABLE, &one, 4);
    write(ANDA_REG_DESCRIPTOR_COUNT, &one, 4);
    write(ANDA_REG_CONTROL, &one, 4);
  };
  start(poller.control);
  start(poller.other);
  sc_core::sc_start();
  for (auto* socket : {&poller.control, &poller.other}) {
    std::uint32_t status = 0;
    sc_core::sc_time delay;
    anda::access(*socket, tlm::TLM_READ_COMMAND, ANDA_REG_STATUS, &status, 4, delay);
    CHECK(status == ANDA_STATUS_DONE);
  }
  CHECK(line.read());
}
