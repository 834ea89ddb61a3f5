// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_SYSTEM_PROCESS_H
#define ANDA_SIM_SYSTEM_SYSTEM_PROCESS_H

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "files/child_process.h"
#include "files/file_descriptor.h"
#include "system/simulation.h"

namespace anda::sim {

/// A process that simulates one system of a run. Its result, or its failure, arrives through a pipe.
class SystemProcess {
 public:
  /// The job of the process: simulates and reports progress. Returns the result and the number of records left in its
  /// spool.
  using Work = std::function<std::pair<SimulationResult, std::uint64_t>(const Progress&)>;

  /// `system`: its name, for messages.
  SystemProcess(std::string system, const Work& work);

  /// The pipe's descriptor, readable when data is available.
  int descriptor() const { return pipe_.get(); }
  /// Receives the available data.
  void take();

  /// Whether the result or a failure has arrived.
  bool finished() const { return result_ || failure_; }
  double done() const { return done_; }
  std::exception_ptr failure() const { return failure_; }
  SimulationResult& result() { return *result_; }
  std::uint64_t records() const { return records_; }

 private:
  void take_message();
  void take_end();

  std::string system_;
  FileDescriptor pipe_;
  std::unique_ptr<ChildProcess> process_;
  std::string received_;
  double done_ = 0;
  std::optional<SimulationResult> result_;
  std::uint64_t records_ = 0;
  std::exception_ptr failure_;
};

}  // namespace anda::sim

#endif
