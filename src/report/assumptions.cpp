// SPDX-License-Identifier: Apache-2.0
#include "report/assumptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/accelerator/tiling.h>
#include <anda/dram/dram_config.h>
#include <anda/mxu/processing_element/processing_element.h>

namespace anda::sim {
namespace {

bool any_system(const SimulationResult& result, PeKind kind) {
  return std::any_of(result.systems.begin(), result.systems.end(),
                     [kind](const SystemResult& system) { return system.accelerator.mxu.processing_element.is(kind); });
}

void add_sources(const Technology& technology, std::vector<std::string>& list) {
  const auto add = [&](const char* part, const std::string& source) {
    if (!source.empty()) list.push_back(fmt::format("technology.{}: {}.", part, source));
  };
  add("mxu", technology.mxu.source);
  add("compressor", technology.compressor.source);
  add("vector_unit", technology.vector_unit.source);
  add("activation_buffer", technology.activation_buffer.source);
  add("weight_buffer", technology.weight_buffer.source);
  add("top_controller", technology.top_controller.source);
  add("conversion", technology.conversion.source);
  for (const PeEntry& entry : pe_table) {
    add(fmt::format("processing_elements.{}", entry.name).c_str(), technology.processing_elements[entry.kind].source);
  }
}

std::string of_unknown(const std::optional<double>& figure) {
  return figure ? fmt::format("{} × FP-FP", *figure) : "n/a";
}

/// Adds the description of an element that the configuration defines.
void add_element(const ElementConfig& element, std::vector<std::string>& list) {
  list.push_back(fmt::format("{} is described by the configuration: derives {}, area {}, power {}{}.", element.name,
                             name_of(element_bases, element.derives), of_unknown(element.area),
                             of_unknown(element.power), element.source.empty() ? "" : "; " + element.source));
  if (element.family() != ElementFamily::serial_activations && element.family() != ElementFamily::serial_both) return;
  list.push_back(
      fmt::format("Elements of {} take {} cycle{} for each step of {} of the (mantissa bits + 1) planes of a group{}.",
                  element.name, element.own_cycles(), element.own_cycles() == 1 ? "" : "s",
                  element.family() == ElementFamily::serial_both ? 1 : element.own_bits_per_step(),
                  element.family() == ElementFamily::serial_both
                      ? fmt::format(" and {} bit of the weights", element.own_bits_per_step())
                      : ""));
}

void add_weights(const AcceleratorConfig& machine, std::vector<std::string>& list) {
  const FormatConfig& format = machine.format;
  if (format.encodes()) {
    list.push_back(
        fmt::format("Weights are of the format {}, packed; elements that do not say that they multiply its "
                    "codes decode them to FP16.",
                    format.weights.name()));
    return;
  }
  const WeightFormat weights = format.weights_of(machine.mxu.weight_bits);
  if (!weights.has_zero_points()) {
    list.push_back(fmt::format("Weights are symmetric integers, packed, with one FP16 scale per {} of them along k.",
                               weights.scale_group));
    return;
  }
  list.push_back(
      fmt::format("Weights are integers, packed, with one FP16 scale and one zero point, as wide as a weight, "
                  "per {} of them along k.",
                  weights.scale_group));
  list.push_back(fmt::format(
      "Elements that multiply integers by aligned mantissas take accelerator.mxu.zero_point_cycles = {} more for each "
      "group, to subtract the zero point times the sum of its activations. Each row has an adder for that sum, with "
      "area and power of an element for weights of one bit (assumed); the product with the zero point has no area of "
      "its own. The other elements subtract zero points from weights on their way in.",
      machine.mxu.zero_point_cycles));
}

void add_activations(const AcceleratorConfig& machine, std::vector<std::string>& list) {
  if (!machine.format.encodes_activations()) return;
  std::string names;
  for (std::uint32_t code = 1; code <= FormatConfig::activation_formats; ++code) {
    const OperandFormat* const operand = machine.format.activation_operand(code);
    if (operand != nullptr) names += (names.empty() ? "" : ", ") + operand->description().name;
  }
  list.push_back(fmt::format(
      "Activations of GeMMs with weights are of the formats {}. Elements that take FP16 and do not say that they "
      "multiply the codes decode them at every read, without extra time or area; the energy is technology.decoder. The "
      "compressor writes results in the format of their reader, with its published area and energy and a cycle for "
      "each bit of a group's elements in a lane, and that of technology.encoder.",
      names));
}

void add_machine(const SimulationResult& result, std::vector<std::string>& list) {
  const AcceleratorConfig& machine = result.systems.front().accelerator;
  list.push_back(
      fmt::format("accelerator.mxu.fill_cycles = {} and accelerator.vector_unit.latency_cycles = {} are assumed; "
                  "incurred once per GeMM.",
                  machine.mxu.fill_cycles, machine.vector_unit.latency_cycles));
  add_weights(machine, list);
  add_activations(machine, list);
  if (any_system(result, PeKind::anda)) {
    list.push_back(
        fmt::format("Anda elements take (mantissa bits + 1) cycles per group of {}, one of them for the sign plane.",
                    machine.format.group_size));
  }
  for (const SystemResult& system : result.systems) {
    const auto element = make_processing_element(system.accelerator.mxu, system.accelerator.format);
    if (const auto& described = system.accelerator.mxu.processing_element.section()) add_element(*described, list);
    if (!element->takes_fp16()) continue;
    const bool encodes = element->compresses();
    list.push_back(fmt::format(
        "Elements of {} take {} cycles for {} elements along k; their activations are {} in memory and buffers.",
        system.name, element->group_cycles(0, machine.mxu.weight_bits), element->group_elements(),
        encodes ? "of operand formats, or FP16," : "FP16"));
    if (system.accelerator.format.encodes() && element->dequantises()) {
      list.push_back(
          fmt::format("{} decodes every weight to FP16 whenever the array reads it, without extra time or area; "
                      "its energy is technology.decoder.",
                      system.name));
    }
    if (element->converts_at_read()) {
      list.push_back(
          fmt::format("{} converts every activation to a shared exponent whenever the array reads it, with the energy "
                      "of technology.conversion and without extra time or area (estimated: not published).",
                      system.name));
    }
  }
}

std::string memory_timing(const DramConfig& dram) {
  if (dram.level == DramLevel::fast) {
    return fmt::format(
        "External memory at level fast: streams run at the peak × (1 − refresh_cycle_ns / refresh_interval_ns) = "
        "{:.4g} "
        "GB/s; banks, row misses and read/write turnaround are not modelled; a read's first data comes dram.latency_ns "
        "= {} ns after its request (assumed).",
        dram.peak_bytes_per_s() * dram.available() / 1e9, dram.latency_ns);
  }
  return fmt::format(
      "External memory at level detailed: every burst with banks, command and data buses and refresh ({}), page policy "
      "{}, queues of {} bursts per channel; a write completes when its last burst is queued; the part of "
      "dram.latency_ns = {} ns beyond tRCD and tCL is the controller's (assumed). Commands after the end of a GeMM are "
      "counted with the next one.",
      name_of(dram_refreshes, dram.policy.refresh), name_of(dram_page_policies, dram.policy.page),
      dram.policy.queue_requests, dram.latency_ns);
}

std::string memory_energy(const DramConfig& dram) {
  if (dram.energy.model == DramEnergyModel::flat) {
    return fmt::format(
        "Energy of external memory is flat: {} pJ per bit of a touched burst of {} bytes, regardless of the command.",
        dram.energy.pj_per_bit, dram.burst_bytes());
  }
  return fmt::format(
      "Energy of external memory is that of its commands: {} pJ per activation with its precharge, {} per read burst, "
      "{} per write burst, {} per refresh of a channel, {} per refresh of a bank, {} mW per channel throughout a "
      "GeMM{}.",
      dram.energy.activate_pj, dram.energy.read_pj, dram.energy.write_pj, dram.energy.refresh_pj,
      dram.energy.refresh_bank_pj, dram.energy.background_mw,
      dram.level == DramLevel::fast
          ? "; at level fast all bursts of a row share its activation, and a refresh occurs every refresh_interval_ns"
          : "");
}

}  // namespace

std::vector<std::string> assumptions(const RunInfo& info, const SimulationResult& result) {
  std::vector<std::string> list;
  list.emplace_back(
      "Only FP-INT GeMMs are modelled; attention GeMMs, softmax, normalisation, activation functions and the KV cache "
      "are n/a.");
  list.emplace_back(
      "Every GeMM starts on an idle machine with its operands in external memory; nothing overlaps from one GeMM to "
      "the next or stays on chip between them.");
  if (info.paper_tiling) {
    list.push_back(
        fmt::format("tiling paper: weights of k × {} columns stay on chip while the rows of activations stream past; "
                    "this is inferred, not published.",
                    paper_step_columns));
  } else {
    list.emplace_back("tiling auto: of the legal shapes of a step, the one with the least external memory traffic.");
  }

  if (!result.systems.empty()) add_machine(result, list);
  list.emplace_back(info.consumer_outputs
                        ? "Results of Anda systems are written in the format of the next GeMM's tensor type, whatever "
                          "operations come between (softmax, normalisation, activation function)."
                        : "Results are written as FP16.");

  list.push_back(memory_timing(info.dram));
  list.push_back(memory_energy(info.dram));
  list.push_back(
      fmt::format("Energy of an action does not depend on data or clock_hz: it is that at the technology's reference "
                  "clock of {} Hz. Idle blocks take only the energy that the technology charges for every cycle.",
                  info.technology.reference_clock_hz));
  list.push_back(fmt::format("Energy of an SRAM access grows with its capacity to the power of {} (assumed).",
                             info.technology.sram_energy_exponent));
  add_sources(info.technology, list);
  if (!info.dram.energy.source.empty()) list.push_back(fmt::format("dram.energy: {}.", info.dram.energy.source));
  return list;
}

}  // namespace anda::sim
