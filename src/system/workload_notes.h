// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_WORKLOAD_NOTES_H
#define ANDA_SIM_SYSTEM_WORKLOAD_NOTES_H

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Collects notes on what may surprise readers of a workload's results: keys without effect, omissions, mismatches.
class WorkloadNotes {
 public:
  explicit WorkloadNotes(const RunConfig& config);

  /// `padded`: whether some system pads k; `compressed`: whether a system reads its activations in groups, so that
  /// `precision` matters.
  void see(const Gemm& gemm, bool padded, bool compressed);

  /// Notes that a system computes a GeMM of an inference on its vector unit.
  void see_beside_array(const Gemm& gemm, const std::string& system);

  /// Returns the notes after the last GeMM, one sentence each.
  std::vector<std::string> list() const;

 private:
  void add_tensors(std::vector<std::string>& notes) const;
  void add_layers(std::vector<std::string>& notes) const;
  void add_model(std::vector<std::string>& notes) const;
  void add_inference(std::vector<std::string>& notes) const;
  void add_memory(std::vector<std::string>& notes) const;
  void add_outputs(std::vector<std::string>& notes) const;
  double cache_bytes() const;

  const RunConfig& config_;
  std::uint64_t gemms_ = 0;
  std::uint64_t padded_ = 0;
  std::uint32_t last_layer_ = 0;
  double macs_ = 0;
  double weight_bytes_ = 0;
  std::map<std::string, double> attention_beside_array_;  ///< MACs by system
  std::set<std::size_t> weights_;                         ///< hashes of weights already counted
  std::map<std::string, std::uint64_t> other_tensors_;    ///< GeMMs of tensors that precision has no key for
};

}  // namespace anda::sim

#endif
