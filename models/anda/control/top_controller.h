// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROL_TOP_CONTROLLER_H
#define ANDA_CONTROL_TOP_CONTROLLER_H

#include <array>
#include <cstdint>
#include <optional>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include <anda/base/clock.h>
#include <anda/control/controller_config.h>
#include <anda/control/descriptor.h>
#include <anda/control/register_table.h>
#include <anda/dataflow/machine_shape.h>
#include <anda/dataflow/step_limits.h>
#include <anda/dataflow/weights_ahead.h>
#include <anda/dma/dma.h>
#include <anda/energy/counters.h>
#include <anda/engine/gemm_engine.h>
#include <anda/engine/vector_engine.h>
#include <anda/tlm/target_access.h>

namespace anda {

/// Interrupt output; systems that poll may leave it unbound.
using InterruptPort = sc_core::sc_port<sc_core::sc_signal_inout_if<bool>, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;

/// The top controller: registers and instruction memory behind a TLM socket, and the process that runs the descriptors
/// one after another. A descriptor that cannot run sets the error registers; the machine remains usable, as it does
/// after a reset at any time. register_map.h defines the software interface.
class TopController : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<TopController> control;
  InterruptPort interrupt;

  /// The engines that run the operations.
  struct Engines {
    GemmEngine& gemm;
    VectorEngine& vector;
  };

  /// `counters`: those of all blocks; the counter registers show some of them.
  TopController(sc_core::sc_module_name name, const ControllerConfig& config, const MachineShape& machine,
                double clock_hz, Clock& clock, const Engines& engines, Dma& dma, const Counters& counters,
                ControllerCounts& counts);

 private:
  /// How a run of descriptors ended.
  struct Outcome {
    anda_error error = ANDA_ERROR_NONE;
    std::uint32_t descriptor = 0;
    std::uint64_t address = 0;
  };

  void run();
  Outcome run_program();
  DescriptorFault run_descriptor(const std::uint32_t* words);
  DescriptorFault plan_of(const GemmDescriptor& descriptor, std::optional<StepPlan>& plan) const;
  DescriptorFault load_ahead(const std::uint32_t* words);
  DescriptorFault run_gemm(const std::uint32_t* words);
  DescriptorFault run_vector(const std::uint32_t* words);
  DescriptorFault task_of(const GemmDescriptor& descriptor, GemmTask& task) const;
  DescriptorFault task_of(const VectorDescriptor& descriptor, VectorTask& task) const;
  DescriptorFault check_weights(const WeightFormat& weights) const;
  std::uint32_t scale_group_of(std::uint32_t given) const {
    return given == 0 ? machine_.format.weight_scale_group : given;
  }
  DescriptorFault check_step(const StepShape& step, const StepLimits& limits) const;
  DescriptorFault check_addresses(const GemmDescriptor& descriptor, const GemmTask& task) const;
  DescriptorFault check_addresses(const VectorDescriptor& descriptor, const VectorTask& task) const;
  void reset();

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload);
  TargetAccess address_space() const;
  void move_words(tlm::tlm_generic_payload& payload, unsigned int length);
  bool exists(std::uint64_t address) const;
  std::uint32_t read_word(std::uint64_t address) const;
  void write_word(std::uint64_t address, std::uint32_t word);
  void set_capabilities(double clock_hz);
  std::uint32_t& at(std::uint32_t offset) { return registers_[offset / 4]; }
  std::uint32_t at(std::uint32_t offset) const { return registers_[offset / 4]; }
  bool busy() const { return (at(ANDA_REG_STATUS) & ANDA_STATUS_BUSY) != 0; }
  void zero_counters();
  void update_interrupt() { interrupt_changed_.notify(sc_core::SC_ZERO_TIME); }
  void drive_interrupt();

  const MachineShape& machine_;
  Clock& clock_;
  Engines engines_;
  Dma& dma_;
  const Counters& counters_;
  ControllerCounts& counts_;
  std::array<std::size_t, counter_table.size()> shown_{};  // indices of the counters behind the counter registers
  std::array<std::uint64_t, counter_table.size()> counted_from_{};  // their values at the last reset
  std::vector<std::uint32_t> registers_;                            // indexed by offset / 4; without the counters
  std::vector<std::uint32_t> after_reset_;
  std::vector<std::uint32_t> instructions_;
  sc_core::sc_event started_;
  sc_core::sc_event interrupt_changed_;
  bool resetting_ = false;  // the aborted run has not ended yet
  WeightsAhead ahead_;      // to load while the next operation runs
  WeightsAhead held_;       // already in the weight buffer
};

}  // namespace anda

#endif
