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

/// What a pass, or a part of it, takes.
struct PassCost {
  double seconds = 0;
  Counts counts;                 ///< of each accelerator of a tensor group
  std::uint64_t link_bytes = 0;  ///< over all links together
  double link_busy_s = 0;        ///< time in which links carry something

  PassCost& operator+=(const PassCost& other) {
    seconds += other.seconds;
    if (!other.counts.empty()) add_to(counts, other.counts);
    link_bytes += other.link_bytes;
    link_busy_s += other.link_busy_s;
    return *this;
  }
};

/// What the accelerators of a group, and of neighbouring stages, send each other: simulated packet by packet between
/// their memories, once for each size. The same for all systems.
class Links {
 public:
  /// `name`: of its modules.
  explicit Links(const ServeConfig& config, const std::string& name = "links");
  ~Links();

  /// Accelerators of a group; with one of them nothing is sent within it.
  std::uint32_t nodes() const { return nodes_; }

  /// Each has so many bytes of FP16 numbers; in the end all have their sums. Without the additions.
  const PassCost& all_reduce(std::uint64_t bytes);
  /// Each has so many bytes; in the end all have those of all.
  const PassCost& all_gather(std::uint64_t bytes);
  /// Each of the groups that share experts sends so many bytes to each other one.
  const PassCost& all_to_all(std::uint64_t bytes);
  /// Each sends so many bytes to its peer of the next stage, over a link of its own.
  const PassCost& hand_over(std::uint64_t bytes);

 private:
  class Wires;
  enum class Kind { reduce, gather, exchange, hand_over };

  Topology topology_;
  std::uint32_t nodes_;
  std::unique_ptr<Wires> group_;    ///< none for one node
  std::unique_ptr<Wires> experts_;  ///< an accelerator of each group; none for one group
  std::unique_ptr<Wires> pair_;     ///< none without a pipeline
  std::map<std::pair<Kind, std::uint64_t>, PassCost> known_;
};

}  // namespace anda::sim

#endif
