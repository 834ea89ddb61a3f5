// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_HOST_H
#define ANDA_SIM_SYSTEM_HOST_H

#include <array>
#include <exception>
#include <functional>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

#include <anda/accelerator/accelerator.h>
#include <anda/dram/dram.h>

#include "system/compiler.h"
#include "system/data_host.h"
#include "system/known_gemms.h"
#include "system/op_record.h"
#include "workload/gemm.h"

namespace anda::sim {

/// The processor beside an accelerator: compiles each GeMM of the trace into a descriptor, starts it through the
/// control socket, waits for the interrupt and hands on what the counters say.
class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> control;
  sc_core::sc_in<bool> interrupt;

  /// `known`: a GeMM of a task that is known takes over its counts; nullptr: all are simulated. `memory`: the
  /// accelerator's. `data`: of a functional simulation, in which no GeMM is like another; else nullptr.
  Host(sc_core::sc_module_name name, const Compiler& compiler, const Counters& counters, GemmSource& source,
       KnownGemms* known, const Dram& memory, DataHost* data, std::function<void(const OpRecord&)> take);

  /// Whether the trace is done.
  bool finished() const { return finished_; }
  /// Throws what kept the trace from being finished, if something did.
  void throw_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  /// Multiply-accumulates of the GeMMs that are done.
  double macs_done() const { return macs_done_; }

 private:
  void run();
  void replay();
  void run_work(const Work& work, OpRecord& record);
  const KnownGemms::Result* simulate(const Work& work, OpRecord& record, std::uint64_t run);
  bool may_take_over() const;
  void take_over(const KnownGemms::Result& known, std::uint64_t times, OpRecord& record);
  void run_on_data(const std::array<std::uint32_t, GemmDescriptor::words>& words, const GemmAddresses& addresses,
                   OpRecord& record, std::uint64_t run);
  void run_descriptor(const std::array<std::uint32_t, GemmDescriptor::words>& words, const std::string& name);
  void write(std::uint64_t address, const std::uint32_t* words, std::size_t count);
  std::uint32_t read(std::uint64_t address);

  const Compiler& compiler_;
  const Counters& counters_;
  GemmSource& source_;
  KnownGemms* known_;
  const Dram& memory_;
  DataHost* data_;
  std::function<void(const OpRecord&)> take_;
  bool finished_ = false;
  std::exception_ptr failure_;
  double macs_done_ = 0;
};

}  // namespace anda::sim

#endif
