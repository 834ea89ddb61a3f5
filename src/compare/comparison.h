// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_COMPARE_COMPARISON_H
#define ANDA_SIM_COMPARE_COMPARISON_H

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace anda::sim {

/// Version of the layout of compare.json.
inline constexpr int compare_schema_version = 1;

/// Systems on models, from the report.json of their runs, each against the first system on the same model.
class Comparison {
 public:
  /// What is compared of one system on one model.
  struct Figures {
    std::uint64_t cycles = 0;
    double time_s = 0;
    double effective_tops = 0;
    double area_mm2 = 0;
    double tops_per_mm2 = 0;
    double energy_compute_pj = 0;
    double energy_sram_pj = 0;
    double energy_dram_pj = 0;
    double energy_total_pj = 0;
  };
  struct Ratios {
    double speedup = 0;
    double area_efficiency = 0;
    double energy_efficiency = 0;
    std::array<double, 4> energy{};  ///< compute, SRAM, DRAM, total: shares of the baseline's total
  };

  /// `config_sha256`: of the configurations of all runs.
  Comparison(std::string name, std::vector<std::string> systems, std::vector<std::string> models,
             std::string config_sha256 = "");

  /// Takes what `report` has of its system `reported` for a system on a model. Throws Error (input) if the report was
  /// made with another technology, version or level than the others, or with another workload than those of the
  /// model; `origin` names it.
  void add(std::size_t system, std::size_t model, const nlohmann::json& report, const std::string& reported,
           const std::string& origin);

  /// Once all are added: of a system on a model, and over all models: geometric means, and the mean shares of energy.
  Ratios ratios(std::size_t system, std::size_t model) const;
  Ratios mean(std::size_t system) const;

  /// The means; with `details` then every model.
  void print(std::ostream& out, bool details) const;
  void write_json(std::ostream& out) const;
  void write_csv(std::ostream& out) const;

 private:
  struct Origin {
    std::string of;
    std::string value;
  };

  const Figures& figures(std::size_t system, std::size_t model) const;
  void print_means(std::ostream& out) const;
  void print_models(std::ostream& out) const;
  static void agree(Origin& first, const std::string& value, const char* what, const std::string& origin);

  std::string name_;
  std::vector<std::string> systems_;
  std::vector<std::string> models_;
  std::string config_sha256_;
  std::vector<std::string> notes_;      ///< of the runs, each once
  std::vector<std::string> workloads_;  ///< of each model, in words
  std::vector<Figures> figures_;        ///< models × systems
  Origin technology_;
  Origin version_;
  Origin level_;
  std::vector<Origin> traces_;  ///< of each model
};

}  // namespace anda::sim

#endif
