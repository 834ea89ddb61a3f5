// SPDX-License-Identifier: Apache-2.0
#include "report/evaluation.h"

#include <stdexcept>

namespace anda::sim {

Evaluation::Evaluation(const SimulationResult& result, const DramConfig& dram, const Technology& technology)
    : result_(result), metrics_(metric_table(result.counters, result.inference.has_value())) {
  for (SystemResult& system : result_.systems) {
    // A trace without rows leaves no counts.
    if (system.totals.empty()) system.totals.assign(result_.counters.size(), 0);
    systems_.emplace_back(result_.counters, system.accelerator, dram, technology);
  }
}

void Evaluation::evaluate(std::size_t system, const Counts& counts, Metric::Scope scope,
                          std::vector<MetricValue>& values) const {
  const Sample sample(systems_[system], counts);
  values.resize(metrics_.size());
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    const bool wanted = scope == Metric::Scope::system || metrics_[i].scope == Metric::Scope::everywhere;
    values[i] = wanted ? metrics_[i].value(sample) : MetricValue{};
  }
}

MetricValue Evaluation::value(std::size_t system, const Counts& counts, const std::string& key) const {
  for (const Metric& metric : metrics_) {
    if (metric.key == key) return metric.value(Sample(systems_[system], counts));
  }
  throw std::logic_error("no metric " + key);
}

Ratios Evaluation::ratios(std::size_t system) const {
  const auto of = [this](std::size_t index, const char* key) {
    return value(index, result_.systems[index].totals, key);
  };
  Ratios ratios;
  ratios.speedup = quotient(of(0, "time_s"), of(system, "time_s"));
  ratios.area_efficiency = quotient(of(system, "tops_per_mm2"), of(0, "tops_per_mm2"));
  ratios.energy_efficiency = quotient(of(0, "energy_total_pj"), of(system, "energy_total_pj"));
  return ratios;
}

ScheduleGain Evaluation::schedule_gain(std::size_t system) const {
  const SystemResult& result = result_.systems[system];
  const auto gain = [&](const char* key) {
    return quotient(value(system, result.unscheduled, key), value(system, result.totals, key));
  };
  return {gain("time_s"), gain("energy_total_pj")};
}

}  // namespace anda::sim
