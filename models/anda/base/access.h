// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_ACCESS_H
#define ANDA_BASE_ACCESS_H

#include <cstddef>
#include <cstdint>
#include <systemc>
#include <tlm>

namespace anda {

/// Makes a payload the plain read or write of some bytes: no byte enables, no streaming.
inline void set_access(tlm::tlm_generic_payload& payload, tlm::tlm_command command, std::uint64_t address, void* data,
                       std::size_t bytes) {
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(static_cast<unsigned int>(bytes));
  payload.set_streaming_width(static_cast<unsigned int>(bytes));
}

/// One access through an initiator socket's b_transport, from a thread if the target may wait. The time that it takes
/// beyond that is added to `delay`.
template <class Socket>
tlm::tlm_response_status access(Socket& socket, tlm::tlm_command command, std::uint64_t address, void* data,
                                std::size_t bytes, sc_core::sc_time& delay) {
  tlm::tlm_generic_payload payload;
  set_access(payload, command, address, data, bytes);
  socket->b_transport(payload, delay);
  return payload.get_response_status();
}

/// The same through transport_dbg: in no time, at any moment. Whether all bytes were moved.
template <class Socket>
bool debug_access(Socket& socket, tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
  tlm::tlm_generic_payload payload;
  set_access(payload, command, address, data, bytes);
  return socket->transport_dbg(payload) == bytes;
}

}  // namespace anda

#endif
