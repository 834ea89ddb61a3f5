// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_ACCELERATOR_H
#define ANDA_ACCELERATOR_ACCELERATOR_H

#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>

#include <anda/accelerator/accelerator_config.h>
#include <anda/base/activity.h>
#include <anda/base/clock.h>
#include <anda/buffer/activation_buffer.h>
#include <anda/buffer/weight_buffer.h>
#include <anda/compressor/bit_plane_compressor.h>
#include <anda/control/top_controller.h>
#include <anda/dataflow/machine_shape.h>
#include <anda/dma/dma.h>
#include <anda/energy/counters.h>
#include <anda/engine/gemm_engine.h>
#include <anda/functional/data_losses.h>
#include <anda/mxu/mxu.h>
#include <anda/vector_unit/vector_unit.h>

namespace anda {

/// Binds two sockets of the machine. Whoever wants to see what goes over a binding puts a module between the two.
using Connect = std::function<void(tlm::tlm_initiator_socket<>& initiator, tlm::tlm_target_socket<>& target)>;

/// The accelerator: its blocks, wired, behind three ports.
///
/// `control` (target) holds registers and descriptors, see control/register_map.h; `memory` (initiator) reads operands
/// and writes results, in bursts of at most dma.max_burst_bytes; `interrupt` rises when a run of descriptors is
/// complete or in error.
class Accelerator : public sc_core::sc_module {
 public:
  tlm::tlm_initiator_socket<> memory;
  tlm::tlm_target_socket<> control;
  sc_core::sc_out<bool> interrupt;

  /// Throws Error (input) if the configuration breaks a rule. `connect` makes each binding between two blocks; without
  /// one they are bound to each other.
  Accelerator(sc_core::sc_module_name name, const AcceleratorConfig& config, const Connect& connect = {});

  const AcceleratorConfig& config() const { return config_; }
  const ProcessingElement& processing_element() const { return *machine_.element; }

  /// Adds the state of all blocks to a waveform file, under `scope`.array, `scope`.weight_port and so on; before the
  /// simulation starts. Throws Error (input) at a level that has no clocks.
  void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const;

  /// Shows an observer what the blocks do, at every level; it must outlive the simulation. None by default.
  void observe(ActivityObserver* observer);

  /// What the arithmetic of the last GeMM lost, if the simulation is functional.
  DataLosses losses() const;

  /// The counters of all blocks.
  const Counters& counters() const { return counters_; }

 private:
  void bind_blocks(const Connect& connect);
  Counters all_counters() const;

  AcceleratorConfig config_;
  MachineShape machine_;
  Clock clock_;
  Mxu mxu_;
  ActivationBuffer activation_buffer_;
  WeightBuffer weight_buffer_;
  VectorUnit vector_unit_;
  BitPlaneCompressor compressor_;
  Dma dma_;
  ControllerCounts controller_counts_;
  std::unique_ptr<GemmEngine> engine_;
  Counters counters_;
  TopController controller_;
};

}  // namespace anda

#endif
