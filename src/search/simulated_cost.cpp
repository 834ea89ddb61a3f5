// SPDX-License-Identifier: Apache-2.0
#include "search/simulated_cost.h"

#include <set>
#include <vector>

#include "search/combination_search.h"
#include "search/precisions.h"
#include "system/survey.h"

namespace anda::sim {
namespace {

RunConfig anda_alone(const RunConfig& config) {
  RunConfig alone = config;
  alone.systems = {PeKind::anda};
  alone.precision.layers.clear();
  return alone;
}

/// GeMMs one after another, from a list.
class GemmList : public GemmSource {
 public:
  explicit GemmList(const std::vector<Gemm>& gemms) : gemms_(gemms) {}

  bool next(Gemm& gemm) override {
    if (next_ == gemms_.size()) return false;
    gemm = gemms_[next_++];
    return true;
  }

 private:
  const std::vector<Gemm>& gemms_;
  std::size_t next_ = 0;
};

}  // namespace

double RunCost::of(Objective objective) const {
  if (objective == Objective::energy) return energy_pj;
  if (objective == Objective::edp) return energy_pj * time_s;
  return static_cast<double>(cycles);
}

/// The counts of each GeMM as it is simulated.
class SimulatedCost::Table : public OpSink {
 public:
  explicit Table(std::map<Key, Counts>& counts) : counts_(counts) {}

  void take(std::size_t, const OpRecord& record) override { counts_.emplace(key_of(record.task), record.counts); }

 private:
  std::map<Key, Counts>& counts_;
};

SimulatedCost::SimulatedCost(const RunConfig& config, const Progress& progress)
    : config_(anda_alone(config)), compiler_(config_, accelerator_of(config_, PeKind::anda)) {
  read_workload();
  simulate_all(progress);
}

SimulatedCost::Key SimulatedCost::key_of(const GemmTask& task) {
  return {task.m, task.n, task.k, task.input.mantissa_bits, task.output.mantissa_bits, task.weights.bits};
}

void SimulatedCost::read_workload() {
  const std::unique_ptr<GemmSource> source = open_workload(config_);
  for (Gemm gemm; source->next(gemm);) {
    rows_[{gemm.layer, gemm.tensor, gemm.m, gemm.n, gemm.k, gemm.weight_bits}] += gemm.count;
  }
}

void SimulatedCost::simulate_all(const Progress& progress) {
  std::set<Row> shapes;  // of layer 0
  for (const auto& row : rows_) {
    Row shape = row.first;
    std::get<0>(shape) = 0;
    shapes.insert(shape);
  }
  // Every pair of lengths has a layer of its own. In its GeMMs the lengths of input and results are the pair's, one way
  // or the other; the results of A_d belong to the layer after it.
  RunConfig config = config_;
  std::vector<Gemm> gemms;
  double macs = 0;
  std::uint32_t layer = 0;
  for (std::uint32_t a = mantissa_range.min; a <= start_mantissas.max; ++a) {
    for (std::uint32_t b = mantissa_range.min; b <= start_mantissas.max; ++b) {
      if (config.precision.output == OutputFormat::fp16 && a != b) continue;
      config.precision.layers[layer] = {a, b, a, b};
      config.precision.layers[layer + 1] = {a, b, a, b};
      for (const auto& [ignored, tensor, m, n, k, weight_bits] : shapes) {
        gemms.push_back({tensor, layer, tensor, m, n, k, 1, weight_bits});
        macs += static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
      }
      layer += 2;
    }
  }
  // Equal ones, as those of other tensors are for every pair, are simulated once.
  config.simulation.fold_layers = true;
  Table table(counts_);
  const SimulationResult result = simulate(
      config, [&gemms] { return std::make_unique<GemmList>(gemms); }, macs, table, progress);
  evaluation_ = std::make_unique<Evaluation>(result, config_.dram, config_.technology);
}

RunCost SimulatedCost::of(const Precisions& precisions) {
  config_.precision = precision_config(config_.precision, precisions);
  Counts total;
  Gemm gemm;
  for (const auto& [row, runs] : rows_) {
    std::tie(gemm.layer, gemm.tensor, gemm.m, gemm.n, gemm.k, gemm.weight_bits) = row;
    const Counts& counts = counts_.at(key_of(compiler_.task(gemm)));
    total.resize(counts.size(), 0);
    for (std::size_t i = 0; i < counts.size(); ++i) total[i] += counts[i] * runs;
  }
  const auto value = [&](const char* key) { return number_of(evaluation_->value(0, total, key)); };
  return {static_cast<std::uint64_t>(value("cycles")), value("time_s"), value("energy_total_pj")};
}

}  // namespace anda::sim
