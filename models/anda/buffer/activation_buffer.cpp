// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/activation_buffer.h>

#include <anda/base/math.h>
#include <anda/buffer/buffer_access.h>

namespace anda {

ActivationBuffer::ActivationBuffer(sc_core::sc_module_name, const ActivationBufferConfig& config, const Clock& clock)
    : dma("dma"),
      array("array"),
      results("results"),
      operands("operands"),
      credits("credits"),
      port("port"),
      packager("packager"),
      sink("sink"),
      config_(config),
      clock_(clock),
      memory_(2 * config.half_address_bytes()),
      writer_(config_, written_) {
  dma.register_b_transport(this, &ActivationBuffer::move);
  dma.register_transport_dbg(this, &ActivationBuffer::debug);
  array.register_b_transport(this, &ActivationBuffer::read);
  array.register_transport_dbg(this, &ActivationBuffer::debug);
  results.register_b_transport(this, &ActivationBuffer::take_results);
  results.register_transport_dbg(this, &ActivationBuffer::debug);
  operands.register_b_transport(this, &ActivationBuffer::read);
  operands.register_transport_dbg(this, &ActivationBuffer::debug);
  credits.bind(halves_);
  port.bind(port_);
  packager.bind(writer_);
  sink.bind(writer_);
  counters_.add("activation_buffer.mantissa_words_read", "words", "words read from the mantissa memory", read_.data);
  counters_.add("activation_buffer.mantissa_words_written", "words", "words written to the mantissa memory",
                written_.data);
  counters_.add("activation_buffer.exponent_words_read", "words", "words read from the exponent memory",
                read_.exponent);
  counters_.add("activation_buffer.exponent_words_written", "words", "words written to the exponent memory",
                written_.exponent);
}

void ActivationBuffer::before_end_of_elaboration() {
  if (operands.get_base_port().size() > 0) return;
  nobody_ = std::make_unique<tlm_utils::simple_initiator_socket<ActivationBuffer>>("nobody");
  nobody_->bind(operands);
}

void ActivationBuffer::move(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  BufferAccess access(payload, memory_, clock_, config_.word_bits);
  if (!access.begin(operation_)) return;
  (payload.is_write() ? written_ : read_) += access.words();
  access.serve(0, delay);
}

void ActivationBuffer::take_results(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  BufferAccess access(payload, memory_, clock_, config_.word_bits);
  if (!access.begin(operation_)) return;
  (payload.is_write() ? written_ : read_) += access.words();
  access.serve(access.result_cycles(), delay);
}

void ActivationBuffer::read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  BufferAccess access(payload, memory_, clock_, config_.word_bits);
  if (!access.begin(operation_)) return;
  (payload.is_write() ? written_ : read_) += access.words();
  access.serve(ceil_div(access.first_words(), config_.read_words_per_cycle), delay);
}

void ActivationBuffer::begin_clocks() {
  port_.begin(config_.read_words_per_cycle);
  writer_.begin();
}

void ActivationBuffer::tick(std::uint64_t cycle) { read_ += {port_.tick(cycle), 0}; }

}  // namespace anda
