// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_MACHINE_H
#define ANDA_SIM_SYSTEM_MACHINE_H

#include <memory>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "config/run_config.h"
#include "system/gemm_store.h"
#include "system/known_gemms.h"
#include "system/op_record.h"
#include "system/system_module.h"
#include "workload/gemm.h"

namespace anda::sim {

/// A SystemC system of an accelerator, its memory and its host that runs operations on demand. With dram.level fast, a
/// repeated operation is not simulated again because its result would be the same.
class Machine {
 public:
  /// `store`: results of earlier runs; nullptr: none.
  Machine(const std::string& name, const RunConfig& config, const Element& element, GemmStore* store);

  /// Runs operations one after another and returns their counts. Throws Error if one cannot run.
  Counts run(const std::vector<Gemm>& operations);
  /// Advances time to `time_s` after the first call. Only a detailed memory notices: it refreshes.
  void idle_until(double time_s);
  bool depends_on_time() const { return depends_on_time_; }

  /// Returns the task of an operation on this machine under the current configuration.
  Work work_of(const Gemm& gemm) const { return system_->compiler().work(gemm); }
  /// Bytes of the activations that a GeMM reads, in the format that its unit reads.
  std::uint64_t input_bytes(const Gemm& gemm) const;

  const AcceleratorConfig& accelerator() const { return system_->accelerator.config(); }
  std::vector<CounterColumn> counters() const;
  double seconds(const Counts& counts) const;

 private:
  class Source;

  bool depends_on_time_;
  KnownGemms known_;
  Source* source_;  ///< owned by the system
  std::unique_ptr<System> system_;
  std::size_t cycles_;  ///< index of the cycle counter
  std::size_t left_ = 0;
  std::optional<sc_core::sc_time> start_;  ///< kernel time at which the machine's time starts
  Counts sum_;
};

}  // namespace anda::sim

#endif
