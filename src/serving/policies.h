// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_POLICIES_H
#define ANDA_SIM_SERVING_POLICIES_H

#include <cstdint>
#include <memory>

#include "config/serving_config.h"
#include "serving/sequence.h"

namespace anda::sim {

// The slots of the scheduler. To add a policy: a class here, a word in config/serving_config.h, a line in make_….

/// Who is served first. A strict total order that does not change while a request is served.
class OrderPolicy {
 public:
  virtual ~OrderPolicy() = default;
  virtual bool precedes(const Sequence& a, const Sequence& b) const = 0;
};

/// Whether a sequence is let in.
class AdmissionPolicy {
 public:
  virtual ~AdmissionPolicy() = default;
  /// Tokens whose blocks it gets at once, at least those that are known.
  virtual std::uint64_t reserved_tokens(const Sequence& sequence) const = 0;
  /// Blocks that must stay free beside running sequences.
  virtual std::uint64_t spare_blocks(std::uint64_t total) const = 0;
};

/// What becomes of the cache of a sequence that gives way.
class PreemptionPolicy {
 public:
  virtual ~PreemptionPolicy() = default;
  /// Updates the sequence, whose blocks are gone. Returns tokens whose keys and values are moved to the host.
  virtual std::uint64_t give_way(Sequence& sequence) const = 0;
};

std::unique_ptr<OrderPolicy> make_order(const SchedulerConfig& config);
std::unique_ptr<AdmissionPolicy> make_admission(const SchedulerConfig& config, const CacheBlocksConfig& cache);
std::unique_ptr<PreemptionPolicy> make_preemption(const SchedulerConfig& config);

}  // namespace anda::sim

#endif
