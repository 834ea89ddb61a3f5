// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_HOST_H
#define ANDA_SIM_SYSTEM_HOST_H

#include <functional>
#include <map>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tuple>

#include <anda/accelerator/accelerator.h>

#include "system/compiler.h"
#include "system/data_host.h"
#include "system/op_record.h"
#include "workload/gemm.h"

namespace anda::sim {

/// The processor beside an accelerator: compiles each GeMM of the trace into a descriptor, starts it through the
/// control socket, waits for the interrupt and hands on what the counters say.
class Host : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Host> control;
  sc_core::sc_in<bool> interrupt;

  /// `fold`: a GeMM equal to an earlier one in everything but name and layer takes over its counts. Every GeMM starts
  /// on an idle machine, so that is exact. `data`: of a functional simulation, which does not fold; else nullptr.
  Host(sc_core::sc_module_name name, const Compiler& compiler, const Counters& counters, GemmSource& source, bool fold,
       DataHost* data, std::function<void(const OpRecord&)> take);

  /// Whether the trace is done.
  bool finished() const { return finished_; }
  /// Why the trace could not be finished; empty if it could.
  const std::string& failure() const { return failure_; }
  /// Multiply-accumulates of the GeMMs that are done.
  double macs_done() const { return macs_done_; }

 private:
  using FoldKey = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
  static constexpr std::size_t max_folded = 4096;  // kinds of GeMM remembered

  void run();
  void replay();
  bool run_task(const GemmTask& task, OpRecord& record);
  void write(std::uint64_t address, const std::uint32_t* words, std::size_t count);
  std::uint32_t read(std::uint64_t address);

  const Compiler& compiler_;
  const Counters& counters_;
  GemmSource& source_;
  bool fold_;
  DataHost* data_;
  std::function<void(const OpRecord&)> take_;
  std::map<FoldKey, std::pair<TileShape, Counts>> folded_;
  bool finished_ = false;
  std::string failure_;
  double macs_done_ = 0;
};

}  // namespace anda::sim

#endif
