// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_ACCESS_H
#define ANDA_BASE_ACCESS_H

#include <cstddef>
#include <cstdint>
#include <systemc>
#include <tlm>

namespace anda {

/// Makes a payload a plain read or write of some bytes, without byte enables or streaming.
inline void set_access(tlm::tlm_generic_payload& payload, tlm::tlm_command command, std::uint64_t address, void* data,
                       std::size_t bytes) {
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(static_cast<unsigned char*>(data));
  payload.set_data_length(static_cast<unsigned int>(bytes));
  payload.set_streaming_width(static_cast<unsigned int>(bytes));
}

/// Makes one access through an initiator socket's b_transport; call it from a thread if the target may wait. Adds the
/// annotated delay of the access to `delay` and returns the response status.
template <class Socket>
tlm::tlm_response_status access(Socket& socket, tlm::tlm_command command, std::uint64_t address, void* data,
                                std::size_t bytes, sc_core::sc_time& delay) {
  tlm::tlm_generic_payload payload;
  set_access(payload, command, address, data, bytes);
  socket->b_transport(payload, delay);
  return payload.get_response_status();
}

/// The same through transport_dbg: in zero time, at any moment. Returns whether all bytes were moved.
template <class Socket>
bool debug_access(Socket& socket, tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
  tlm::tlm_generic_payload payload;
  set_access(payload, command, address, data, bytes);
  return socket->transport_dbg(payload) == bytes;
}

}  // namespace anda

#endif
