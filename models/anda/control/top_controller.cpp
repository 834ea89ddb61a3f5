// SPDX-License-Identifier: Apache-2.0
#include <anda/control/activation_bits.h>
#include <anda/control/top_controller.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <anda/base/math.h>
#include <anda/base/process.h>
#include <anda/dataflow/schedule.h>
#include <anda/dataflow/tensor_image.h>

namespace anda {

namespace {

/// Register at an offset; nullptr if there is none.
const RegisterEntry* register_at(std::uint64_t offset) {
  const auto found = std::find_if(register_table.begin(), register_table.end(),
                                  [&](const RegisterEntry& entry) { return entry.offset == offset; });
  return found != register_table.end() ? &*found : nullptr;
}

/// Index of the counter whose low or high word is at an offset; the table's size if there is none.
std::size_t counter_at(std::uint64_t offset) {
  std::size_t index = 0;
  while (index < counter_table.size() && (offset & ~std::uint64_t{4}) != counter_table[index].offset) ++index;
  return index;
}

constexpr bool counters_are_aligned() {
  for (const CounterEntry& entry : counter_table) {
    if (entry.offset % 8 != 0) return false;
  }
  return true;
}
static_assert(counters_are_aligned());  // so address % 8 == 0 identifies a low word

std::uint32_t registers_end() {
  std::uint32_t end = 0;
  for (const RegisterEntry& entry : register_table) end = std::max(end, entry.offset + 4);
  return end;
}

std::uint64_t offset_of(std::uint64_t descriptor, std::uint64_t word) {
  return ANDA_INSTRUCTION_MEMORY + 4 * (descriptor * GemmDescriptor::words + word);
}

constexpr std::uint32_t narrow(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

TopController::TopController(sc_core::sc_module_name name, const ControllerConfig& config, const MachineShape& machine,
                             double clock_hz, Clock& clock, const Engines& engines, Dma& dma, const Counters& counters,
                             ControllerCounts& counts)
    : sc_module(name),
      control("control"),
      interrupt("interrupt"),
      machine_(machine),
      clock_(clock),
      engines_(engines),
      dma_(dma),
      counters_(counters),
      counts_(counts),
      registers_(registers_end() / 4, 0),
      instructions_(config.descriptors * GemmDescriptor::words, 0),
      started_("started"),
      interrupt_changed_("interrupt_changed") {
  ANDA_HAS_PROCESS(TopController);
  SC_THREAD(run);
  SC_METHOD(drive_interrupt);
  sensitive << interrupt_changed_;
  dont_initialize();
  control.register_b_transport(this, &TopController::b_transport);
  control.register_transport_dbg(this, &TopController::transport_dbg);
  for (const RegisterEntry& entry : register_table) at(entry.offset) = entry.reset;
  for (std::size_t i = 0; i < shown_.size(); ++i) shown_[i] = counters_.index_of(counter_table[i].counter);
  set_capabilities(clock_hz);
  after_reset_ = registers_;
}

void TopController::set_capabilities(double clock_hz) {
  const MxuConfig& array = machine_.mxu;
  const ProcessingElement& element = *machine_.element;
  const ActivationBufferConfig& activation_buffer = machine_.activation_buffer;
  const WeightBufferConfig& weight_buffer = machine_.weight_buffer;
  GemmTask task;
  task.weights.scale_group = machine_.format.weight_scale_group;
  const StepLimits limits(array, machine_.format, activation_buffer, weight_buffer, task);
  at(ANDA_REG_CAPABILITIES) = (element.takes_fp16() ? 0 : ANDA_CAPABILITIES_GROUPS | ANDA_CAPABILITIES_COMPRESSES) |
                              ANDA_CAPABILITIES_VECTOR | formats_capability(element) |
                              (machine_.format.has_zero_points() ? ANDA_CAPABILITIES_ZERO_POINTS : 0);
  at(ANDA_REG_CLOCK_KHZ) = narrow(static_cast<std::uint64_t>(clock_hz / 1e3));
  at(ANDA_REG_DESCRIPTORS) = narrow(instructions_.size() / GemmDescriptor::words);
  at(ANDA_REG_ARRAY_ROWS) = array.rows;
  at(ANDA_REG_ARRAY_COLUMNS) = array.columns;
  at(ANDA_REG_WEIGHT_BITS) = array.weight_bits;
  at(ANDA_REG_GROUP_SIZE) = machine_.format.group_size;
  at(ANDA_REG_SCALE_GROUP) = machine_.format.weight_scale_group;
  at(ANDA_REG_STEP_UNIT_M) = limits.m_step();
  at(ANDA_REG_STEP_UNIT_N) = limits.n_step();
  at(ANDA_REG_STEP_UNIT_K) = limits.k_step();
  at(ANDA_REG_MANTISSA_BYTES) = narrow(activation_buffer.mantissa_bytes);
  at(ANDA_REG_EXPONENT_BYTES) = narrow(activation_buffer.exponent_bytes);
  at(ANDA_REG_WEIGHT_BYTES) = narrow(weight_buffer.bytes);
  at(ANDA_REG_LOCAL_BYTES) = narrow(machine_.local_bytes);
}

void TopController::run() {
  for (;;) {
    while (!busy()) sc_core::wait(started_);
    const Outcome outcome = run_program();
    if (resetting_) {
      resetting_ = false;
      zero_counters();
      at(ANDA_REG_STATUS) = 0;
      continue;
    }
    at(ANDA_REG_ERROR_CODE) = outcome.error;
    at(ANDA_REG_ERROR_ADDRESS_LOW) = narrow(outcome.address);
    at(ANDA_REG_ERROR_ADDRESS_HIGH) = narrow(outcome.address >> 32);
    at(ANDA_REG_ERROR_DESCRIPTOR) = outcome.descriptor;
    const bool done = outcome.error == ANDA_ERROR_NONE;
    at(ANDA_REG_STATUS) = done ? ANDA_STATUS_DONE : ANDA_STATUS_ERROR;
    at(ANDA_REG_INTERRUPT_STATUS) |= done ? ANDA_INTERRUPT_STATUS_DONE : ANDA_INTERRUPT_STATUS_ERROR;
    update_interrupt();
  }
}

/// Runs the descriptors up to the last one, an error or a reset.
TopController::Outcome TopController::run_program() {
  const std::uint32_t count = at(ANDA_REG_DESCRIPTOR_COUNT);
  if (!resetting_ && (count == 0 || count > at(ANDA_REG_DESCRIPTORS))) {
    return {ANDA_ERROR_COUNT, 0, ANDA_REG_DESCRIPTOR_COUNT};
  }
  for (std::uint32_t index = 0; index < count && !resetting_; ++index) {
    const std::uint32_t* const words = &instructions_[index * GemmDescriptor::words];
    const DescriptorFault wrong = run_descriptor(words);
    const bool failed = !LoadAheadDescriptor::recognises(words) && dma_.failed();
    if (wrong || resetting_ || failed) held_ = ahead_ = {};
    if (wrong) return {wrong.code, index, offset_of(index, wrong.word)};
    if (resetting_) break;
    if (failed) return {ANDA_ERROR_MEMORY, index, dma_.failed_address()};
    at(ANDA_REG_DESCRIPTORS_DONE) = index + 1;
  }
  return {};
}

DescriptorFault TopController::run_descriptor(const std::uint32_t* words) {
  if (LoadAheadDescriptor::recognises(words)) return load_ahead(words);
  return VectorDescriptor::recognises(words) ? run_vector(words) : run_gemm(words);
}

/// Takes no simulated time: the DMA loads the weights during the next operation.
DescriptorFault TopController::load_ahead(const std::uint32_t* words) {
  LoadAheadDescriptor descriptor;
  std::optional<StepPlan> plan;
  DescriptorFault wrong = LoadAheadDescriptor::decode(words, descriptor);
  if (!wrong) wrong = plan_of(descriptor.gemm, plan);
  if (!wrong) ahead_ = WeightsAhead(*plan, descriptor.loads);
  return wrong;
}

DescriptorFault TopController::run_gemm(const std::uint32_t* words) {
  GemmDescriptor descriptor;
  std::optional<StepPlan> plan;
  DescriptorFault wrong = GemmDescriptor::decode(words, descriptor);
  if (!wrong) wrong = plan_of(descriptor, plan);
  if (wrong) return wrong;
  if (const std::uint64_t held = held_.first_of(*plan)) plan->begin_with(held, held_.half);
  held_ = {};
  if (!ahead_.empty()) plan->load_ahead(ahead_);
  clock_.begin();
  engines_.gemm.run(*plan, counts_);
  held_ = std::exchange(ahead_, {});
  return {};
}

DescriptorFault TopController::run_vector(const std::uint32_t* words) {
  VectorDescriptor descriptor;
  VectorTask task;
  if (!engines_.vector.is_there()) return fault(ANDA_ERROR_OPCODE, ANDA_DESCRIPTOR_OPCODE);
  DescriptorFault wrong = VectorDescriptor::decode(words, descriptor);
  if (!wrong) wrong = task_of(descriptor, task);
  if (!wrong) wrong = check_addresses(descriptor, task);
  if (wrong) return wrong;
  GemmAddresses addresses;
  addresses.activations = descriptor.input;
  addresses.weights = descriptor.second;
  addresses.outputs = descriptor.output;
  const auto passes = static_cast<std::uint32_t>(passes_of(task, false).size());
  if (!VectorPlan::fits(task, machine_)) return fault(ANDA_ERROR_STEP, ANDA_DESCRIPTOR_N);
  VectorPlan plan(task, addresses, machine_, passes);
  clock_.begin();
  engines_.vector.run(plan, counts_, ahead_.empty() ? nullptr : &ahead_);
  if (!ahead_.empty()) held_ = std::exchange(ahead_, {});
  return {};
}

/// Registers take their reset values at once. A running operation ends when its transactions in flight have completed;
/// the machine stays busy until then.
void TopController::reset() {
  const bool was_busy = busy();
  registers_ = after_reset_;
  if (was_busy) at(ANDA_REG_STATUS) = ANDA_STATUS_BUSY;
  zero_counters();
  update_interrupt();
  if (!was_busy) {
    held_ = ahead_ = {};
    return;
  }
  resetting_ = true;
  dma_.abort();
}

void TopController::zero_counters() {
  engines_.gemm.catch_up();
  for (std::size_t i = 0; i < shown_.size(); ++i) counted_from_[i] = *counters_.list()[shown_[i]].value;
}

void TopController::drive_interrupt() {
  if (interrupt.size() == 0) return;
  interrupt->write((at(ANDA_REG_INTERRUPT_STATUS) & at(ANDA_REG_INTERRUPT_ENABLE)) != 0);
}

/// Synchronises an initiator that has run ahead, so that the access happens at its own time.
void TopController::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  synchronise(delay);
  payload.set_response_status(access(payload));
}

/// Without side effects: writes reach only the instruction memory.
unsigned int TopController::transport_dbg(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  unsigned int bytes = debug_bytes(payload, address_space());
  if (payload.is_write() && address < ANDA_INSTRUCTION_MEMORY) bytes = 0;
  unsigned int served = 0;
  while (served < bytes && exists(address + served)) served += 4;
  move_words(payload, served);
  return served;
}

TargetAccess TopController::address_space() const {
  return {std::uint64_t{ANDA_INSTRUCTION_MEMORY} + 4 * instructions_.size(), 4, false};
}

/// Executes an access entirely or not at all.
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
  if (address >= ANDA_INSTRUCTION_MEMORY) return (address - ANDA_INSTRUCTION_MEMORY) / 4 < instructions_.size();
  return register_at(address) != nullptr || counter_at(address) < counter_table.size();
}

std::uint32_t TopController::read_word(std::uint64_t address) const {
  if (address >= ANDA_INSTRUCTION_MEMORY) return instructions_[(address - ANDA_INSTRUCTION_MEMORY) / 4];
  if (const RegisterEntry* const entry = register_at(address)) {
    return entry->access == Access::write_only ? 0 : at(entry->offset);
  }
  const std::size_t index = counter_at(address);
  engines_.gemm.catch_up();
  const std::uint64_t value = *counters_.list()[shown_[index]].value - counted_from_[index];
  return narrow(address % 8 == 0 ? value : value >> 32);
}

/// Read-only registers ignore writes.
void TopController::write_word(std::uint64_t address, std::uint32_t word) {
  if (address >= ANDA_INSTRUCTION_MEMORY) {
    instructions_[(address - ANDA_INSTRUCTION_MEMORY) / 4] = word;
    return;
  }
  switch (address) {
    case ANDA_REG_CONTROL:
      if ((word & ANDA_CONTROL_RESET) != 0) {
        reset();
      } else if ((word & ANDA_CONTROL_START) != 0 && !busy()) {
        at(ANDA_REG_STATUS) = ANDA_STATUS_BUSY;
        at(ANDA_REG_DESCRIPTORS_DONE) = 0;
        started_.notify(sc_core::SC_ZERO_TIME);
      }
      break;
    case ANDA_REG_INTERRUPT_ENABLE:
      at(ANDA_REG_INTERRUPT_ENABLE) = word & (ANDA_INTERRUPT_ENABLE_DONE | ANDA_INTERRUPT_ENABLE_ERROR);
      update_interrupt();
      break;
    case ANDA_REG_INTERRUPT_CLEAR:
      at(ANDA_REG_INTERRUPT_STATUS) &= ~word;
      update_interrupt();
      break;
    case ANDA_REG_DESCRIPTOR_COUNT:
      at(ANDA_REG_DESCRIPTOR_COUNT) = word;
      break;
    default:
      break;
  }
}

}  // namespace anda
