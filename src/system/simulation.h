// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_SIMULATION_H
#define ANDA_SIM_SYSTEM_SIMULATION_H

#include <functional>
#include <memory>

#include "config/run_config.h"
#include "data/tensor_dump.h"
#include "files/file_set.h"
#include "system/gemm_store.h"
#include "system/op_record.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Called periodically with the completed share of the work, 0 … 1. Returns whether to go on.
using Progress = std::function<bool(double)>;

/// Opens the workload for another pass.
using SourceOpener = std::function<std::unique_ptr<GemmSource>()>;

/// Simulates the configuration's systems side by side in one SystemC simulation, each replaying its own pass of the
/// trace. Call once per process: the kernel elaborates once. Throws Error (run) if a system fails or Progress returns
/// false. `total_macs`: of the whole trace, for the progress. `files`: receives waveforms, timeline and request traces,
/// which the caller publishes; nullptr: published at the end. `dump`: receives the tensors of a functional simulation;
/// nullptr: none. `store`: results of earlier runs, reused wherever that changes no byte of any file; nullptr: none.
SimulationResult simulate(const RunConfig& config, const SourceOpener& open_source, double total_macs, OpSink& sink,
                          const Progress& progress, FileSet* files = nullptr, TensorDump* dump = nullptr,
                          GemmStore* store = nullptr);

}  // namespace anda::sim

#endif
