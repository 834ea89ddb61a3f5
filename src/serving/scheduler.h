// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_SCHEDULER_H
#define ANDA_SIM_SERVING_SCHEDULER_H

#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <vector>

#include "config/serving_config.h"
#include "serving/block_pool.h"
#include "serving/policies.h"
#include "serving/sequence.h"

namespace anda::sim {

/// The part of an iteration that belongs to one sequence.
struct Share {
  Sequence* sequence = nullptr;
  std::uint64_t start = 0;   ///< tokens already in the cache
  std::uint64_t tokens = 0;  ///< tokens computed in this iteration
  bool emits = false;        ///< whether it produces an output token
};

/// The shares of sequences that run together.
struct Iteration {
  std::vector<Share> shares;
  std::uint64_t prompts = 0;         ///< shares of sequences still in prefill
  std::uint64_t swapped_tokens = 0;  ///< cached tokens swapped out to or in from the host before the iteration starts
  std::uint64_t preempted = 0;       ///< sequences preempted
};

/// Forms iterations by continuous batching. Running sequences get their next tokens first, decoding ones before those
/// in prefill; then waiting sequences are admitted while there is room. The scheduler does not model time.
class Scheduler {
 public:
  /// `blocks`: number of cache blocks.
  Scheduler(const ServingConfig& config, std::uint64_t blocks);

  /// Adds an arriving request to the waiting sequences.
  void arrive(const Request& request);

  /// Forms the next iteration from sequences that are not in flight; it has no shares if nothing can run.
  Iteration form(double now);
  /// Completes an iteration at time `now` and credits its tokens. Returns the sequences that are done and drops them.
  std::vector<std::unique_ptr<Sequence>> finish(const Iteration& iteration, double now);

  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  const BlockPool& blocks() const { return blocks_; }

 private:
  struct Before {
    const OrderPolicy* order;
    bool operator()(const std::unique_ptr<Sequence>& a, const std::unique_ptr<Sequence>& b) const {
      return order->precedes(*a, *b);
    }
  };
  using Sequences = std::set<std::unique_ptr<Sequence>, Before>;

  void continue_running(Iteration& iteration, bool answering);
  void admit(Iteration& iteration, double now);
  bool admit_next(Iteration& iteration, double now);
  std::uint64_t tokens_for(const Sequence& sequence, const Iteration& iteration) const;
  bool make_room(Sequence& sequence, std::uint64_t tokens, Iteration& iteration);
  Sequence* last_idle() const;
  void preempt(Sequence& sequence, Iteration& iteration);
  void schedule(Sequence& sequence, std::uint64_t tokens, Iteration& iteration);
  void share_prefixes(Sequence& sequence);
  void release(Sequence& sequence);
  std::uint64_t blocks_for(std::uint64_t tokens) const;
  static Sequences::iterator place_of(const Sequence& sequence, Sequences& in);
  void move(Sequence& sequence, Sequences& from, Sequences& to);

  SchedulerConfig config_;
  CacheBlocksConfig cache_;
  std::unique_ptr<OrderPolicy> order_;
  std::unique_ptr<AdmissionPolicy> admission_;
  std::unique_ptr<PreemptionPolicy> preemption_;
  BlockPool blocks_;
  Sequences waiting_;
  Sequences running_;
  std::uint64_t budget_ = 0;  ///< tokens that the current iteration may still take
  Iteration unrun_;           ///< preemptions of formed iterations in which nothing could run
};

}  // namespace anda::sim

#endif
