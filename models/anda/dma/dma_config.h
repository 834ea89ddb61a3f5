// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DMA_DMA_CONFIG_H
#define ANDA_DMA_DMA_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// TLM protocol between the DMA engine and memory.
enum class MemoryProtocol {
  b_transport,  ///< loosely timed: one call per transaction, at most the global quantum ahead of simulated time
  at            ///< approximately timed: the four phases of the base protocol, in step with simulated time
};
inline constexpr ChoiceTable<MemoryProtocol, 2> memory_protocols{
    {{"b_transport", MemoryProtocol::b_transport}, {"at", MemoryProtocol::at}}};

/// How the DMA engine answers the memory's BEGIN_RESP.
enum class EndResponse {
  returned,  ///< the call returns TLM_UPDATED with END_RESP
  called     ///< the call returns TLM_ACCEPTED, and a separate call sends END_RESP
};
inline constexpr ChoiceTable<EndResponse, 2> end_responses{
    {{"returned", EndResponse::returned}, {"called", EndResponse::called}}};

/// Configuration of the DMA engine between external memory and the buffers.
struct DmaConfig {
  MemoryProtocol protocol = MemoryProtocol::b_transport;
  std::uint32_t max_burst_bytes = 1u << 20;
  std::uint32_t requests_in_flight = 8;
  EndResponse end_response = EndResponse::returned;
  std::uint64_t timeout_cycles = 10'000'000;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("protocol", self.protocol, memory_protocols,
                 "b_transport: one call per transaction, ahead of simulated time by the quantum; at: the four phases "
                 "of the TLM-2.0 base protocol, each transaction naturally aligned with a power-of-two size");
    visit.number("max_burst_bytes", self.max_burst_bytes, Range<std::uint32_t>{4, 1u << 24},
                 "largest TLM transaction, a power of two; larger transfers are split");
    visit.number("requests_in_flight", self.requests_in_flight, Range<std::uint32_t>{1, 1024},
                 "maximum number of outstanding transactions");
    visit.choice("end_response", self.end_response, end_responses,
                 "how a response ends with protocol at. returned: the memory's BEGIN_RESP returns END_RESP; called: a "
                 "separate call sends END_RESP, for memories that ignore the returned phase");
    visit.number("timeout_cycles", self.timeout_cycles, Range<std::uint64_t>{0, 1'000'000'000'000},
                 "cycles without progress after which a memory that owes a response ends the simulation with an error; "
                 "0: no limit");
  }

  void check(const std::string& path, Problems& problems) const {
    if ((max_burst_bytes & (max_burst_bytes - 1)) != 0) {
      problems.push_back(
          {join_key(path, "max_burst_bytes"), "is " + number_text(max_burst_bytes) + ", must be a power of two"});
    }
  }
};

}  // namespace anda

#endif
