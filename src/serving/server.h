// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_SERVER_H
#define ANDA_SIM_SERVING_SERVER_H

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "serving/pass_times.h"
#include "serving/scheduler.h"

namespace anda::sim {

/// What a server holds while nothing changes.
struct ServerState {
  double from_s = 0;
  double to_s = 0;
  std::size_t running = 0;   ///< sequences that have been admitted …
  std::size_t waiting = 0;   ///< … and those that have not
  std::uint64_t blocks = 0;  ///< of the caches in use
};

/// An iteration that has run, on its way through all stages.
struct IterationRecord {
  const std::vector<Iteration>& groups;  ///< what each group of accelerators does
  double start_s = 0;
  double end_s = 0;
  PassCost cost;      ///< of one accelerator of each stage and group, summed; `seconds`: of all stages
  ServerState state;  ///< when it starts
};

/// Sees what a server does, in order of time.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;
  virtual void state(const ServerState& state) = 0;
  virtual void iteration(const IterationRecord& record) = 0;
  virtual void request(const Sequence& sequence) = 0;
};

/// One replica: a pipeline of stages, each busy with one iteration at a time, and the scheduler that feeds it. An
/// iteration starts as soon as the first stage is free and something can run; a request that arrives at that instant
/// takes part. Groups of accelerators that share experts have a scheduler and a cache each, take requests in turn and
/// start together.
class Server {
 public:
  Server(const ServeConfig& config, const Partition& partition, Machine& machine, Links& links,
         ServerObserver& observer);

  /// Runs until this time, without starting anything at it. `look`: called now and then.
  void run_until(double time_s, const std::function<void()>& look);
  /// A request arrives, at the time until which the server has run.
  void arrive(const Request& request) { schedulers_[arrived_++ % schedulers_.size()].arrive(request); }
  /// Runs until everything is done.
  void drain(const std::function<void()>& look);

  double rounding_s() const;

 private:
  struct Flight {
    std::vector<Iteration> groups;
    double end_s;
  };

  bool launch();
  double next_event() const;
  void retire();
  void advance(double time_s);
  ServerState state() const;
  double swap_s(std::uint64_t tokens) const;

  const ServeConfig& config_;
  const Partition& partition_;
  Machine& machine_;
  Links& links_;
  ServerObserver& observer_;
  std::deque<Scheduler> schedulers_;  ///< of each group
  std::deque<PassTimes> stages_;      ///< which cannot be moved
  std::vector<double> free_at_;       ///< of each stage
  std::deque<Flight> flights_;
  double now_ = 0;
  std::uint64_t launched_ = 0;
  std::uint64_t arrived_ = 0;
};

}  // namespace anda::sim

#endif
