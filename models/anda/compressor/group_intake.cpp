// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/group_intake.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

void GroupIntake::begin(const Rates& rates) {
  rates_ = rates;
  forget();
}

void GroupIntake::forget() {
  lanes_.begin(rates_.lanes, rates_.planes);
  for (Set& set : sets_) {
    set.all_taken = 0;
    for (std::vector<std::uint64_t>& rows : set.taken) std::fill(rows.begin(), rows.end(), 0);
  }
}

GroupIntake::Taken GroupIntake::take(const ArrayTile& tile, std::uint64_t from, std::vector<HoldUp>* hold_ups) {
  Taken taken;
  taken.alone = true;
  if (rates_.values_per_beat <= rates_.values_per_cycle && from >= sets_[tile.block % 2].all_taken) {
    take_unhindered(tile, from, taken);
  } else {
    take_beats(tile, from, hold_ups, taken);
  }
  return taken;
}

/// Earlier state does not affect groups that find all lanes free, so it is cleared first.
GroupIntake::Taken GroupIntake::take_alone(const ArrayTile& tile, std::uint64_t from) {
  Taken taken;
  taken.alone = true;
  if (complete_to(tile) > tile.column_of_block / rates_.group_size) forget();
  take_unhindered(tile, from, taken);
  return taken;
}

/// The first group of a row that is incomplete after a tile.
std::uint64_t GroupIntake::complete_to(const ArrayTile& tile) const {
  const std::uint64_t end = tile.column_of_block + tile.columns;
  return tile.last_of_block ? ceil_div(end, rates_.group_size) : end / rates_.group_size;
}

/// All registers of the block are free: a beat enters in every cycle.
void GroupIntake::take_unhindered(const ArrayTile& tile, std::uint64_t from, Taken& so_far) {
  const std::uint64_t beat = rates_.values_per_beat;
  so_far.done = from + ceil_div(tile.values(), beat);
  const std::uint64_t size = rates_.group_size;
  const std::uint64_t first = tile.column_of_block / size;
  const std::uint64_t end = tile.column_of_block + tile.columns;
  const std::uint64_t last = complete_to(tile);
  if (first == last) return;
  for (std::uint64_t row = 0; row < tile.rows; ++row) {
    for (std::uint64_t group = first; group < last; ++group) {
      const std::uint64_t to_end = std::min((group + 1) * size, end) - tile.column_of_block;
      complete(tile, row, group, from + ceil_div(row * tile.columns + to_end, beat), so_far);
    }
  }
}

void GroupIntake::take_beats(const ArrayTile& tile, std::uint64_t from, std::vector<HoldUp>* hold_ups, Taken& so_far) {
  Place place;
  std::uint64_t cycle = from;
  std::uint64_t left = tile.values();
  for (std::uint64_t beat = 0; left > 0; ++beat) {
    const std::uint64_t offered = cycle;
    for (std::uint64_t of_beat = std::min(left, rates_.values_per_beat); of_beat > 0;) {
      std::uint64_t waits_until = 0;
      const std::uint64_t now =
          take_some(tile, cycle, std::min(of_beat, rates_.values_per_cycle), place, so_far, waits_until);
      of_beat -= now;
      left -= now;
      cycle = std::max(cycle + 1, waits_until);
    }
    const std::uint64_t held = cycle - offered - 1;
    if (held == 0) continue;
    so_far.alone = false;
    if (hold_ups != nullptr) hold_ups->push_back({beat, held});
  }
  so_far.done = cycle;
}

/// Takes the values of one cycle. `waits_until`: cycle from which the next value's register is free, if it is not free
/// now.
std::uint64_t GroupIntake::take_some(const ArrayTile& tile, std::uint64_t cycle, std::uint64_t room, Place& place,
                                     Taken& so_far, std::uint64_t& waits_until) {
  Set& set = sets_[tile.block % 2];
  std::uint64_t taken = 0;
  while (taken < room) {
    const std::uint64_t of_block = tile.column_of_block + place.column;
    const std::uint64_t group = of_block / rates_.group_size;
    const std::uint64_t free_from = register_of(set, place.row, group);
    if (free_from > cycle) {
      waits_until = free_from;
      break;
    }
    const std::uint64_t to_end = std::min((group + 1) * rates_.group_size - of_block, tile.columns - place.column);
    const std::uint64_t now = std::min(room - taken, to_end);
    taken += now;
    place.column += now;
    const bool row_ends = place.column == tile.columns;
    if (tile.column_of_block + place.column == (group + 1) * rates_.group_size || (row_ends && tile.last_of_block)) {
      complete(tile, place.row, group, cycle + 1, so_far);
    }
    if (row_ends) place = {place.row + 1, 0};
  }
  return taken;
}

/// Completes a group: a lane takes it, in its turn, in this cycle or later.
void GroupIntake::complete(const ArrayTile& tile, std::uint64_t row, std::uint64_t group, std::uint64_t cycle,
                           Taken& so_far) {
  if (so_far.groups++ == 0) so_far.alone = so_far.alone && lanes_.end() <= cycle;
  Set& set = sets_[tile.block % 2];
  set.all_taken = register_of(set, row, group) = lanes_.take(cycle);
}

std::uint64_t& GroupIntake::register_of(Set& set, std::uint64_t row, std::uint64_t group) {
  if (set.taken.size() <= group) set.taken.resize(group + 1);
  std::vector<std::uint64_t>& rows = set.taken[group];
  if (rows.size() <= row) rows.resize(row + 1, 0);
  return rows[row];
}

}  // namespace anda
