// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_TARGET_ACCESS_H
#define ANDA_TLM_TARGET_ACCESS_H

#include <algorithm>
#include <cstdint>
#include <systemc>
#include <tlm>

#include <anda/base/simulated_time.h>

namespace anda {

/// The address space of a target socket and the accesses it accepts. Every target socket of the library uses these
/// functions, so that all refuse the same accesses with the same responses; see docs/tlm.md.
struct TargetAccess {
  std::uint64_t bytes = 0;       ///< size of the address space, which starts at 0
  std::uint32_t word_bytes = 1;  ///< addresses and lengths must be multiples of it; a power of two
  bool byte_enables = true;      ///< whether byte enables are accepted
  bool streaming = false;        ///< whether a streaming width below the length is accepted
};

/// Bytes of the address space covered by a transaction, starting at its address: a streaming burst returns to its
/// address after each streaming width.
inline std::uint64_t span_of(const tlm::tlm_generic_payload& payload) {
  return std::min<std::uint64_t>(payload.get_data_length(), payload.get_streaming_width());
}

/// TLM_OK_RESPONSE if the target can execute the transaction, otherwise the response that names its error.
inline tlm::tlm_response_status refusal(const tlm::tlm_generic_payload& payload, const TargetAccess& target) {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = payload.get_data_length();
  if (!payload.is_read() && !payload.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  const std::uint64_t span = span_of(payload);
  if (span == 0 || (span < length && !target.streaming) || ((address | length) & (target.word_bytes - 1)) != 0) {
    return tlm::TLM_BURST_ERROR_RESPONSE;
  }
  if (payload.get_data_ptr() == nullptr) return tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (address >= target.bytes || span > target.bytes - address) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr() != nullptr && (!target.byte_enables || payload.get_byte_enable_length() == 0)) {
    return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  }
  return tlm::TLM_OK_RESPONSE;
}

/// Number of bytes that a target serves in a debug access: whole words from the first one up to the end of its address
/// space. Debug access ignores byte enables and streaming width.
inline unsigned int debug_bytes(const tlm::tlm_generic_payload& payload, const TargetAccess& target) {
  const std::uint64_t address = payload.get_address();
  if (!payload.is_read() && !payload.is_write()) return 0;
  if (payload.get_data_ptr() == nullptr || address >= target.bytes || (address & (target.word_bytes - 1)) != 0) {
    return 0;
  }
  const std::uint64_t bytes = std::min<std::uint64_t>(payload.get_data_length(), target.bytes - address);
  return static_cast<unsigned int>(bytes - (bytes & (target.word_bytes - 1)));
}

/// Calls move(offset, bytes) for each run of enabled bytes of a legal transaction, in order. A byte-enable pattern
/// shorter than the data repeats.
template <class Move>
void for_each_enabled(const tlm::tlm_generic_payload& payload, Move&& move) {
  const std::uint64_t length = payload.get_data_length();
  const unsigned char* const enables = payload.get_byte_enable_ptr();
  if (enables == nullptr) {
    move(std::uint64_t{0}, length);
    return;
  }
  const std::uint64_t period = payload.get_byte_enable_length();
  const auto enabled = [&](std::uint64_t offset) { return enables[offset % period] != TLM_BYTE_DISABLED; };
  for (std::uint64_t first = 0; first < length;) {
    std::uint64_t end = first + 1;
    const bool on = enabled(first);
    while (end < length && enabled(end) == on) ++end;
    if (on) move(first, end - first);
    first = end;
  }
}

/// Lets simulated time catch up with an initiator that runs ahead, for targets whose state depends on the time of an
/// access. Waits only if there is a delay, so that b_transport without one needs no thread.
inline void synchronise(sc_core::sc_time& delay) {
  if (delay == sc_core::SC_ZERO_TIME) return;
  wait_until(later(sc_core::sc_time_stamp(), delay));
  delay = sc_core::SC_ZERO_TIME;
}

}  // namespace anda

#endif
