// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_LINKS_H
#define ANDA_SIM_SERVING_LINKS_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "config/serve_config.h"
#include "system/op_record.h"

namespace anda::sim {

/// The cost of a pass or of a part of it.
struct PassCost {
  double seconds = 0;
  Counts counts;                 ///< of one accelerator of a tensor group
  std::uint64_t link_bytes = 0;  ///< sum over all links
  double link_busy_s = 0;        ///< time during which a link is busy, averaged over the links

  PassCost& operator+=(const PassCost& other) {
    seconds += other.seconds;
    if (!other.counts.empty()) add_to(counts, other.counts);
    link_bytes += other.link_bytes;
    link_busy_s += other.link_busy_s;
    return *this;
  }
};

/// The traffic among the accelerators of a group and between neighbouring stages. Each message size is simulated once,
/// packet by packet between the accelerators' memories. All systems share the results.
class Links {
 public:
  /// `name`: prefix of its modules' names.
  explicit Links(const ServeConfig& config, const std::string& name = "links");
  ~Links();

  /// Accelerators in a group; a group of one sends nothing internally.
  std::uint32_t nodes() const { return nodes_; }

  /// Every accelerator starts with `bytes` of FP16 values and ends with the sums. Excludes the time of the additions.
  const PassCost& all_reduce(std::uint64_t bytes);
  /// Every accelerator contributes `bytes` and ends with the data of all.
  const PassCost& all_gather(std::uint64_t bytes);
  /// Every group that shares experts sends `bytes` to each other group.
  const PassCost& all_to_all(std::uint64_t bytes);
  /// Every accelerator sends `bytes` to its peer in the next stage over a dedicated link.
  const PassCost& hand_over(std::uint64_t bytes);

 private:
  class Wires;
  enum class Kind { reduce, gather, exchange, hand_over };

  Topology topology_;
  std::uint32_t nodes_;
  std::unique_ptr<Wires> group_;    ///< null for a single node
  std::unique_ptr<Wires> experts_;  ///< connects one accelerator of each group; null for a single group
  std::unique_ptr<Wires> pair_;     ///< null without a pipeline
  std::map<std::pair<Kind, std::uint64_t>, PassCost> known_;
};

}  // namespace anda::sim

#endif
