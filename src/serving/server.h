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

/// The state of a server over a span in which it does not change.
struct ServerState {
  double from_s = 0;
  double to_s = 0;
  std::size_t running = 0;   ///< sequences admitted and not preempted since
  std::size_t waiting = 0;   ///< sequences waiting for (re-)admission
  std::uint64_t blocks = 0;  ///< cache blocks in use
};

/// An iteration and its passage through all stages.
struct IterationRecord {
  const std::vector<Iteration>& groups;  ///< the iteration of each accelerator group
  double start_s = 0;
  double end_s = 0;
  PassCost cost;      ///< summed over one accelerator of each stage and group; `seconds`: of all stages
  ServerState state;  ///< at the start of the iteration
};

/// Observes a server's activity in chronological order.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;
  virtual void state(const ServerState& state) = 0;
  virtual void iteration(const IterationRecord& record) = 0;
  virtual void request(const Sequence& sequence) = 0;
};

/// One replica: a pipeline of stages, each processing one iteration at a time, and the scheduler that feeds it. An
/// iteration starts as soon as the first stage is free and something can run; a request that arrives at that instant
/// takes part. Accelerator groups that share experts each have a scheduler and a cache, receive requests round-robin
/// and start iterations together.
class Server {
 public:
  Server(const ServeConfig& config, const Partition& partition, Machine& machine, Links& links,
         ServerObserver& observer);

  /// Runs until `time_s`, starting no iteration at that instant. `look`: called periodically.
  void run_until(double time_s, const std::function<void()>& look);
  /// Adds a request that arrives at the time up to which the server has run.
  void arrive(const Request& request) { schedulers_[arrived_++ % schedulers_.size()].arrive(request); }
  /// Runs until all requests are complete.
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
  std::deque<Scheduler> schedulers_;  ///< one per group
  std::deque<PassTimes> stages_;      ///< a deque, because PassTimes cannot be moved
  std::vector<double> free_at_;       ///< per stage
  std::deque<Flight> flights_;
  double now_ = 0;
  std::uint64_t launched_ = 0;
  std::uint64_t arrived_ = 0;
};

}  // namespace anda::sim

#endif
