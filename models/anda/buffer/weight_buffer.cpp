// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/weight_buffer.h>

#include <anda/buffer/buffer_access.h>

namespace anda {

WeightBuffer::WeightBuffer(sc_core::sc_module_name, const WeightBufferConfig& config, const Clock& clock)
    : dma("dma"),
      array("array"),
      credits("credits"),
      port("port"),
      config_(config),
      clock_(clock),
      memory_(2 * config.half_address_bytes()) {
  dma.register_b_transport(this, &WeightBuffer::fill);
  dma.register_transport_dbg(this, &WeightBuffer::debug);
  array.register_b_transport(this, &WeightBuffer::read);
  array.register_transport_dbg(this, &WeightBuffer::debug);
  credits.bind(halves_);
  port.bind(port_);
  counters_.add("weight_buffer.words_read", "words", "words read from the weight buffer, including scales",
                words_read_);
  counters_.add("weight_buffer.words_written", "words", "words written to the weight buffer, including scales",
                words_written_);
}

void WeightBuffer::fill(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  BufferAccess access(payload, memory_, clock_, config_.word_bits);
  if (!access.begin(operation_)) return;
  (payload.is_write() ? words_written_ : words_read_) += access.words().data;
  access.serve(0, delay);
}

void WeightBuffer::read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  BufferAccess access(payload, memory_, clock_, config_.word_bits);
  if (!access.begin(operation_)) return;
  (payload.is_write() ? words_written_ : words_read_) += access.words().data;
  access.serve(access.first_words(), delay);
}

void WeightBuffer::begin_clocks() { port_.begin(1); }

void WeightBuffer::tick(std::uint64_t cycle) { words_read_ += port_.tick(cycle); }

}  // namespace anda
