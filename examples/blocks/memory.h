// SPDX-License-Identifier: Apache-2.0
// Surroundings of a block in these examples: a plain TLM memory, and a master whose program is a function.
#ifndef ANDA_EXAMPLES_BLOCKS_MEMORY_H
#define ANDA_EXAMPLES_BLOCKS_MEMORY_H

#include <anda/base/access.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

/// A plain memory, unaware of the blocks; each access takes 20 ns.
struct Memory : sc_core::sc_module {
  tlm_utils::simple_target_socket<Memory> socket{"socket"};
  std::vector<unsigned char> bytes;

  Memory(sc_core::sc_module_name name, std::size_t size) : sc_module(name), bytes(size) {
    socket.register_b_transport(this, &Memory::b_transport);
    socket.register_transport_dbg(this, &Memory::move);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    delay += sc_core::sc_time(20, sc_core::SC_NS);
    const bool all = move(payload) == payload.get_data_length();
    payload.set_response_status(all ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  unsigned int move(tlm::tlm_generic_payload& payload) {
    if (payload.get_address() + payload.get_data_length() > bytes.size()) return 0;
    unsigned char* const here = &bytes[payload.get_address()];
    std::memcpy(payload.is_read() ? payload.get_data_ptr() : here, payload.is_read() ? here : payload.get_data_ptr(),
                payload.get_data_length());
    return payload.get_data_length();
  }
};

/// Runs a program in a thread, which accesses the target bound to its socket.
struct Master : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Master> socket{"socket"};

  Master(sc_core::sc_module_name name, std::function<void(Master&)> program) : sc_module(name) {
    sc_core::sc_spawn([this, program] { program(*this); });
  }

  /// Performs one access to completion; returns whether it succeeded.
  bool write(std::uint64_t address, void* data, std::size_t size) {
    return go(tlm::TLM_WRITE_COMMAND, address, data, size);
  }
  bool read(std::uint64_t address, void* data, std::size_t size) {
    return go(tlm::TLM_READ_COMMAND, address, data, size);
  }

 private:
  bool go(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t size) {
    sc_core::sc_time delay;
    const bool good = anda::access(socket, command, address, data, size, delay) == tlm::TLM_OK_RESPONSE;
    sc_core::wait(delay);
    return good;
  }
};

#endif
