// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/cost_model.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

namespace {

/// Energy per action in pJ; mW / Hz = mJ = 1e9 pJ.
double action_pj(const BlockCost& cost, double clock_hz) {
  return cost.power_mw * 1e9 / clock_hz / cost.actions_per_cycle;
}

double unit_mm2(const BlockCost& cost) { return cost.area_mm2 / cost.area_units; }

}  // namespace

double Energy::compute() const {
  return by_component[Component::mxu] + by_component[Component::compressor] + by_component[Component::vector_unit] +
         by_component[Component::top_controller];
}

double Energy::sram() const {
  return by_component[Component::activation_buffer] + by_component[Component::weight_buffer];
}

CostModel::CostModel(const Technology& technology, const AcceleratorConfig& config, const DramConfig& dram,
                     const Counters& counters) {
  const double clock = technology.reference_clock_hz;
  const auto element = make_processing_element(config.mxu, config.format);
  add_array(counters, technology, config, *element);

  // Blocks that are seldom busy: clock and leakage in every cycle, in proportion to their size.
  const auto clocked = [&](Component component, const BlockCost& cost, double units) {
    charge(counters, component, "controller.cycles", action_pj(cost, clock) * units / cost.area_units);
    area_[component] = unit_mm2(cost) * units;
  };
  if (element->compresses()) clocked(Component::compressor, technology.compressor, config.compressor.lanes);
  clocked(Component::vector_unit, technology.vector_unit, config.vector_unit.fpus);
  clocked(Component::top_controller, technology.top_controller, technology.top_controller.area_units);

  add_buffers(counters, technology, config);
  if (dram.energy.model == DramEnergyModel::flat) {
    for (const char* counter : {"dram.read_bursts", "dram.write_bursts"}) {
      charge(counters, Component::dram, counter, dram.energy.pj_per_bit * dram.burst_bytes() * 8);
    }
  } else {
    add_dram_commands(counters, dram, config.clock_hz);
  }
}

void CostModel::charge(const Counters& counters, Component component, const char* counter, double energy_pj) {
  const std::size_t index = counters.index_of(counter);
  if (index == counters.size()) throw std::logic_error(std::string("no counter ") + counter);
  terms_.push_back({component, index, energy_pj});
}

/// Processing elements: the block's figures are for Anda elements; Fig. 15 gives the others relative to them.
void CostModel::add_array(const Counters& counters, const Technology& technology, const AcceleratorConfig& config,
                          const ProcessingElement& element) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const ElementCost pe = technology.processing_elements.of(config.mxu.processing_element);
  const PeCost& reference = technology.processing_elements[PeKind::anda];
  const double published_pj =
      action_pj(technology.mxu, technology.reference_clock_hz) * pe.power.value_or(unknown) / reference.power;
  charge(counters, Component::mxu, "mxu.pe_cycles", published_pj * element.scaling());
  charge(counters, Component::mxu, "mxu.converted_values", technology.conversion.energy_pj_per_value);
  const double published_mm2 = unit_mm2(technology.mxu) * pe.area.value_or(unknown) / reference.area;
  area_[Component::mxu] = published_mm2 * config.mxu.rows * config.mxu.columns * element.scaling();
  if (config.format.has_zero_points()) {
    charge(counters, Component::mxu, "mxu.summing_cycles", published_pj * element.sum_scaling());
    if (element.sums_activations()) {
      area_[Component::mxu] += published_mm2 * config.mxu.rows * element.sum_scaling();
    }
  }
  if (config.format.encodes()) {
    charge(counters, Component::mxu, "mxu.decoded_values", technology.decoder.energy_pj_per_value.value_or(unknown));
  }
  if (config.format.encodes_activations()) {
    charge(counters, Component::mxu, "mxu.decoded_activations",
           technology.decoder.energy_pj_per_value.value_or(unknown));
    charge(counters, Component::compressor, "compressor.encoded_values",
           technology.encoder.energy_pj_per_value.value_or(unknown));
  }
}

void CostModel::add_buffers(const Counters& counters, const Technology& technology, const AcceleratorConfig& config) {
  const auto bit_pj = [&](const BlockCost& cost, double bytes) {
    return action_pj(cost, technology.reference_clock_hz) *
           std::pow(bytes / cost.area_units, technology.sram_energy_exponent);
  };
  const ActivationBufferConfig& activations = config.activation_buffer;
  const double activation_bytes = static_cast<double>(activations.mantissa_bytes + activations.exponent_bytes);
  const double activation_pj = bit_pj(technology.activation_buffer, activation_bytes);
  for (const char* counter : {"activation_buffer.mantissa_words_read", "activation_buffer.mantissa_words_written"}) {
    charge(counters, Component::activation_buffer, counter, activation_pj * activations.word_bits);
  }
  for (const char* counter : {"activation_buffer.exponent_words_read", "activation_buffer.exponent_words_written"}) {
    charge(counters, Component::activation_buffer, counter, activation_pj * activations.exponent_word_bits);
  }
  area_[Component::activation_buffer] = unit_mm2(technology.activation_buffer) * activation_bytes;
  if (config.local_memory.bytes > 0) {
    const double bytes = static_cast<double>(config.local_memory.bytes);
    for (const char* counter : {"local_memory.read_bytes", "local_memory.write_bytes"}) {
      charge(counters, Component::activation_buffer, counter, bit_pj(technology.activation_buffer, bytes) * 8);
    }
    area_[Component::activation_buffer] += unit_mm2(technology.activation_buffer) * bytes;
  }

  const double weight_bytes = static_cast<double>(config.weight_buffer.bytes);
  const double weight_pj = bit_pj(technology.weight_buffer, weight_bytes);
  for (const char* counter : {"weight_buffer.words_read", "weight_buffer.words_written"}) {
    charge(counters, Component::weight_buffer, counter, weight_pj * config.weight_buffer.word_bits);
  }
  area_[Component::weight_buffer] = unit_mm2(technology.weight_buffer) * weight_bytes;
}

/// External memory by command. Level fast has no commands: the bursts of a row share the energy of its activation.
void CostModel::add_dram_commands(const Counters& counters, const DramConfig& dram, double clock_hz) {
  const DramEnergy& command = dram.energy;
  double of_row = 0;
  if (dram.level == DramLevel::detailed) {
    charge(counters, Component::dram, "dram.activates", command.activate_pj);
    charge(counters, Component::dram, "dram.refreshes", command.refresh_pj);
    charge(counters, Component::dram, "dram.bank_refreshes", command.refresh_bank_pj);
  } else {
    of_row = command.activate_pj * dram.burst_bytes() / dram.organisation.row_bytes;
    const double interval_pj = dram.policy.refresh == DramRefresh::all_bank ? command.refresh_pj
                               : dram.policy.refresh == DramRefresh::per_bank
                                   ? command.refresh_bank_pj * dram.organisation.banks()
                                   : 0;
    charge(counters, Component::dram, "controller.cycles",
           interval_pj * dram.channels * 1e9 / dram.refresh_interval_ns / clock_hz);
  }
  charge(counters, Component::dram, "dram.read_bursts", command.read_pj + of_row);
  charge(counters, Component::dram, "dram.write_bursts", command.write_pj + of_row);
  charge(counters, Component::dram, "controller.cycles", command.background_mw * dram.channels * 1e9 / clock_hz);
}

Energy CostModel::energy(const std::vector<std::uint64_t>& counts) const {
  Energy energy;
  for (const Term& term : terms_) {
    if (counts[term.counter] == 0) continue;  // no energy, even if the energy per action is unknown
    energy.by_component[term.component] += static_cast<double>(counts[term.counter]) * term.energy_pj;
  }
  return energy;
}

}  // namespace anda
