// SPDX-License-Identifier: Apache-2.0
#include <anda/controller/top_controller.h>

#include <cstring>

namespace anda {

TopController::TopController(sc_core::sc_module_name name, const ControllerConfig& config, const FormatConfig& format,
                             const Datapath& datapath, GemmEngine& engine, Dma& dma)
    : sc_module(name),
      control("control"),
      interrupt("interrupt"),
      format_(format),
      datapath_(datapath),
      engine_(engine),
      dma_(dma),
      instructions_(config.descriptors * GemmDescriptor::words, 0) {
  SC_HAS_PROCESS(TopController);
  SC_THREAD(run);
  SC_METHOD(drive_interrupt);
  sensitive << interrupt_changed_;
  dont_initialize();
  control.register_b_transport(this, &TopController::b_transport);
  control.register_transport_dbg(this, &TopController::transport_dbg);
}

void TopController::run() {
  for (;;) {
    while ((status_ & registers::status_busy) == 0) sc_core::wait(started_);
    descriptors_done_ = 0;
    error_ = ControllerError::none;
    if (descriptor_count_ == 0 || descriptor_count_ > instructions_.size() / GemmDescriptor::words) {
      error_ = ControllerError::bad_count;
      error_descriptor_ = 0;
    }
    while (error_ == ControllerError::none && descriptors_done_ < descriptor_count_) {
      GemmDescriptor descriptor;
      const bool is_gemm =
          GemmDescriptor::decode(&instructions_[descriptors_done_ * GemmDescriptor::words], descriptor);
      error_ = is_gemm ? run_descriptor(descriptor) : ControllerError::bad_opcode;
      if (error_ == ControllerError::none) {
        ++descriptors_done_;
      } else {
        error_descriptor_ = descriptors_done_;
      }
    }
    status_ = error_ == ControllerError::none ? registers::status_done : registers::status_error;
    interrupt_ = (interrupt_enable_ & 1) != 0;
    interrupt_changed_.notify(sc_core::SC_ZERO_TIME);
  }
}

ControllerError TopController::run_descriptor(const GemmDescriptor& descriptor) {
  GemmTask task;
  const ControllerError error = task_of(descriptor, task);
  if (error != ControllerError::none) return error;

  const TileShape& tile = descriptor.tile;
  const TileLimits limits(datapath_.mxu.config(), format_, datapath_.activation_buffer.config(),
                          datapath_.weight_buffer.config(), task);
  const auto whole = [](std::uint32_t size, std::uint32_t step) { return size != 0 && size % step == 0; };
  if (!whole(tile.m, limits.m_step()) || !whole(tile.n, limits.n_step()) || !whole(tile.k, limits.k_step()) ||
      !limits.legal(tile)) {
    return ControllerError::bad_tile;
  }
  cycles_ += engine_.run(task, tile, descriptor.addresses, limits);
  if (dma_.failed()) {
    error_address_ = dma_.failed_address();
    return ControllerError::memory;
  }
  return ControllerError::none;
}

ControllerError TopController::task_of(const GemmDescriptor& descriptor, GemmTask& task) const {
  const auto in_range = [](std::uint32_t dimension) {
    return dimension >= 1 && dimension <= GemmDescriptor::max_dimension;
  };
  if (!in_range(descriptor.m) || !in_range(descriptor.n) || !in_range(descriptor.k)) {
    return ControllerError::bad_dimension;
  }

  // Elements that work on Anda groups need a mantissa length of their input; the others take FP16 only.
  const ProcessingElement& element = datapath_.mxu.processing_element();
  const std::uint32_t input_bits = descriptor.input_mantissa_bits;
  const bool takes_groups = !element.activation_format(1).is_fp16();
  const bool input_fits = takes_groups ? input_bits >= 1 && input_bits <= 16 : input_bits == 0;
  const bool output_fits =
      descriptor.output_mantissa_bits == 0 || (element.compresses() && descriptor.output_mantissa_bits <= 16);
  const bool weights_fit = descriptor.weight_bits >= 1 && descriptor.weight_bits <= datapath_.mxu.config().weight_bits;
  if (!input_fits || !output_fits || !weights_fit) return ControllerError::bad_format;

  task.m = descriptor.m;
  task.n = descriptor.n;
  task.k = descriptor.k;
  task.input = element.activation_format(input_bits);
  task.output = {descriptor.output_mantissa_bits, format_.group_size};
  task.weights = {descriptor.weight_bits, format_.weight_scale_group};
  return ControllerError::none;
}

void TopController::drive_interrupt() { interrupt.write(interrupt_); }

/// An access happens at its own time: an initiator that has run ahead is brought back into step.
void TopController::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  synchronise(delay);
  payload.set_response_status(access(payload));
}

/// Has no side effects: writes reach the instruction memory only.
unsigned int TopController::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const bool write = payload.is_write();
  unsigned int bytes = debug_bytes(payload, address_space());
  if (write && address < registers::instruction_memory) bytes = 0;
  unsigned int served = 0;
  while (served < bytes && exists(address + served)) served += 4;
  move_words(payload, served);
  return served;
}

TargetAccess TopController::address_space() const {
  return {registers::instruction_memory + 4 * instructions_.size(), 4, false};
}

/// Executes an access as a whole or not at all.
tlm::tlm_response_status TopController::access(tlm::tlm_generic_payload& payload) {
  const tlm::tlm_response_status status = refusal(payload, address_space());
  if (status != tlm::TLM_OK_RESPONSE) return status;
  const unsigned int length = payload.get_data_length();
  for (unsigned int offset = 0; offset < length; offset += 4) {
    if (!exists(payload.get_address() + offset)) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  move_words(payload, length);
  return tlm::TLM_OK_RESPONSE;
}

void TopController::move_words(tlm::tlm_generic_payload& payload, unsigned int length) {
  const std::uint64_t address = payload.get_address();
  unsigned char* const data = payload.get_data_ptr();
  for (unsigned int offset = 0; offset < length; offset += 4) {
    std::uint32_t word = 0;
    if (payload.is_read()) {
      word = read_word(address + offset);
      std::memcpy(data + offset, &word, 4);
    } else {
      std::memcpy(&word, data + offset, 4);
      write_word(address + offset, word);
    }
  }
}

bool TopController::exists(std::uint64_t address) const {
  if (address < registers::instruction_memory) return address < registers::end;
  return (address - registers::instruction_memory) / 4 < instructions_.size();
}

std::uint32_t TopController::read_word(std::uint64_t address) const {
  if (address >= registers::instruction_memory) return instructions_[(address - registers::instruction_memory) / 4];
  switch (address) {
    case registers::id:
      return registers::id_value;
    case registers::version:
      return registers::version_value;
    case registers::status:
      return status_;
    case registers::interrupt_enable:
      return interrupt_enable_;
    case registers::error_code:
      return static_cast<std::uint32_t>(error_);
    case registers::error_descriptor:
      return error_descriptor_;
    case registers::error_address_low:
      return static_cast<std::uint32_t>(error_address_);
    case registers::error_address_high:
      return static_cast<std::uint32_t>(error_address_ >> 32);
    case registers::descriptor_count:
      return descriptor_count_;
    case registers::descriptors_done:
      return descriptors_done_;
    case registers::cycles_low:
      return static_cast<std::uint32_t>(cycles_);
    case registers::cycles_high:
      return static_cast<std::uint32_t>(cycles_ >> 32);
    default:
      return 0;  // write-only registers
  }
}

void TopController::write_word(std::uint64_t address, std::uint32_t word) {
  if (address >= registers::instruction_memory) {
    instructions_[(address - registers::instruction_memory) / 4] = word;
    return;
  }
  switch (address) {
    case registers::control:
      if ((word & registers::control_start) != 0 && (status_ & registers::status_busy) == 0) {
        status_ = registers::status_busy;
        started_.notify(sc_core::SC_ZERO_TIME);
      }
      break;
    case registers::interrupt_enable:
      interrupt_enable_ = word & 1;
      break;
    case registers::interrupt_clear:
      interrupt_ = false;
      interrupt_changed_.notify(sc_core::SC_ZERO_TIME);
      break;
    case registers::descriptor_count:
      descriptor_count_ = word;
      break;
    default:
      break;  // read-only registers ignore writes
  }
}

}  // namespace anda
