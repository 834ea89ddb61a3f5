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

/// A sequence's part of an iteration.
struct Share {
  Sequence* sequence = nullptr;
  std::uint64_t start = 0;   ///< tokens in the cache before
  std::uint64_t tokens = 0;  ///< that are computed
  bool emits = false;        ///< whether an output token comes out
};

/// What runs together.
struct Iteration {
  std::vector<Share> shares;
  std::uint64_t prompts = 0;         ///< shares of sequences that do not answer yet
  std::uint64_t swapped_tokens = 0;  ///< of caches that are moved to the host or back before it starts
  std::uint64_t preempted = 0;       ///< sequences that gave way
};

/// Forms iterations by continuous batching: running sequences get their next tokens first, those that answer before
/// those whose prompts are unfinished; then waiting ones are admitted while there is room. Knows no time.
class Scheduler {
 public:
  /// `blocks`: of the cache.
  Scheduler(const ServingConfig& config, std::uint64_t blocks);

  /// A request has arrived.
  void arrive(const Request& request);

  /// What runs next, without the sequences of iterations that are not finished; no share if nothing can.
  Iteration form(double now);
  /// An iteration is complete at this time: hands out tokens. Sequences that are done are returned, for the last time.
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
  std::uint64_t budget_ = 0;  ///< tokens that an iteration may still have
  Iteration unrun_;           ///< what gave way for iterations in which nothing could run
};

}  // namespace anda::sim

#endif
