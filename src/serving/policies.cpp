// SPDX-License-Identifier: Apache-2.0
#include "serving/policies.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace anda::sim {
namespace {

class FirstCome : public OrderPolicy {
 public:
  bool precedes(const Sequence& a, const Sequence& b) const override { return a.request.number < b.request.number; }
};

class ShortestPrompt : public OrderPolicy {
 public:
  bool precedes(const Sequence& a, const Sequence& b) const override {
    return std::tie(a.request.prompt, a.request.number) < std::tie(b.request.prompt, b.request.number);
  }
};

class Priority : public OrderPolicy {
 public:
  bool precedes(const Sequence& a, const Sequence& b) const override {
    return std::tie(a.request.priority, a.request.number) < std::tie(b.request.priority, b.request.number);
  }
};

class AdmitPrompt : public AdmissionPolicy {
 public:
  explicit AdmitPrompt(double watermark) : watermark_(watermark) {}
  std::uint64_t reserved_tokens(const Sequence& sequence) const override {
    return sequence.request.prompt + sequence.generated;
  }
  std::uint64_t spare_blocks(std::uint64_t total) const override {
    return static_cast<std::uint64_t>(std::ceil(watermark_ * static_cast<double>(total)));
  }

 private:
  double watermark_;
};

class AdmitWhole : public AdmissionPolicy {
 public:
  std::uint64_t reserved_tokens(const Sequence& sequence) const override {
    return sequence.request.prompt + sequence.request.output - 1;
  }
  std::uint64_t spare_blocks(std::uint64_t) const override { return 0; }
};

class Recompute : public PreemptionPolicy {
 public:
  std::uint64_t give_way(Sequence& sequence) const override {
    sequence.cached = 0;
    return 0;
  }
};

class Swap : public PreemptionPolicy {
 public:
  std::uint64_t give_way(Sequence& sequence) const override {
    sequence.is_swapped = sequence.cached > 0;
    return sequence.cached;
  }
};

}  // namespace

std::unique_ptr<OrderPolicy> make_order(const SchedulerConfig& config) {
  switch (config.order) {
    case Order::shortest_prompt:
      return std::make_unique<ShortestPrompt>();
    case Order::priority:
      return std::make_unique<Priority>();
    case Order::first_come:
      break;
  }
  return std::make_unique<FirstCome>();
}

std::unique_ptr<AdmissionPolicy> make_admission(const SchedulerConfig& config, const CacheBlocksConfig& cache) {
  if (config.admission == Admission::whole_sequence) return std::make_unique<AdmitWhole>();
  return std::make_unique<AdmitPrompt>(cache.watermark);
}

std::unique_ptr<PreemptionPolicy> make_preemption(const SchedulerConfig& config) {
  if (config.preemption == Preemption::swap) return std::make_unique<Swap>();
  return std::make_unique<Recompute>();
}

}  // namespace anda::sim
