// SPDX-License-Identifier: Apache-2.0
#include "system/host.h"

#include <utility>

#include <anda/base/access.h>
#include <anda/base/error.h>
#include <anda/base/process.h>
#include <anda/base/simulated_time.h>
#include <anda/control/register_map.h>

namespace anda::sim {

Host::Host(sc_core::sc_module_name name, const Compiler& compiler, const Counters& counters, GemmSource& source,
           KnownGemms* known, const Dram& memory, Prefetch* prefetch, DataHost* data,
           std::function<void(const OpRecord&)> take)
    : sc_module(name),
      control("control"),
      interrupt("interrupt"),
      compiler_(compiler),
      counters_(counters),
      source_(source),
      known_(known),
      memory_(memory),
      prefetch_(prefetch),
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
    for (bool more = source_.next(record.gemm); more; ++record.index) {
      // To prefetch weights, fetch the next operation before this one runs, if it is known by then.
      const bool looks_ahead = prefetch_ != nullptr && !record.gemm.decides_next;
      Gemm next;
      if (looks_ahead) more = source_.next(next);
      run_record(record, looks_ahead && more ? &next : nullptr);
      macs_done_ += record.gemm.macs();
      take_(record);
      if (!looks_ahead) more = source_.next(next);
      record.gemm = std::move(next);
    }
    finished_ = true;
  } catch (...) {
    // An exception must not cross the kernel, which would reduce it to a text; the run's owner rethrows it.
    failure_ = std::current_exception();
  }
}

/// Runs all repetitions of a record. `next`: the following operation; nullptr: none, or not yet known.
void Host::run_record(OpRecord& record, const Gemm* next) {
  const Work work = compiler_.work(record.gemm);
  set_work(record, work);
  record.counts.assign(counters_.size(), 0);
  record.errors.reset();
  std::uint64_t run = 0;
  for (const Runs& runs : runs_of(record, work, next)) {
    for (std::uint64_t left = runs.times; left > 0;) left -= run_work(work, runs.neighbours, left, record, run++);
  }
}

/// Splits the repetitions into the first, the last and those in between, which are preceded and followed by the same
/// operation.
std::vector<Host::Runs> Host::runs_of(const OpRecord& record, const Work& work, const Gemm* next) {
  const Gemm& gemm = record.gemm;
  if (prefetch_ == nullptr) return {{gemm.count, {}}};
  const std::uint64_t in_a_row = gemm.count / gemm.layers;
  const KnownGemms::Ahead behind = next != nullptr ? prefetch_->under(gemm, work, *next) : KnownGemms::Ahead{};
  const std::uint64_t held = std::exchange(held_, behind.loads);
  if (in_a_row == 1) return {{gemm.layers, {held, behind}}};
  const KnownGemms::Ahead again = prefetch_->under(gemm, work, gemm);
  std::vector<Runs> runs{{gemm.layers, {held, again}}};
  if (in_a_row > 2) runs.push_back({gemm.layers * (in_a_row - 2), {again.loads, again}});
  runs.push_back({gemm.layers, {again.loads, behind}});
  return runs;
}

/// Whether known results, and results yet to be recorded, are valid for a task that starts now.
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

/// Simulates one run, or takes over all `times` runs if their result is known; returns how many were done.
std::uint64_t Host::run_work(const Work& work, const KnownGemms::Neighbours& neighbours, std::uint64_t times,
                             OpRecord& record, std::uint64_t run) {
  const bool may_be_known = may_take_over();
  if (const KnownGemms::Result* known = may_be_known ? known_->find(work, neighbours) : nullptr) {
    take_over(*known, times, record);
    return times;
  }

  if (known_ != nullptr && neighbours.held > 0) bring_weights(work, neighbours.held);
  const std::uint64_t start = sc_core::sc_time_stamp().value();
  const Counts before = counters_.values();
  if (const auto* const vector = std::get_if<VectorTask>(&work)) {
    const VectorDescriptor descriptor = compiler_.compile(*vector);
    run_on_data(descriptor.encode(), neighbours.ahead, {descriptor.input, descriptor.second, descriptor.output, 0},
                record, run);
  } else {
    const GemmDescriptor descriptor = compiler_.compile(std::get<GemmTask>(work));
    record.step = descriptor.step;
    run_on_data(descriptor.encode(), neighbours.ahead, descriptor.addresses, record, run);
  }

  Counts counts = counters_.values();
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] -= before[i];
  add_to(record.counts, counts);
  if (!may_be_known || !may_take_over()) return 1;
  const std::uint64_t ticks = sc_core::sc_time_stamp().value() - start;
  take_over(*known_->add(work, neighbours, {record.step, std::move(counts), ticks}), times - 1, record);
  return times;
}

/// Loads the weights that the preceding operation should have prefetched for a GeMM but was not simulated to do, under
/// a copy of one value.
void Host::bring_weights(const Work& work, std::uint64_t loads) {
  VectorDescriptor copy;
  copy.rows = copy.columns = 1;
  copy.output = ANDA_ADDRESS_ALIGNMENT;
  run_program({prefetch_->descriptor(std::get<GemmTask>(work), loads).encode(), copy.encode()}, "weights ahead");
}

void Host::run_on_data(const Words& words, const KnownGemms::Ahead& ahead, const GemmAddresses& addresses,
                       OpRecord& record, std::uint64_t run) {
  if (data_ != nullptr) data_->place(record, run, addresses);
  std::vector<Words> program;
  if (ahead.loads > 0) program.push_back(prefetch_->descriptor(ahead.next, ahead.loads).encode());
  program.push_back(words);
  run_program(program, record.gemm.name);
  if (data_ == nullptr) return;
  if (!record.errors) record.errors.emplace();
  data_->collect(record, run, addresses, *record.errors);
}

void Host::run_program(const std::vector<Words>& program, const std::string& name) {
  const auto count = static_cast<std::uint32_t>(program.size());
  const std::uint32_t start = ANDA_CONTROL_START;
  const std::uint32_t causes = ANDA_INTERRUPT_CLEAR_DONE | ANDA_INTERRUPT_CLEAR_ERROR;
  for (std::uint32_t i = 0; i < count; ++i) {
    write(ANDA_INSTRUCTION_MEMORY + i * sizeof(Words), program[i].data(), program[i].size());
  }
  write(ANDA_REG_DESCRIPTOR_COUNT, &count, 1);
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
