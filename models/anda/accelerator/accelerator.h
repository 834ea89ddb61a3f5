// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_ACCELERATOR_H
#define ANDA_ACCELERATOR_ACCELERATOR_H

#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>

#include <anda/accelerator/accelerator_blocks.h>
#include <anda/accelerator/accelerator_config.h>
#include <anda/base/activity.h>
#include <anda/base/clock.h>
#include <anda/control/top_controller.h>
#include <anda/dataflow/machine_shape.h>
#include <anda/dma/dma.h>
#include <anda/energy/counters.h>
#include <anda/engine/gemm_engine.h>
#include <anda/engine/vector_engine.h>
#include <anda/functional/data_losses.h>
#include <anda/functional/vector_constants.h>
#include <anda/local_memory/local_memory.h>
#include <anda/vector_unit/vector_unit.h>

namespace anda {

/// The accelerator: the connected blocks behind three ports.
///
/// `control` (target) gives access to registers and descriptors, see control/register_map.h. `memory` (initiator) reads
/// operands and writes results in bursts of at most dma.max_burst_bytes. `interrupt` rises when a run of descriptors
/// completes or fails; it may be left unbound.
class Accelerator : public sc_core::sc_module {
 public:
  tlm::tlm_initiator_socket<> memory;
  tlm::tlm_target_socket<> control;
  InterruptPort interrupt;

  /// Throws Error (input) if the configuration breaks a rule, or if level cycle is selected with blocks without clocks.
  Accelerator(sc_core::sc_module_name name, const AcceleratorConfig& config, const AcceleratorBlocks& blocks = {});

  const AcceleratorConfig& config() const { return config_; }
  const ProcessingElement& processing_element() const { return *machine_.element; }

  /// Adds the state of all blocks to a waveform file, under `scope`.array, `scope`.weight_port and so on. Must be
  /// called before the simulation starts. Throws Error (input) at a level without clocks.
  void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const;

  /// Reports the blocks' activity to an observer, at every level; it must outlive the simulation. None by default.
  void observe(ActivityObserver* observer);

  /// Sets the constants that subsequent vector operations use beside their operands, in a functional simulation.
  void set_vector_constants(VectorConstants constants) { vector_unit_.set_constants(std::move(constants)); }

  /// Arithmetic losses of the last operation, in a functional simulation.
  DataLosses losses() const;

  /// The counters of all blocks.
  const Counters& counters() const { return counters_; }

 private:
  std::unique_ptr<GemmEngine> make_engine(bool own_blocks);
  void bind_blocks(const Connect& connect);
  void bind_clocked_blocks();
  Counters all_counters() const;

  AcceleratorConfig config_;
  MachineShape machine_;
  Clock clock_;
  std::unique_ptr<ArrayBlock> mxu_;
  std::unique_ptr<ActivationBufferBlock> activation_buffer_;
  std::unique_ptr<BufferBlock> weight_buffer_;
  VectorUnit vector_unit_;
  std::unique_ptr<CompressorBlock> compressor_;  // none if the elements do not compress
  std::uint64_t no_groups_ = 0;                  // the value of its counters in that case
  std::unique_ptr<LocalMemory> local_memory_;    // none if its size is 0
  Dma dma_;
  ControllerCounts controller_counts_;
  std::unique_ptr<GemmEngine> engine_;
  Counters counters_;
  VectorEngine vector_engine_;
  TopController controller_;
};

}  // namespace anda

#endif
