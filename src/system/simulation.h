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

/// How far a run is, called now and then with the share of the work done, 0 … 1. Returns whether to go on.
using Progress = std::function<bool(double)>;

/// Opens another pass of the workload.
using SourceOpener = std::function<std::unique_ptr<GemmSource>()>;

/// Simulates the configuration's systems side by side in one SystemC simulation, each replaying its own pass of the
/// trace. One call a process: the kernel elaborates once. Throws Error (run) if a system fails or Progress said stop.
/// `total_macs`: of the whole trace, for the progress. `files`: takes waveforms, timeline and request traces, which
/// the caller publishes; nullptr: they are published at the end. `dump`: where the tensors of a functional simulation
/// go; nullptr: nowhere. `store`: of results of earlier runs, which are taken over where that changes no byte of any
/// file; nullptr: none.
SimulationResult simulate(const RunConfig& config, const SourceOpener& open_source, double total_macs, OpSink& sink,
                          const Progress& progress, FileSet* files = nullptr, TensorDump* dump = nullptr,
                          GemmStore* store = nullptr);

}  // namespace anda::sim

#endif
