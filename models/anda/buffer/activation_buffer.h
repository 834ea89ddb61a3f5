// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_ACTIVATION_BUFFER_H
#define ANDA_BUFFER_ACTIVATION_BUFFER_H

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <anda/base/clock.h>
#include <anda/buffer/buffer_block.h>
#include <anda/buffer/buffer_config.h>
#include <anda/buffer/half_credits.h>
#include <anda/buffer/read_port.h>
#include <anda/buffer/result_writer.h>
#include <anda/buffer/scratchpad.h>
#include <anda/dataflow/geometry.h>
#include <anda/energy/counters.h>

namespace anda {

/// The activation buffer: a data memory (bit planes, FP16 values, FP32 partial sums) and an exponent memory, each in
/// two halves. One address space covers both: each half of it comprises a half of the data memory and a half of the
/// exponent memory.
///
/// Timing: an operand read waits until the bytes have arrived, then takes one cycle per read_words_per_cycle of its
/// first words; the rest follow while the array computes. Data written by the DMA and the compressor arrives at the
/// cycle they state, and the DMA's reads of results wait for that.
class ActivationBuffer : public ActivationBufferBlock {
 public:
  tlm_utils::simple_target_socket<ActivationBuffer> dma;       ///< loads operands, stores results
  tlm_utils::simple_target_socket<ActivationBuffer> array;     ///< reads operands
  tlm_utils::simple_target_socket<ActivationBuffer> results;   ///< written by the compressor or the vector unit
  tlm_utils::simple_target_socket<ActivationBuffer> operands;  ///< read by the vector unit; may be left unbound
  sc_core::sc_export<HalfCredits> credits;
  sc_core::sc_export<OperandPort> port;     ///< level cycle: to the array
  sc_core::sc_export<ResultPort> packager;  ///< level cycle: from the compressor
  sc_core::sc_export<ResultSink> sink;      ///< level cycle: from the vector unit if there is no compressor

  ActivationBuffer(sc_core::sc_module_name name, const ActivationBufferConfig& config, const Clock& clock);

  const ActivationBufferConfig& config() const { return config_; }
  const Counters& counters() const override { return counters_; }

  tlm::tlm_base_target_socket<>& dma_socket() override { return dma; }
  tlm::tlm_base_target_socket<>& array_socket() override { return array; }
  tlm::tlm_base_target_socket<>& results_socket() override { return results; }
  tlm::tlm_base_target_socket<>* operands_socket() override { return &operands; }
  sc_core::sc_export<HalfCredits>& credits_export() override { return credits; }

  // Level cycle.
  void begin_clocks();
  /// One clock of the port to the array.
  void tick(std::uint64_t cycle);
  /// Counts words that come with planes and sums, in addition to those of the port: exponents, partial sums.
  void count_read(const BufferWords& words) { read_ += words; }
  /// Number of complete result blocks since the start of the GeMM.
  const std::uint64_t& blocks_complete() const { return writer_.complete(); }
  const ReadPort& read_port() const { return port_; }
  const bool& held(std::uint32_t half) const { return halves_.held(half); }

 private:
  void before_end_of_elaboration() override;
  void move(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void take_results(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int debug(tlm::tlm_generic_payload& payload) { return memory_.debug(payload); }

  std::unique_ptr<tlm_utils::simple_initiator_socket<ActivationBuffer>> nobody_;  // bound to unused operands
  ActivationBufferConfig config_;
  const Clock& clock_;
  Scratchpad memory_;
  BufferHalves halves_;
  std::uint64_t operation_ = 0;  // operation to which the arrivals in the memory belong
  BufferWords read_;
  BufferWords written_;
  ReadPort port_;
  ResultWriter writer_;
  Counters counters_;
};

}  // namespace anda

#endif
