// SPDX-License-Identifier: Apache-2.0
#include "serving/links.h"

#include <algorithm>
#include <anda/base/math.h>
#include <anda/base/process.h>
#include <anda/base/simulated_time.h>
#include <anda/dram/dram.h>
#include <anda/link/collectives.h>
#include <anda/link/fabric.h>
#include <stdexcept>
#include <systemc>
#include <vector>

namespace anda::sim {
namespace {

constexpr double ps = 1e-12;

DramConfig memory_of(const ServeConfig& config) {
  DramConfig memory = config.dram;
  memory.request_trace.clear();
  memory.store_data = false;
  return memory;
}

}  // namespace

/// Nodes with one memory each, and the links between them. Simulates collective steps on demand.
class Links::Wires : public sc_core::sc_module {
 public:
  Wires(sc_core::sc_module_name name, const ServeConfig& config, std::uint32_t nodes)
      : sc_module(name), fabric_("fabric", config.system.link, nodes, {false, {}}) {
    for (std::uint32_t i = 0; i < nodes; ++i) {
      memories_.push_back(std::make_unique<Dram>(("memory_" + std::to_string(i)).c_str(), memory_of(config)));
      fabric_.memory[i].bind(memories_.back()->socket);
    }
    ANDA_HAS_PROCESS(Wires);
    SC_THREAD(serve);
  }

  std::size_t nodes() const { return memories_.size(); }

  /// Returns the cost of the steps, run one after another.
  PassCost run(const CollectiveSteps& steps) {
    const Counts before = fabric_.counters().values();
    const std::uint64_t start = sc_core::sc_time_stamp().value();
    steps_ = &steps;
    more_.notify(sc_core::SC_ZERO_TIME);
    while (steps_ != nullptr) {
      sc_core::sc_start(within_time(sc_core::sc_time(1, sc_core::SC_SEC)), sc_core::SC_EXIT_ON_STARVATION);
      if (failure_) std::rethrow_exception(failure_);
      if (steps_ != nullptr && !sc_core::sc_pending_activity())
        throw Error::run("the links stalled: no events are pending");
    }
    const Counts after = fabric_.counters().values();
    PassCost cost;
    cost.seconds = sc_core::sc_time::from_value(end_ - start).to_seconds();
    cost.link_bytes = after.at(bytes_) - before.at(bytes_);
    cost.link_busy_s = static_cast<double>(after.at(busy_ps_) - before.at(busy_ps_)) * ps /
                       static_cast<double>(fabric_.routing().edges().size());
    return cost;
  }

 private:
  void serve() {
    for (;;) {
      while (steps_ == nullptr) wait(more_);
      try {
        for (const auto& step : *steps_) fabric_.transfer(step);
      } catch (...) {
        failure_ = std::current_exception();
      }
      end_ = sc_core::sc_time_stamp().value();
      steps_ = nullptr;
      sc_core::sc_pause();
    }
  }

  std::size_t index_of(const std::string& counter) const {
    const auto& list = fabric_.counters().list();
    const auto found = std::find_if(list.begin(), list.end(), [&](const Counter& c) { return c.name == counter; });
    if (found == list.end()) throw std::logic_error("no counter " + counter);
    return static_cast<std::size_t>(found - list.begin());
  }

  Fabric fabric_;
  std::vector<std::unique_ptr<Dram>> memories_;
  sc_core::sc_event more_;
  const CollectiveSteps* steps_ = nullptr;
  std::uint64_t end_ = 0;
  std::exception_ptr failure_;
  std::size_t bytes_ = index_of("link.bytes");
  std::size_t busy_ps_ = index_of("link.busy_ps");
};

Links::Links(const ServeConfig& config, const std::string& name)
    : topology_(config.system.link.topology), nodes_(config.system.parallel.tensor) {
  if (nodes_ > 1) group_ = std::make_unique<Wires>((name + "_group").c_str(), config, nodes_);
  const std::uint32_t groups = config.system.parallel.expert;
  if (groups > 1) experts_ = std::make_unique<Wires>((name + "_experts").c_str(), config, groups);
  if (config.system.parallel.pipeline > 1) pair_ = std::make_unique<Wires>((name + "_stages").c_str(), config, 2);
}

Links::~Links() = default;

const PassCost& Links::all_reduce(std::uint64_t bytes) {
  const auto [known, is_new] = known_.try_emplace({Kind::reduce, bytes});
  if (is_new) known->second = group_->run(anda::all_reduce(topology_, nodes_, bytes));
  return known->second;
}

const PassCost& Links::all_gather(std::uint64_t bytes) {
  const auto [known, is_new] = known_.try_emplace({Kind::gather, bytes});
  if (is_new) known->second = group_->run(anda::all_gather(topology_, nodes_, bytes));
  return known->second;
}

const PassCost& Links::all_to_all(std::uint64_t bytes) {
  const auto [known, is_new] = known_.try_emplace({Kind::exchange, bytes});
  if (is_new) {
    // The accelerators of a group split the data that it sends.
    const std::uint64_t groups = experts_->nodes();
    known->second = experts_->run(
        anda::all_to_all(topology_, static_cast<std::uint32_t>(groups), ceil_div(bytes, std::uint64_t{nodes_})));
    known->second.link_bytes *= nodes_;
  }
  return known->second;
}

const PassCost& Links::hand_over(std::uint64_t bytes) {
  const auto [known, is_new] = known_.try_emplace({Kind::hand_over, bytes});
  if (is_new) {
    known->second = pair_->run({{{0, 1, bytes, 0, 0}}});
    known->second.link_bytes *= nodes_;
  }
  return known->second;
}

}  // namespace anda::sim
