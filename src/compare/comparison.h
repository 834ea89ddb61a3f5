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

/// Compares systems on models, using the report.json of their runs. The first system is the baseline on each model.
class Comparison {
 public:
  /// Compared figures of one system on one model.
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

  /// `config_sha256` is the hash of the configurations of all runs.
  Comparison(std::string name, std::vector<std::string> systems, std::vector<std::string> models,
             std::string config_sha256 = "");

  /// Adds the figures that `report` holds for its system `reported` as those of a system on a model. Throws Error
  /// (input) if the report was made with another technology, version or level than the others, or with another workload
  /// than the model's other reports; `origin` names the report.
  void add(std::size_t system, std::size_t model, const nlohmann::json& report, const std::string& reported,
           const std::string& origin);

  /// Ratios of a system on one model, and over all models: geometric means, and mean energy shares. Call after the last
  /// add().
  Ratios ratios(std::size_t system, std::size_t model) const;
  Ratios mean(std::size_t system) const;

  /// Prints the means; with `details`, every model after them.
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
  std::vector<std::string> notes_;      ///< of the runs, without duplicates
  std::vector<std::string> workloads_;  ///< of each model, for readers
  std::vector<Figures> figures_;        ///< models × systems
  Origin technology_;
  Origin version_;
  Origin level_;
  std::vector<Origin> traces_;  ///< of each model
};

}  // namespace anda::sim

#endif
