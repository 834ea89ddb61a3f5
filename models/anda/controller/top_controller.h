// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_TOP_CONTROLLER_H
#define ANDA_CONTROLLER_TOP_CONTROLLER_H

#include <cstdint>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include <anda/controller/controller_config.h>
#include <anda/controller/descriptor.h>
#include <anda/controller/gemm_engine.h>
#include <anda/controller/registers.h>
#include <anda/controller/step_costs.h>
#include <anda/controller/tile_limits.h>
#include <anda/dma/dma.h>
#include <anda/tlm/target_access.h>

namespace anda {

/// The top controller: registers and instruction memory behind a TLM socket, and the process that runs the descriptors
/// in it one after another. A descriptor that cannot run sets the error registers and leaves the machine usable.
class TopController : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<TopController> control;
  sc_core::sc_out<bool> interrupt;

  TopController(sc_core::sc_module_name name, const ControllerConfig& config, const FormatConfig& format,
                const Datapath& datapath, GemmEngine& engine, Dma& dma);

 private:
  void run();
  ControllerError run_descriptor(const GemmDescriptor& descriptor);
  ControllerError task_of(const GemmDescriptor& descriptor, GemmTask& task) const;

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload);
  TargetAccess address_space() const;
  void move_words(tlm::tlm_generic_payload& payload, unsigned int length);
  bool exists(std::uint64_t address) const;
  std::uint32_t read_word(std::uint64_t address) const;
  void write_word(std::uint64_t address, std::uint32_t word);
  void drive_interrupt();

  FormatConfig format_;
  Datapath datapath_;
  GemmEngine& engine_;
  Dma& dma_;
  std::vector<std::uint32_t> instructions_;
  sc_core::sc_event started_;
  sc_core::sc_event interrupt_changed_;

  std::uint32_t status_ = 0;
  std::uint32_t interrupt_enable_ = 0;
  bool interrupt_ = false;
  ControllerError error_ = ControllerError::none;
  std::uint32_t error_descriptor_ = 0;
  std::uint64_t error_address_ = 0;
  std::uint32_t descriptor_count_ = 0;
  std::uint32_t descriptors_done_ = 0;
  std::uint64_t cycles_ = 0;
};

}  // namespace anda

#endif
