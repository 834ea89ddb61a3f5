// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/compressor_lanes.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

void CompressorLanes::begin(const StepPlan& plan) {
  format_ = plan.task().output;
  groups_of_row_ = plan.compresses() ? ceil_div(plan.block_columns(), format_.group_size) : 0;
  registers_ = plan.geometry().rows * groups_of_row_;
  filled_.assign(2 * registers_, 0);
  waits_.assign(2 * registers_, false);
  complete_.clear();
  std::fill(lanes_.begin(), lanes_.end(), Lane());
  lanes_busy_ = 0;
}

void CompressorLanes::tick() {
  if (!busy()) return;
  for (Lane& lane : lanes_) {
    if (!lane.busy) {
      if (complete_.empty()) continue;
      const Group& group = complete_.front();
      lane = {true, 0, group.block, group.group};
      waits_[group.index] = false;
      filled_[group.index] = 0;
      complete_.pop_front();
      ++lanes_busy_;
      ++groups_;
    }
    packager_->plane(lane.block, lane.group, lane.plane);
    if (++lane.plane > format_.mantissa_bits) {
      lane.busy = false;
      lane.plane = 0;
      --lanes_busy_;
    }
  }
}

std::uint64_t CompressorLanes::accept(const ArrayTile& tile, std::uint64_t first, std::uint64_t count) {
  if (!tile.compress) {
    put_values(*packager_, tile, first, count, format_);
    return count;
  }
  const std::uint64_t set = tile.block % 2 * registers_;
  std::uint64_t room = std::min<std::uint64_t>(count, config_.values_per_cycle);
  std::uint64_t taken = 0;
  while (room > 0) {
    const std::uint64_t row = (first + taken) / tile.columns;
    const std::uint64_t column = (first + taken) % tile.columns;
    const std::uint64_t of_block = tile.column_of_block + column;
    const std::uint64_t group = of_block / format_.group_size;
    const std::uint64_t index = set + row * groups_of_row_ + group;
    if (waits_[index]) break;  // its group of two blocks ago still waits for a lane
    const std::uint64_t to_end = std::min((group + 1) * format_.group_size - of_block, tile.columns - column);
    const std::uint64_t now = std::min(room, to_end);
    filled_[index] += now;
    taken += now;
    room -= now;
    const bool row_ends = tile.last_of_row && column + now == tile.columns;
    if (filled_[index] == format_.group_size || row_ends) {
      waits_[index] = true;
      complete_.push_back({tile.block, group, index});
    }
  }
  // Open the block when its first value is taken, not each time it is offered.
  if (first == 0 && taken > 0 && tile.column_of_block == 0) packager_->open(tile, format_);
  return taken;
}

}  // namespace anda
