// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_GROUP_INTAKE_H
#define ANDA_COMPRESSOR_GROUP_INTAKE_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/compressor/lane_queue.h>
#include <anda/dataflow/step_plan.h>
#include <anda/tlm/dataflow_extension.h>

namespace anda {

/// Level fast: when results enter the group registers of the compressor and when lanes take their groups. There are two
/// sets of registers, one for each of two result blocks. A value waits until a lane has taken the previous group from
/// its register, and all following values wait behind it.
class GroupIntake {
 public:
  struct Rates {
    std::uint32_t lanes = 1;
    std::uint32_t planes = 1;            ///< per group, including the sign plane
    std::uint32_t group_size = 1;        ///< values per group
    std::uint64_t values_per_beat = 1;   ///< offered together; the next beat comes when all are taken
    std::uint64_t values_per_cycle = 1;  ///< taken at most
  };

  /// Outcome for a tile.
  struct Taken {
    std::uint64_t done = 0;    ///< cycle from which all values are in registers
    std::uint64_t groups = 0;  ///< number of groups completed
    bool alone = false;        ///< no value waited, and the first of these groups found all lanes free
  };

  void begin(const Rates& rates);

  /// Offers the results of a tile from cycle `from` on, when all earlier results have been taken. Records the beats
  /// that were not taken at once.
  Taken take(const ArrayTile& tile, std::uint64_t from, std::vector<HoldUp>* hold_ups);

  /// The same for a tile that is known to find all registers and lanes free.
  Taken take_alone(const ArrayTile& tile, std::uint64_t from);

  /// The cycle at which the last plane of all groups so far is out.
  std::uint64_t end() const { return lanes_.end(); }

 private:
  /// Group registers of a result block.
  struct Set {
    std::vector<std::vector<std::uint64_t>> taken;  ///< [group][row] cycle in which a lane took the last group
    std::uint64_t all_taken = 0;                    ///< latest of these cycles
  };
  /// Position in the values of a tile, row by row.
  struct Place {
    std::uint64_t row = 0;
    std::uint64_t column = 0;
  };

  void forget();
  std::uint64_t complete_to(const ArrayTile& tile) const;
  void complete(const ArrayTile& tile, std::uint64_t row, std::uint64_t group, std::uint64_t cycle, Taken& so_far);
  void take_unhindered(const ArrayTile& tile, std::uint64_t from, Taken& so_far);
  void take_beats(const ArrayTile& tile, std::uint64_t from, std::vector<HoldUp>* hold_ups, Taken& so_far);
  std::uint64_t take_some(const ArrayTile& tile, std::uint64_t cycle, std::uint64_t room, Place& place, Taken& so_far,
                          std::uint64_t& waits_until);
  std::uint64_t& register_of(Set& set, std::uint64_t row, std::uint64_t group);

  Rates rates_;
  LaneQueue lanes_;
  Set sets_[2];
};

}  // namespace anda

#endif
