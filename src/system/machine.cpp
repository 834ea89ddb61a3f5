// SPDX-License-Identifier: Apache-2.0
#include "system/machine.h"

#include <anda/base/error.h>
#include <anda/base/simulated_time.h>
#include <systemc>

namespace anda::sim {
namespace {

KnownGemms known_of(const RunConfig& config, const Element& element, GemmStore* store) {
  if (store == nullptr || config.dram.level == DramLevel::detailed) return KnownGemms();
  return KnownGemms(*store, store->machine(config, element));
}

}  // namespace

/// Waits for operations and passes them to the host, in whose process it runs.
class Machine::Source : public GemmSource {
 public:
  bool next(Gemm& gemm) override {
    while (at_ == operations_.size()) sc_core::wait(more_);
    gemm = operations_[at_++];
    return true;
  }

  void put(const std::vector<Gemm>& operations) {
    operations_ = operations;
    if (!operations_.empty()) operations_.back().decides_next = true;  // the next operation is not known yet
    at_ = 0;
    more_.notify(sc_core::SC_ZERO_TIME);
  }

 private:
  sc_core::sc_event more_;
  std::vector<Gemm> operations_;
  std::size_t at_ = 0;
};

Machine::Machine(const std::string& name, const RunConfig& config, const Element& element, GemmStore* store)
    : depends_on_time_(config.dram.level == DramLevel::detailed), known_(known_of(config, element, store)) {
  auto source = std::make_unique<Source>();
  source_ = source.get();
  system_ =
      std::make_unique<System>(name.c_str(), config, element, std::move(source), depends_on_time_ ? nullptr : &known_,
                               "", nullptr, false, [this](const OpRecord& record) {
                                 add_to(sum_, record.counts);
                                 if (--left_ == 0) sc_core::sc_pause();
                               });
  cycles_ = system_->counters.index_of("controller.cycles");
}

Counts Machine::run(const std::vector<Gemm>& operations) {
  sum_.assign(system_->counters.size(), 0);
  left_ = operations.size();
  source_->put(operations);
  while (left_ > 0) {
    sc_core::sc_start(within_time(sc_core::sc_time(1, sc_core::SC_SEC)), sc_core::SC_EXIT_ON_STARVATION);
    system_->host.throw_failure();
    if (left_ > 0 && !sc_core::sc_pending_activity()) {
      throw Error::run("the simulation stalled: no events are pending");
    }
  }
  return sum_;
}

void Machine::idle_until(double time_s) {
  if (!depends_on_time_) return;
  // Another machine may have run before this one.
  if (!start_) start_ = sc_core::sc_time_stamp();
  const sc_core::sc_time until = *start_ + sc_core::sc_time(time_s, sc_core::SC_SEC);
  if (until > sc_core::sc_time_stamp()) sc_core::sc_start(until - sc_core::sc_time_stamp());
}

std::uint64_t Machine::input_bytes(const Gemm& gemm) const {
  const Work work = work_of(gemm);
  const ActivationFormat format =
      std::holds_alternative<GemmTask>(work) ? std::get<GemmTask>(work).input : ActivationFormat{};
  return format.bytes(gemm.m, gemm.k);
}

std::vector<CounterColumn> Machine::counters() const {
  std::vector<CounterColumn> columns;
  for (const Counter& counter : system_->counters.list())
    columns.push_back({counter.name, counter.unit, counter.meaning});
  return columns;
}

double Machine::seconds(const Counts& counts) const {
  return static_cast<double>(counts[cycles_]) / accelerator().clock_hz;
}

}  // namespace anda::sim
