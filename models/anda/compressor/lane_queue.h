// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_LANE_QUEUE_H
#define ANDA_COMPRESSOR_LANE_QUEUE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace anda {

/// Level fast: when the lanes of the compressor are done with one block of results after another. Lanes take complete
/// groups in their order, each is busy with its group for a cycle a plane, and the groups of a block wait for lanes
/// that those of the blocks before still use.
class LaneQueue {
 public:
  struct Rates {
    std::uint64_t lanes = 1;
    std::uint64_t planes = 1;  ///< of a group, the sign plane among them
    std::uint64_t intake = 1;  ///< values in a cycle
  };

  /// Results that come in row after row and complete a block of groups, of equally many values each. Cycles are counted
  /// from the one from which on the results come.
  struct Block {
    std::uint64_t values = 0;
    std::uint64_t groups = 0;
    std::uint64_t first_cycles = 0;  ///< until its first group is complete
    std::uint64_t alone_cycles = 0;  ///< until its last plane is out, if it finds all lanes free

    Block() = default;
    Block(const Rates& rates, std::uint64_t values_, std::uint64_t groups_);

    /// Cycles until so many of its groups are complete.
    std::uint64_t complete(std::uint64_t of_groups, const Rates& rates) const;
  };

  void begin(const Rates& rates);

  /// The cycle at which the last plane of a block is out whose results come from a cycle on. Blocks come in the order
  /// of time.
  std::uint64_t add(std::uint64_t from, const Block& block) {
    if (from + block.first_cycles < end_) {
      queue(from, block);
    } else {
      add_alone(from, block);
    }
    return end_;
  }

  /// The same of a block that is known to find all lanes free.
  void add_alone(std::uint64_t from, const Block& block) {
    alone_ = true;
    last_ = block;
    last_from_ = from;
    end_ = from + block.alone_cycles;
  }

  /// Whether the last block found all lanes free, so that its like a period later does so too.
  bool alone() const { return alone_; }

 private:
  void queue(std::uint64_t from, const Block& block);
  void convert(std::uint64_t from, const Block& block);

  Rates rates_;
  std::uint64_t end_ = 0;  // of the last plane so far
  bool alone_ = false;     // the last block found all lanes free; if not, free_ holds what it left
  Block last_;
  std::uint64_t last_from_ = 0;
  std::vector<std::uint64_t> free_;  // cycle from which each lane is free
  std::size_t next_ = 0;             // lane of the next group: since all take equally long, they take turns
};

}  // namespace anda

#endif
