// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_OPERAND_LAYOUT_H
#define ANDA_CONTROLLER_OPERAND_LAYOUT_H

#include <cstdint>

#include <anda/controller/schedule.h>

namespace anda {

/// Where the tiles of one operand lie in external memory. The operand is packed in panels (16 rows of activations or
/// results, 16 columns of weights) one after another, each running along its whole length (k, or n of results), so a
/// tile is one run of bytes if it spans the length, and one run a panel otherwise.
class OperandLayout {
 public:
  /// `bytes(width, length)` gives the size of a part of a panel.
  template <class Bytes>
  OperandLayout(std::uint64_t base, const TiledAxis& across, std::uint32_t panel, const TiledAxis& along, Bytes bytes)
      : base_(base), panels_per_tile_(across.tile / panel), panel_bytes_(bytes(panel, along.size)) {
    const std::uint64_t panels = ceil_div(across.size, panel);
    const std::uint64_t ragged = across.size - (panels - 1) * panel;
    total_bytes_ = (panels - 1) * panel_bytes_ + bytes(ragged, along.size);
    whole_ = along.count == 1;
    chunk_bytes_[0] = whole_ ? panel_bytes_ : bytes(panel, along.tile);
    chunk_bytes_[1] = whole_ ? panel_bytes_ : bytes(ragged, along.tile);
    for (const bool last : {false, true}) {
      run_bytes_[last][0] = bytes(panel, along.extent(last));
      run_bytes_[last][1] = bytes(ragged, along.extent(last));
    }
    last_panels_ = panels - (across.count - 1) * panels_per_tile_;
  }

  std::uint64_t total_bytes() const { return total_bytes_; }

  /// Calls fn(address, bytes) for each run of a tile.
  template <class Fn>
  void for_runs(std::uint32_t across, bool last_across, std::uint32_t along, bool last_along, Fn fn) const {
    const std::uint64_t panels = last_across ? last_panels_ : panels_per_tile_;
    const std::uint64_t full = run_bytes_[last_along][0];
    const std::uint64_t last = last_across ? run_bytes_[last_along][1] : full;
    std::uint64_t address = base_ + across * panels_per_tile_ * panel_bytes_;
    if (whole_) {
      fn(address, (panels - 1) * full + last);
      return;
    }
    for (std::uint64_t panel = 0; panel < panels; ++panel) {
      const bool ragged = last_across && panel + 1 == panels;
      fn(address + along * chunk_bytes_[ragged], ragged ? last : full);
      address += panel_bytes_;
    }
  }

 private:
  std::uint64_t base_;
  std::uint64_t panels_per_tile_;
  std::uint64_t panel_bytes_;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t chunk_bytes_[2] = {};  // of a part that is not the last: [ragged panel]
  std::uint64_t last_panels_ = 0;
  std::uint64_t run_bytes_[2][2] = {};  // [last along][ragged panel]
  bool whole_ = true;
};

}  // namespace anda

#endif
