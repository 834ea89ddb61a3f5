// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_SYSTEM_MODULE_H
#define ANDA_SIM_SYSTEM_SYSTEM_MODULE_H

#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <utility>

#include <anda/dram/dram.h>

#include "system/host.h"
#include "system/inference_data_host.h"

namespace anda::sim {

/// Configures the external memory of a run's systems. `request_trace`: file for its requests; empty: none.
inline DramConfig memory_of(const RunConfig& config, const std::string& request_trace) {
  DramConfig memory = config.dram;
  memory.request_trace = request_trace;
  memory.fast_forward = config.simulation.fast_forward;
  memory.store_data = memory.store_data || config.functional.enabled;
  return memory;
}

/// One system under test: host, accelerator and its own memory.
class System : public sc_core::sc_module {
 public:
  System(sc_core::sc_module_name name, const RunConfig& config, const Element& system,
         std::unique_ptr<GemmSource> source, KnownGemms* known, const std::string& request_trace, TensorDump* dump,
         bool first, std::function<void(const OpRecord&)> take)
      : sc_module(name),
        source_(std::move(source)),
        accelerator("accelerator", accelerator_of(config, system)),
        dram("dram", memory_of(config, request_trace)),
        compiler_(config, accelerator.config()),
        prefetch_(config.workload.prefetch_weights ? std::make_unique<Prefetch>(config, accelerator.config(), compiler_)
                                                   : nullptr),
        data_(data_host(config, system, dump, first)),
        counters(all_counters()),
        host("host", compiler_, counters, *source_, known, dram, prefetch_.get(), data_.get(), std::move(take)),
        interrupt_("interrupt") {
    host.control.bind(accelerator.control);
    accelerator.memory.bind(dram.socket);
    accelerator.interrupt.bind(interrupt_);
    host.interrupt.bind(interrupt_);
  }

 private:
  Counters all_counters() const {
    Counters all;
    all.add(accelerator.counters());
    all.add(dram.counters());
    return all;
  }

  std::unique_ptr<DataHost> data_host(const RunConfig& config, const Element& system, TensorDump* dump, bool first) {
    if (!config.functional.enabled) return nullptr;
    if (config.workload.scope == Scope::gemms) {
      return std::make_unique<GemmDataHost>(config, system.name(), accelerator, dump, first);
    }
    return std::make_unique<InferenceDataHost>(config, system.name(), accelerator, dump, first);
  }

  std::unique_ptr<GemmSource> source_;

 public:
  const Compiler& compiler() const { return compiler_; }

  Accelerator accelerator;
  Dram dram;

 private:
  Compiler compiler_;
  std::unique_ptr<Prefetch> prefetch_;  // set if weights are prefetched
  std::unique_ptr<DataHost> data_;      // set in a functional simulation

 public:
  const Counters counters;
  Host host;

 private:
  sc_core::sc_signal<bool> interrupt_;
};

}  // namespace anda::sim

#endif
