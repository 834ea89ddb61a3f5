// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_WEIGHT_BUFFER_H
#define ANDA_BUFFER_WEIGHT_BUFFER_H

#include <cstdint>
#include <systemc>
#include <tlm_utils/simple_target_socket.h>

#include <anda/base/clock.h>
#include <anda/buffer/buffer_block.h>
#include <anda/buffer/buffer_config.h>
#include <anda/buffer/half_credits.h>
#include <anda/buffer/read_port.h>
#include <anda/buffer/scratchpad.h>
#include <anda/energy/counters.h>

namespace anda {

/// The weight buffer: packed weights and their scales in two halves, with a port to the array of one word per cycle.
///
/// Timing: an operand read waits until the DMA has brought the bytes, then takes one cycle per first word; the rest
/// follow while the array computes. The DMA's writes arrive at the cycle they state.
class WeightBuffer : public BufferBlock {
 public:
  tlm_utils::simple_target_socket<WeightBuffer> dma;    ///< fills the buffer
  tlm_utils::simple_target_socket<WeightBuffer> array;  ///< reads operands
  sc_core::sc_export<HalfCredits> credits;
  sc_core::sc_export<OperandPort> port;  ///< level cycle: to the array

  WeightBuffer(sc_core::sc_module_name name, const WeightBufferConfig& config, const Clock& clock);

  const WeightBufferConfig& config() const { return config_; }
  const Counters& counters() const override { return counters_; }

  tlm::tlm_base_target_socket<>& dma_socket() override { return dma; }
  tlm::tlm_base_target_socket<>& array_socket() override { return array; }
  sc_core::sc_export<HalfCredits>& credits_export() override { return credits; }

  // Level cycle.
  void begin_clocks();
  /// One clock of the port to the array.
  void tick(std::uint64_t cycle);
  const ReadPort& read_port() const { return port_; }
  /// Counts words that the port brought in clocks that were not simulated individually.
  void count_read(std::uint64_t words) { words_read_ += words; }
  const bool& held(std::uint32_t half) const { return halves_.held(half); }

 private:
  void fill(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int debug(tlm::tlm_generic_payload& payload) { return memory_.debug(payload); }

  WeightBufferConfig config_;
  const Clock& clock_;
  Scratchpad memory_;
  BufferHalves halves_;
  std::uint64_t operation_ = 0;  // operation to which the arrivals in the memory belong
  std::uint64_t words_read_ = 0;
  std::uint64_t words_written_ = 0;
  ReadPort port_;
  Counters counters_;
};

}  // namespace anda

#endif
