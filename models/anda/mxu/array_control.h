// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ARRAY_CONTROL_H
#define ANDA_MXU_ARRAY_CONTROL_H

#include <cstdint>
#include <utility>
#include <vector>

#include <anda/mxu/accumulators.h>

namespace anda {

/// Level cycle: the counters that step the array through its tiles, one plane per clock (one sixteenth of a group in
/// FP-FP elements), and the pipeline from operand entry to the accumulators.
class ArrayControl {
 public:
  /// `planes`: clocks per group; `depth`: depth of the pipeline.
  void begin(std::uint32_t planes, std::uint32_t depth) {
    planes_ = planes;
    plane_ = 0;
    group_ = 0;
    tile_ = 0;
    pipeline_.assign(depth, Operation());
    head_ = 0;
    under_way_ = 0;
    ends_ = 0;
  }

  const std::uint64_t& tile() const { return tile_; }
  const std::uint64_t& group() const { return group_; }
  const std::uint32_t& plane() const { return plane_; }
  /// Planes of the current tile that have not yet entered.
  std::uint64_t planes_left(std::uint64_t groups) const { return (groups - group_) * planes_ - plane_; }
  bool empty() const { return under_way_ == 0; }
  /// Whether the pipeline holds neither the first nor the last operation of a tile: all operations belong to the
  /// current tile and do not depend on the accumulators.
  bool inside_tile() const { return ends_ == 0 && group_ > 0; }

  /// Whether the pipeline, inside a tile, is in the same state as at an earlier place in that tile.
  bool recurs(const ArrayControl& before) const {
    if (tile_ != before.tile_ || plane_ != before.plane_ || under_way_ != before.under_way_) return false;
    for (std::size_t i = 0, a = head_, b = before.head_; i < pipeline_.size(); ++i, a = next(a), b = next(b)) {
      if (pipeline_[a].valid != before.pipeline_[b].valid) return false;
    }
    return true;
  }
  /// Advances by groups that leave the pipeline unchanged.
  void skip(std::uint64_t groups) { group_ += groups; }

  /// The tile whose first operation has reached the accumulators; nullptr if there is none. `issue`: whether operands
  /// are ready to enter the pipeline.
  const std::uint64_t* arriving(bool issue) const {
    if (pipeline_.empty()) return issue && plane_ == 0 && group_ == 0 ? &tile_ : nullptr;
    return pipeline_[head_].first ? &pipeline_[head_].tile : nullptr;
  }

  /// One clock of the moving pipeline. `issue`: the operands of the current plane enter; `groups`, `values`: of the
  /// current tile. Returns whether that was the tile's last plane.
  bool tick(bool issue, std::uint64_t groups, std::uint64_t values, Accumulators& accumulators) {
    Operation operation = entering(issue, groups, values);
    const bool last = operation.last;
    if (issue) {
      ++under_way_;
      ends_ += (operation.first || operation.last) ? 1 : 0;
      if (++plane_ == planes_) {
        plane_ = 0;
        if (++group_ == groups) {
          group_ = 0;
          ++tile_;
        }
      }
    }
    if (!pipeline_.empty()) {
      std::swap(operation, pipeline_[head_]);
      head_ = next(head_);
    }
    if (operation.valid) --under_way_;
    if (operation.first || operation.last) --ends_;
    if (operation.last) accumulators.finish(operation.tile, operation.values);
    return last;
  }

 private:
  struct Operation {
    bool valid = false;
    bool first = false;  ///< first of its tile
    bool last = false;   ///< last of its tile
    std::uint64_t tile = 0;
    std::uint64_t values = 0;
  };

  std::size_t next(std::size_t place) const { return place + 1 == pipeline_.size() ? 0 : place + 1; }

  Operation entering(bool issue, std::uint64_t groups, std::uint64_t values) const {
    if (!issue) return {};
    return {true, plane_ == 0 && group_ == 0, plane_ + 1 == planes_ && group_ + 1 == groups, tile_, values};
  }

  std::uint32_t planes_ = 1;
  std::uint32_t plane_ = 0;
  std::uint64_t group_ = 0;
  std::uint64_t tile_ = 0;
  std::vector<Operation> pipeline_;
  std::size_t head_ = 0;
  std::uint64_t under_way_ = 0;
  std::uint64_t ends_ = 0;  // number of these that are the first or last of a tile
};

}  // namespace anda

#endif
