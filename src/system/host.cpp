// SPDX-License-Identifier: Apache-2.0
#include "system/host.h"

#include <anda/base/access.h>
#include <anda/base/error.h>
#include <anda/base/process.h>
#include <anda/base/simulated_time.h>
#include <anda/control/register_map.h>

namespace anda::sim {

Host::Host(sc_core::sc_module_name name, const Compiler& compiler, const Counters& counters, GemmSource& source,
           KnownGemms* known, const Dram& memory, DataHost* data, std::function<void(const OpRecord&)> take)
    : sc_module(name),
      control("control"),
      interrupt("interrupt"),
      compiler_(compiler),
      counters_(counters),
      source_(source),
      known_(known),
      memory_(memory),
      data_(data),
      take_(std::move(take)) {
  ANDA_HAS_PROCESS(Host);
  SC_THREAD(run);
}

void Host::run() {
  replay();
  if (failure_) sc_core::sc_pause();  // the run is over; the other systems need not go on
}

void Host::replay() {
  const std::uint32_t enable = ANDA_INTERRUPT_ENABLE_DONE | ANDA_INTERRUPT_ENABLE_ERROR;
  write(ANDA_REG_INTERRUPT_ENABLE, &enable, 1);
  OpRecord record;
  try {
    for (; source_.next(record.gemm); ++record.index) {
      const Work work = compiler_.work(record.gemm);
      set_work(record, work);
      record.counts.assign(counters_.size(), 0);
      record.errors.reset();
      run_work(work, record);
      macs_done_ += record.gemm.macs();
      take_(record);
    }
    finished_ = true;
  } catch (...) {
    // An exception may not cross the kernel, which makes a text of it; the run's owner throws it again.
    failure_ = std::current_exception();
  }
}

/// All runs of an operation.
void Host::run_work(const Work& work, OpRecord& record) {
  const KnownGemms::Result* known = may_take_over() ? known_->find(work) : nullptr;
  std::uint64_t run = 0;
  for (; known == nullptr && run < record.gemm.count; ++run) known = simulate(work, record, run);
  if (known != nullptr) take_over(*known, record.gemm.count - run, record);
}

/// Whether what is known, or will be, holds for a task that starts now.
bool Host::may_take_over() const {
  return known_ != nullptr && (known_->use() == KnownGemms::Use::folding || memory_.rests());
}

void Host::take_over(const KnownGemms::Result& known, std::uint64_t times, OpRecord& record) {
  record.step = known.step;
  add_to(record.counts, known.counts, times);
  if (known_->use() == KnownGemms::Use::folding || times == 0) return;
  const bool ends = known.ticks <= end_of_time / times;
  wait_until(ends ? later(sc_core::sc_time_stamp().value(), known.ticks * times) : end_of_time);
}

/// One run. What further ones take, if that is known now.
const KnownGemms::Result* Host::simulate(const Work& work, OpRecord& record, std::uint64_t run) {
  const bool may_be_known = may_take_over();
  const std::uint64_t start = sc_core::sc_time_stamp().value();
  const Counts before = counters_.values();
  if (const auto* const vector = std::get_if<VectorTask>(&work)) {
    const VectorDescriptor descriptor = compiler_.compile(*vector);
    run_on_data(descriptor.encode(), {descriptor.input, descriptor.second, descriptor.output, 0}, record, run);
  } else {
    const GemmDescriptor descriptor = compiler_.compile(std::get<GemmTask>(work));
    record.step = descriptor.step;
    run_on_data(descriptor.encode(), descriptor.addresses, record, run);
  }

  Counts counts = counters_.values();
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] -= before[i];
  add_to(record.counts, counts);
  if (!may_be_known || !may_take_over()) return nullptr;
  return known_->add(work, {record.step, std::move(counts), sc_core::sc_time_stamp().value() - start});
}

void Host::run_on_data(const std::array<std::uint32_t, GemmDescriptor::words>& words, const GemmAddresses& addresses,
                       OpRecord& record, std::uint64_t run) {
  if (data_ != nullptr) data_->place(record, run, addresses);
  run_descriptor(words, record.gemm.name);
  if (data_ == nullptr) return;
  if (!record.errors) record.errors.emplace();
  data_->collect(record, run, addresses, *record.errors);
}

void Host::run_descriptor(const std::array<std::uint32_t, GemmDescriptor::words>& words, const std::string& name) {
  const std::uint32_t one = 1;
  const std::uint32_t start = ANDA_CONTROL_START;
  const std::uint32_t causes = ANDA_INTERRUPT_CLEAR_DONE | ANDA_INTERRUPT_CLEAR_ERROR;
  write(ANDA_INSTRUCTION_MEMORY, words.data(), words.size());
  write(ANDA_REG_DESCRIPTOR_COUNT, &one, 1);
  write(ANDA_REG_CONTROL, &start, 1);
  sc_core::wait(interrupt.posedge_event());
  write(ANDA_REG_INTERRUPT_CLEAR, &causes, 1);
  sc_core::wait(interrupt.negedge_event());
  if ((read(ANDA_REG_STATUS) & ANDA_STATUS_ERROR) == 0) return;
  throw Error::run("GeMM '" + name + "': the accelerator stopped with error code " +
                   std::to_string(read(ANDA_REG_ERROR_CODE)));
}

void Host::write(std::uint64_t address, const std::uint32_t* words, std::size_t count) {
  std::vector<std::uint32_t> data(words, words + count);
  sc_core::sc_time delay;
  if (access(control, tlm::TLM_WRITE_COMMAND, address, data.data(), count * 4, delay) != tlm::TLM_OK_RESPONSE) {
    throw Error::run("the accelerator refused a write to " + std::to_string(address));
  }
}

std::uint32_t Host::read(std::uint64_t address) {
  std::uint32_t word = 0;
  sc_core::sc_time delay;
  if (access(control, tlm::TLM_READ_COMMAND, address, &word, sizeof word, delay) != tlm::TLM_OK_RESPONSE) {
    throw Error::run("the accelerator refused a read of " + std::to_string(address));
  }
  return word;
}

}  // namespace anda::sim
