// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_COMMUNICATION_H
#define ANDA_SIM_SERVING_COMMUNICATION_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "config/serve_config.h"
#include "serving/machine.h"

namespace anda::sim {

/// What a pass, or a part of it, takes.
struct PassCost {
  double seconds = 0;
  Counts counts;                  ///< of each accelerator of a tensor group
  std::uint64_t link_bytes = 0;   ///< over all links together
  double link_busy_s = 0;         ///< time in which links carry something

  PassCost& operator+=(const PassCost& other) {
    seconds += other.seconds;
    if (!other.counts.empty()) add_to(counts, other.counts);
    link_bytes += other.link_bytes;
    link_busy_s += other.link_busy_s;
    return *this;
  }
};

/// What the accelerators of a tensor group send each other, simulated packet by packet between their memories. Additions
/// are run by the machine's vector unit.
class Communication {
 public:
  /// `nodes`: accelerators of the group, at least 1; with one nothing is sent.
  Communication(const std::string& name, const ServeConfig& config, std::uint32_t nodes, Machine& machine);
  ~Communication();

  std::uint32_t nodes() const { return nodes_; }

  /// Each accelerator has rows × columns partial sums in FP16; in the end all have their totals.
  const PassCost& all_reduce(std::uint64_t rows, std::uint64_t columns);
  /// Each has so many bytes; in the end all have those of all.
  const PassCost& all_gather(std::uint64_t bytes);
  /// Each sends so many bytes to its peer of the next stage, over a link of its own.
  const PassCost& hand_over(std::uint64_t bytes);

 private:
  class Wires;
  enum class Kind { reduce, gather, hand_over };

  Topology topology_;
  std::uint32_t nodes_;
  Machine& machine_;
  std::unique_ptr<Wires> group_;  ///< of the tensor group; none for one node
  std::unique_ptr<Wires> pair_;   ///< two accelerators of neighbouring stages; none without a pipeline
  std::map<std::tuple<Kind, std::uint64_t, std::uint64_t>, PassCost> known_;
};

}  // namespace anda::sim

#endif
