// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_LANE_QUEUE_H
#define ANDA_COMPRESSOR_LANE_QUEUE_H

#include <cstdint>
#include <vector>

namespace anda {

/// Level fast: when the lanes of the compressor are done with one block of results after another. Lanes take complete
/// groups in their order, each is busy with its group for a cycle a plane, and the groups of a block wait for lanes
/// that those of the blocks before still use.
class LaneQueue {
 public:
  /// Results that come in row after row and complete a block of groups.
  struct Block {
    std::uint64_t from = 0;  ///< cycle from which on they come
    std::uint64_t values = 0;
    std::uint64_t groups = 0;  ///< at least 1, of equally many values
  };

  /// `planes` of each group, the sign plane among them; `intake`: values in a cycle.
  void begin(std::uint32_t lanes, std::uint64_t planes, std::uint64_t intake);

  /// The cycle at which the last plane of a block is out. Blocks come in the order of time.
  std::uint64_t add(const Block& block);

 private:
  /// The cycle at which the first groups of a block are complete.
  std::uint64_t complete(const Block& block, std::uint64_t groups) const;
  std::uint64_t end_alone(const Block& block) const;
  void convert(const Block& block);

  std::uint64_t planes_ = 1;
  std::uint64_t intake_ = 1;
  std::uint64_t end_ = 0;                  // of the last plane so far
  Block last_;                             // all lanes were free for it
  bool one_by_one_ = false;                // they were not, and free_ holds what it left
  std::vector<std::uint64_t> free_ = {0};  // cycle from which each lane is free
  std::size_t next_ = 0;                   // lane of the next group: since all take equally long, they take turns
};

}  // namespace anda

#endif
