// SPDX-License-Identifier: Apache-2.0
#include "search/simulated_cost.h"

#include <anda/base/error.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <tuple>
#include <type_traits>

#include "system/op_codec.h"
#include "system/survey.h"

namespace anda::sim {
namespace {

RunConfig anda_alone(const RunConfig& config) {
  RunConfig alone = config;
  alone.systems = {PeKind::anda};
  alone.precision.layers.clear();
  alone.simulation.fold_layers = true;  // does not change any number
  return alone;
}

/// The result of a run without counts.
SimulationResult empty_result(const Machine& machine) {
  SimulationResult result;
  result.counters = machine.counters();
  result.systems.emplace_back();
  result.systems.front().accelerator = machine.accelerator();
  return result;
}

/// The distinct GeMMs of a workload: rows that differ only in name are merged and their counts added.
std::vector<Gemm> different_gemms(GemmSource& source) {
  std::vector<Gemm> gemms;
  std::map<std::tuple<std::uint32_t, std::string, std::uint64_t, std::uint64_t, std::uint64_t, std::uint32_t>,
           std::size_t>
      places;
  for (Gemm gemm; source.next(gemm);) {
    const auto [place, is_new] = places.try_emplace(
        std::make_tuple(gemm.layer, gemm.tensor, gemm.m, gemm.n, gemm.k, gemm.weight_bits), gemms.size());
    if (is_new) {
      gemms.push_back(gemm);
    } else {
      gemms[place->second].count += gemm.count;
    }
  }
  return gemms;
}

/// Supplies the operations of a list one after another.
class OperationList : public GemmSource {
 public:
  explicit OperationList(const std::vector<Gemm>& operations) : operations_(operations) {}

  bool next(Gemm& gemm) override {
    if (next_ == operations_.size()) return false;
    gemm = operations_[next_++];
    return true;
  }

 private:
  const std::vector<Gemm>& operations_;
  std::size_t next_ = 0;
};

}  // namespace

double RunCost::of(Objective objective) const {
  if (objective == Objective::energy) return energy_pj;
  if (objective == Objective::edp) return energy_pj * time_s;
  return static_cast<double>(cycles);
}

SimulatedCost::SimulatedCost(const RunConfig& config, std::function<bool()> go_on)
    : config_(anda_alone(config)),
      base_(config_),
      go_on_(std::move(go_on)),
      machine_("machine", config_, PeKind::anda, nullptr),
      evaluation_(empty_result(machine_), config_.dram, config_.technology) {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(config_.simulation.quantum_us, sc_core::SC_US));
  if (config_.workload.scope == Scope::gemms) gemms_ = different_gemms(*open_workload(config_));
}

const Counts& SimulatedCost::counts_of(const Gemm& operation) {
  std::string task;
  ByteWriter out(task);
  std::visit(
      [&](const auto& work) {
        out.put(std::uint64_t{std::is_same_v<std::decay_t<decltype(work)>, VectorTask>});
        put(out, work);
      },
      machine_.work_of(operation));
  const auto known = known_.find(task);
  if (known != known_.end()) return known->second;
  if (!go_on_()) throw Error::run("interrupted");
  Gemm once = operation;
  once.count = 1;
  return known_.emplace(std::move(task), machine_.run({once})).first->second;
}

void SimulatedCost::add_up(GemmSource& source, Counts& total) {
  for (Gemm operation; source.next(operation);) {
    const Counts& counts = counts_of(operation);
    total.resize(counts.size(), 0);
    for (std::size_t i = 0; i < counts.size(); ++i) total[i] += counts[i] * operation.count;
  }
}

const RunCost& SimulatedCost::of(const Precisions& precisions) {
  const auto known = costs_.find(precisions);
  if (known != costs_.end()) return known->second;
  set_precisions(config_, base_, precisions);
  Counts total;
  if (!gemms_.empty() && precisions.schedule.empty()) {
    OperationList list(gemms_);
    add_up(list, total);
  } else {
    add_up(*open_workload(config_), total);
  }
  const auto value = [&](const char* key) { return number_of(evaluation_.value(0, total, key)); };
  const RunCost cost{static_cast<std::uint64_t>(value("cycles")), value("time_s"), value("energy_total_pj")};
  return costs_.emplace(precisions, cost).first->second;
}

}  // namespace anda::sim
