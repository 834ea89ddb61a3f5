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
#include <anda/dram/dram.h>

#include "system/compiler.h"
#include "system/data_host.h"
#include "system/known_gemms.h"
#include "system/op_record.h"
#include "system/prefetch.h"
#include "workload/gemm.h"

namespace anda::sim {

/// The processor beside an accelerator: compiles each GeMM of the trace into a descriptor, starts it through the
/// control socket, waits for the interrupt and passes on the counter values.
class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> control;
  sc_core::sc_in<bool> interrupt;

  /// `known`: supplies the counts of GeMMs whose task is known; nullptr: all are simulated. `memory`: the
  /// accelerator's. `prefetch`: chooses the weights to load under the preceding operation; nullptr: none. `data`: used
  /// in a functional simulation, where every GeMM is different; otherwise nullptr.
  Host(sc_core::sc_module_name name, const Compiler& compiler, const Counters& counters, GemmSource& source,
       KnownGemms* known, const Dram& memory, Prefetch* prefetch, DataHost* data,
       std::function<void(const OpRecord&)> take);

  /// Whether the trace is complete.
  bool finished() const { return finished_; }
  /// Rethrows the exception that stopped the trace, if there was one.
  void throw_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  /// Multiply-accumulates of the completed GeMMs.
  double macs_done() const { return macs_done_; }

 private:
  void run();
  void replay();
  using Words = std::array<std::uint32_t, GemmDescriptor::words>;
  /// Runs of a record that have the same preceding and following operations.
  struct Runs {
    std::uint64_t times = 0;
    KnownGemms::Neighbours neighbours;
  };

  void run_record(OpRecord& record, const Gemm* next);
  std::vector<Runs> runs_of(const OpRecord& record, const Work& work, const Gemm* next);
  std::uint64_t run_work(const Work& work, const KnownGemms::Neighbours& neighbours, std::uint64_t times,
                         OpRecord& record, std::uint64_t run);
  bool may_take_over() const;
  void take_over(const KnownGemms::Result& known, std::uint64_t times, OpRecord& record);
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
  const Dram& memory_;
  Prefetch* prefetch_;
  std::uint64_t held_ = 0;  // weight loads for the next record that the machine has already made
  DataHost* data_;
  std::function<void(const OpRecord&)> take_;
  bool finished_ = false;
  std::exception_ptr failure_;
  double macs_done_ = 0;
};

}  // namespace anda::sim

#endif
