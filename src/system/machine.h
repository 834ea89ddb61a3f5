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

/// An accelerator with its memory and host as a SystemC system that runs operations on demand. With dram.level fast an
/// operation that ran before is not simulated again: it would take the same.
class Machine {
 public:
  /// `store`: of earlier runs' results; nullptr: none.
  Machine(const std::string& name, const RunConfig& config, const Element& element, GemmStore* store);

  /// Counts of these operations, one after another. Throws Error if one cannot run.
  Counts run(const std::vector<Gemm>& operations);
  /// Lets time pass until this instant after the first call, which only a detailed memory notices: it refreshes.
  void idle_until(double time_s);
  bool depends_on_time() const { return depends_on_time_; }

  /// What a GeMM or vector operation is on it, by the configuration as it is now.
  Work work_of(const Gemm& gemm) const { return system_->compiler().work(gemm); }
  /// Bytes of the activations that a GeMM reads, in the format in which its unit takes them.
  std::uint64_t input_bytes(const Gemm& gemm) const;

  const AcceleratorConfig& accelerator() const { return system_->accelerator.config(); }
  std::vector<CounterColumn> counters() const;
  double seconds(const Counts& counts) const;

 private:
  class Source;

  bool depends_on_time_;
  KnownGemms known_;
  Source* source_;  ///< of the system
  std::unique_ptr<System> system_;
  std::size_t cycles_;  ///< index of the counter
  std::size_t left_ = 0;
  std::optional<sc_core::sc_time> start_;  ///< of the machine's time in the kernel's
  Counts sum_;
};

}  // namespace anda::sim

#endif
