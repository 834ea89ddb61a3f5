// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_HOST_H
#define ANDA_SIM_SYSTEM_HOST_H

#include <array>
#include <exception>
#include <functional>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include <anda/accelerator/accelerator.h>

#include "system/compiler.h"
#include "system/data_host.h"
#include "system/known_gemms.h"
#include "system/op_record.h"
#include "system/prefetch.h"
#include "workload/gemm.h"

namespace anda::sim {

/// The processor beside an accelerator: compiles each GeMM of the trace into a descriptor, starts it through the
/// control socket, waits for the interrupt and hands on what the counters say.
class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> control;
  sc_core::sc_in<bool> interrupt;

  /// `known`: a GeMM of a task that is known takes over its counts; nullptr: all are simulated. `data`: of a functional
  /// simulation, in which no GeMM is like another; else nullptr. `prefetch`: weights load under the operation before;
  /// nullptr: none do.
  Host(sc_core::sc_module_name name, const Compiler& compiler, const Counters& counters, GemmSource& source,
       KnownGemms* known, Prefetch* prefetch, DataHost* data, std::function<void(const OpRecord&)> take);

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
  using Words = std::array<std::uint32_t, GemmDescriptor::words>;
  /// Runs of a record with the same operations before and after them.
  struct Runs {
    std::uint64_t times = 0;
    KnownGemms::Neighbours neighbours;
  };

  void run_record(OpRecord& record, const Gemm* next);
  std::vector<Runs> runs_of(const OpRecord& record, const Work& work, const Gemm* next);
  void run_work(const Work& work, const Runs& runs, OpRecord& record, std::uint64_t run);
  void run_on_data(const Words& words, const KnownGemms::Ahead& ahead, const GemmAddresses& addresses, OpRecord& record,
                   std::uint64_t run);
  void bring_weights(const Work& work, std::uint64_t loads);
  void run_program(const std::vector<Words>& program, const std::string& name);
  void write(std::uint64_t address, const std::uint32_t* words, std::size_t count);
  std::uint32_t read(std::uint64_t address);

  const Compiler& compiler_;
  const Counters& counters_;
  GemmSource& source_;
  KnownGemms* known_;
  Prefetch* prefetch_;
  std::uint64_t held_ = 0;  // loads of the next record's weights that the machine has made
  DataHost* data_;
  std::function<void(const OpRecord&)> take_;
  bool finished_ = false;
  std::exception_ptr failure_;
  double macs_done_ = 0;
};

}  // namespace anda::sim

#endif
