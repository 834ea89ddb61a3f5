// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_POLICIES_H
#define ANDA_SIM_SERVING_POLICIES_H

#include <cstdint>
#include <memory>

#include "config/serving_config.h"
#include "serving/sequence.h"

namespace anda::sim {

// The scheduler's policy slots. To add a policy: a class here, a word in config/serving_config.h, a line in make_….

/// The order in which sequences are served: a strict total order that does not change while a request is served.
class OrderPolicy {
 public:
  virtual ~OrderPolicy() = default;
  virtual bool precedes(const Sequence& a, const Sequence& b) const = 0;
};

/// Decides whether a sequence is admitted.
class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  /// Tokens for which blocks are reserved at admission; at least those already known.
  virtual std::uint64_t reserved_tokens(const Sequence& sequence) const = 0;
  /// Blocks that must stay free while other sequences run.
  virtual std::uint64_t spare_blocks(std::uint64_t total) const = 0;
};

/// Decides what happens to the cache of a preempted sequence.
class PreemptionPolicy {
 public:
  virtual ~PreemptionPolicy() = default;
  /// Updates a sequence that has lost its blocks. Returns the number of tokens whose keys and values move to the host.
  virtual std::uint64_t give_way(Sequence& sequence) const = 0;
};

std::unique_ptr<OrderPolicy> make_order(const SchedulerConfig& config);
std::unique_ptr<AdmissionPolicy> make_admission(const SchedulerConfig& config, const CacheBlocksConfig& cache);
std::unique_ptr<PreemptionPolicy> make_preemption(const SchedulerConfig& config);

}  // namespace anda::sim

#endif
