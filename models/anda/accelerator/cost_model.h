// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_COST_MODEL_H
#define ANDA_ACCELERATOR_COST_MODEL_H

#include <array>
#include <cstdint>
#include <vector>

#include <anda/accelerator/accelerator_config.h>
#include <anda/dram/dram_config.h>
#include <anda/energy/counters.h>
#include <anda/energy/technology.h>

namespace anda {

class ProcessingElement;

/// Component that energy and area are attributed to.
enum class Component : std::size_t {
  mxu,
  compressor,
  vector_unit,
  activation_buffer,
  weight_buffer,
  top_controller,
  dram
};
inline constexpr std::size_t component_count = 7;
inline constexpr std::array<const char*, component_count> component_names{
    "mxu", "compressor", "vector_unit", "activation_buffer", "weight_buffer", "top_controller", "dram"};

/// One number for each component.
class PerComponent {
 public:
  double& operator[](Component component) { return values_[static_cast<std::size_t>(component)]; }
  double operator[](Component component) const { return values_[static_cast<std::size_t>(component)]; }

  double total() const {
    double sum = 0;
    for (const double value : values_) sum += value;
    return sum;
  }

 private:
  std::array<double, component_count> values_{};
};

/// Energy in pJ by component, with the sums that are reported.
struct Energy {
  PerComponent by_component;

  double compute() const;  ///< array, compressor, vector unit, controller
  double sram() const;     ///< both buffers, and the local memory
  double dram() const { return by_component[Component::dram]; }
  double total() const { return by_component.total(); }
};

/// Computes energy from action counts and area from a configuration, with the figures of a technology:
/// energy = Σ count · energy per action, area = Σ units · area per unit. It never affects timing. If the costs of the
/// array's processing element are unknown, energy and area of the array are NaN, and so are the totals.
class CostModel {
 public:
  /// `counters`: those of the accelerator and the memory, in the order of the values passed to energy().
  CostModel(const Technology& technology, const AcceleratorConfig& config, const DramConfig& dram,
            const Counters& counters);

  Energy energy(const std::vector<std::uint64_t>& counts) const;

  /// Area in mm² by component; 0 for DRAM, which is a separate chip.
  const PerComponent& area() const { return area_; }

 private:
  struct Term {
    Component component;
    std::size_t counter;
    double energy_pj;
  };

  void charge(const Counters& counters, Component component, const char* counter, double energy_pj);
  void add_array(const Counters& counters, const Technology& technology, const AcceleratorConfig& config,
                 const ProcessingElement& element);
  void add_buffers(const Counters& counters, const Technology& technology, const AcceleratorConfig& config);
  void add_dram_commands(const Counters& counters, const DramConfig& dram, double clock_hz);

  std::vector<Term> terms_;
  PerComponent area_;
};

}  // namespace anda

#endif
