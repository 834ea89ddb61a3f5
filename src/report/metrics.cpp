// SPDX-License-Identifier: Apache-2.0
#include "report/metrics.h"

#include <algorithm>

#include <anda/base/stall_cause.h>

namespace anda::sim {
namespace {

constexpr double operations_per_mac = 2;

/// pJ / s = 1e-9 mW.
MetricValue power_mw(const Sample& s, double energy_pj) { return quotient(energy_pj * 1e-9, s.time_s()); }

MetricValue tops(const Sample& s) {
  return quotient(operations_per_mac * static_cast<double>(s.macs()) * 1e-12, s.time_s());
}

double sram_bytes(const Sample& s, std::size_t mantissa, std::size_t exponent, std::size_t weight) {
  const AcceleratorConfig& a = s.system.accelerator;
  return (s.count(mantissa) * a.activation_buffer.word_bits +
          s.count(exponent) * a.activation_buffer.exponent_word_bits + s.count(weight) * a.weight_buffer.word_bits) /
         8;
}

/// "activation_buffer" as words for readers.
std::string words_of(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// Collects the table; creates the keys and paths that follow a pattern.
class Table {
 public:
  void add(Metric metric) { metrics_.push_back(std::move(metric)); }

  void count(const char* key, const char* path, const char* unit, const char* heading, const char* meaning,
             std::size_t CounterIndex::*counter) {
    add({key, path, unit, heading, meaning, Metric::Scope::everywhere,
         [counter](const Sample& s) -> MetricValue { return s.counts[s.system.index.*counter]; }});
  }
  void quantity(const char* key, const char* path, const char* unit, const char* heading, const char* meaning,
                MetricValue (*value)(const Sample&)) {
    add({key, path, unit, heading, meaning, Metric::Scope::everywhere, value});
  }
  void system_quantity(const char* key, const char* path, const char* unit, const char* heading, const char* meaning,
                       MetricValue (*value)(const Sample&)) {
    add({key, path, unit, heading, meaning, Metric::Scope::system, value});
  }

  std::vector<Metric> take() { return std::move(metrics_); }

 private:
  std::vector<Metric> metrics_;
};

void add_time(Table& table, const std::vector<CounterColumn>& counters, bool whole) {
  table.count("cycles", "/cycles", "cycles", "cycles",
              "Clock cycles from start to end: busy_cycles and all stalls together.", &CounterIndex::cycles);
  table.quantity("time_s", "/time_s", "s", "time", "cycles / accelerator.clock_hz.",
                 [](const Sample& s) -> MetricValue { return s.time_s(); });
  table.count("busy_cycles", "/busy_cycles", "cycles", "busy cycles", "Cycles in which the array computes.",
              &CounterIndex::busy_cycles);
  table.quantity(
      "utilization", "/utilization", "1", "busy", "busy_cycles / cycles: share of time in which the array computes.",
      [](const Sample& s) { return quotient(s.count(s.system.index.busy_cycles), s.count(s.system.index.cycles)); });
  table.quantity(
      "pe_utilization", "/pe_utilization", "1", "PEs busy",
      "mxu.pe_cycles / (cycles × rows × columns of the array): as utilization, less the elements that hold no "
      "result at ragged edges.",
      [](const Sample& s) {
        const MxuConfig& array = s.system.accelerator.mxu;
        return quotient(s.count(s.system.index.pe_cycles), s.count(s.system.index.cycles) * array.rows * array.columns);
      });
  for (std::size_t i = 0; i < counters.size(); ++i) {
    const std::string cause = stall_cause(counters[i].name);
    if (cause.empty() || (cause == name_of(ArrayState::vector) && !whole)) continue;
    table.add({"stall_" + cause + "_cycles", "/stall_cycles/" + cause, "cycles", words_of(cause),
               "Cycles without compute: " + counters[i].meaning + ".", Metric::Scope::everywhere,
               [i](const Sample& s) -> MetricValue { return s.counts[i]; }});
  }
}

void add_work(Table& table) {
  table.quantity("macs", "/macs", "MACs", "MACs",
                 "Multiply-accumulates of real data, without padding: m · n · k · count.",
                 [](const Sample& s) -> MetricValue { return s.macs(); });
  table.quantity(
      "macs_per_cycle", "/macs_per_cycle", "MACs/cycle", "MACs/cycle", "macs / cycles.",
      [](const Sample& s) { return quotient(static_cast<double>(s.macs()), s.count(s.system.index.cycles)); });
  table.quantity("effective_tops", "/effective_tops", "Top/s", "TOPS",
                 "2 · macs / time_s / 10^12: a MAC is two operations.", tops);
}

void add_memory(Table& table) {
  table.count("dram_read_bytes", "/dram_bytes/read", "bytes", "DRAM read", "Bytes read from external memory.",
              &CounterIndex::dram_read_bytes);
  table.count("dram_write_bytes", "/dram_bytes/write", "bytes", "DRAM write", "Bytes written to external memory.",
              &CounterIndex::dram_write_bytes);
  table.quantity("dram_bandwidth_bytes_per_s", "/dram_bandwidth_bytes_per_s/achieved", "bytes/s", "DRAM bandwidth",
                 "(dram_read_bytes + dram_write_bytes) / time_s.", [](const Sample& s) {
                   return quotient(s.count(s.system.index.dram_read_bytes) + s.count(s.system.index.dram_write_bytes),
                                   s.time_s());
                 });
  table.system_quantity("dram_peak_bytes_per_s", "/dram_bandwidth_bytes_per_s/peak", "bytes/s", "DRAM peak",
                        "channels × channel_bits / 8 × data_rate_bit_per_s of dram, before refresh.",
                        [](const Sample& s) -> MetricValue { return s.system.dram.peak_bytes_per_s(); });
  table.quantity("dram_utilization", "/dram_utilization", "1", "of peak",
                 "dram_bandwidth_bytes_per_s / dram_peak_bytes_per_s.", [](const Sample& s) {
                   return quotient(s.count(s.system.index.dram_read_bytes) + s.count(s.system.index.dram_write_bytes),
                                   s.time_s() * s.system.dram.peak_bytes_per_s());
                 });
  table.quantity("sram_read_bytes", "/sram_bytes/read", "bytes", "SRAM read",
                 "Words read from mantissa, exponent and weight memory, each × its word's bits / 8.",
                 [](const Sample& s) -> MetricValue {
                   const CounterIndex& i = s.system.index;
                   return sram_bytes(s, i.mantissa_words_read, i.exponent_words_read, i.weight_words_read);
                 });
  table.quantity("sram_write_bytes", "/sram_bytes/write", "bytes", "SRAM write",
                 "Words written to mantissa, exponent and weight memory, each × its word's bits / 8.",
                 [](const Sample& s) -> MetricValue {
                   const CounterIndex& i = s.system.index;
                   return sram_bytes(s, i.mantissa_words_written, i.exponent_words_written, i.weight_words_written);
                 });
}

/// Calls fn for every component with on-chip energy, in a fixed order.
template <class Fn>
void for_components(Fn fn) {
  for (std::size_t i = 0; i < component_count; ++i) {
    const auto component = static_cast<Component>(i);
    if (component != Component::dram) fn(component, std::string(component_names[i]));
  }
}

void add_energy(Table& table) {
  table.quantity("energy_compute_pj", "/energy_pj/compute", "pJ", "compute energy",
                 "Energy of array, compressor, vector unit and controller.",
                 [](const Sample& s) { return known(s.energy.compute()); });
  table.quantity("energy_sram_pj", "/energy_pj/sram", "pJ", "SRAM energy", "Energy of activation and weight buffer.",
                 [](const Sample& s) { return known(s.energy.sram()); });
  table.quantity("energy_dram_pj", "/energy_pj/dram", "pJ", "DRAM energy",
                 "Energy of the bits that the bursts move, or of the commands, by dram.energy.model.",
                 [](const Sample& s) { return known(s.energy.dram()); });
  table.quantity("energy_total_pj", "/energy_pj/total", "pJ", "total energy", "Compute, SRAM and DRAM together.",
                 [](const Sample& s) { return known(s.energy.total()); });
  for_components([&](Component component, const std::string& name) {
    table.add({"energy_" + name + "_pj", "/energy_pj/by_component/" + name, "pJ", words_of(name) + " energy",
               "Σ actions of the " + words_of(name) + " × energy of the action.", Metric::Scope::everywhere,
               [component](const Sample& s) { return known(s.energy.by_component[component]); }});
  });
}

void add_power(Table& table) {
  table.quantity("power_on_chip_mw", "/power_mw/on_chip", "mW", "on-chip power",
                 "(energy_compute_pj + energy_sram_pj) / time_s, the average over the time.",
                 [](const Sample& s) { return power_mw(s, s.energy.compute() + s.energy.sram()); });
  table.quantity("power_dram_mw", "/power_mw/dram", "mW", "DRAM power",
                 "energy_dram_pj / time_s, the average over the time.",
                 [](const Sample& s) { return power_mw(s, s.energy.dram()); });
  for_components([&](Component component, const std::string& name) {
    table.add({"power_" + name + "_mw", "/power_mw/by_component/" + name, "mW", words_of(name) + " power",
               "energy_" + name + "_pj / time_s, the average over the time.", Metric::Scope::system,
               [component](const Sample& s) { return power_mw(s, s.energy.by_component[component]); }});
  });
  table.quantity(
      "tops_per_w", "/tops_per_w", "Top/J", "TOPS/W", "2 · macs / energy_total_pj: DRAM included.",
      [](const Sample& s) { return quotient(operations_per_mac * static_cast<double>(s.macs()), s.energy.total()); });
  table.quantity("on_chip_tops_per_w", "/on_chip_tops_per_w", "Top/J", "TOPS/W on chip",
                 "2 · macs / (energy_compute_pj + energy_sram_pj): without DRAM.", [](const Sample& s) {
                   return quotient(operations_per_mac * static_cast<double>(s.macs()),
                                   s.energy.compute() + s.energy.sram());
                 });
}

void add_area(Table& table) {
  table.system_quantity("area_total_mm2", "/area_mm2/total", "mm²", "area",
                        "Σ of the components; DRAM is another chip.",
                        [](const Sample& s) { return known(s.system.costs.area().total()); });
  for_components([&](Component component, const std::string& name) {
    table.add({"area_" + name + "_mm2", "/area_mm2/by_component/" + name, "mm²", words_of(name) + " area",
               "Units of the " + words_of(name) + " × area of a unit.", Metric::Scope::system,
               [component](const Sample& s) { return known(s.system.costs.area()[component]); }});
  });
  table.system_quantity("tops_per_mm2", "/tops_per_mm2", "Top/s/mm²", "TOPS/mm²", "effective_tops / area_total_mm2.",
                        [](const Sample& s) { return quotient(tops(s), s.system.costs.area().total()); });
}

}  // namespace

std::string stall_cause(const std::string& counter) {
  for (const StallCause& cause : stall_causes) {
    if (counter == cause.counter) return cause.name;
  }
  return "";
}

std::vector<Metric> metric_table(const std::vector<CounterColumn>& counters, bool whole) {
  Table table;
  add_time(table, counters, whole);
  add_work(table);
  add_memory(table);
  add_energy(table);
  add_power(table);
  add_area(table);
  return table.take();
}

}  // namespace anda::sim
