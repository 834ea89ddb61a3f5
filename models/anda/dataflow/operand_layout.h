// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_OPERAND_LAYOUT_H
#define ANDA_DATAFLOW_OPERAND_LAYOUT_H

#include <cstdint>

#include <anda/dataflow/schedule.h>

namespace anda {

/// Contiguous bytes in external memory.
struct MemoryRun {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};

/// Layout of one operand in external memory: consecutive panels as wide as the array (rows of activations and results,
/// columns of weights), each covering the operand's whole length (k, or n for results). The part of a panel that a tile
/// uses is contiguous.
class OperandLayout {
 public:
  /// `bytes(width, length)`: size of a part of a panel. `chunk`: length of the parts, of which the last may be shorter.
  template <class Bytes>
  OperandLayout(std::uint64_t base, std::uint64_t size, std::uint32_t panel, std::uint64_t length, std::uint64_t chunk,
                Bytes bytes)
      : base_(base),
        panels_(ceil_div(size, panel)),
        chunks_(ceil_div(length, chunk)),
        panel_bytes_(bytes(panel, length)) {
    const std::uint64_t ragged_width = size - (panels_ - 1) * panel;
    const std::uint64_t last_length = length - (chunks_ - 1) * chunk;
    sizes_[0][0] = bytes(panel, chunk);
    sizes_[0][1] = bytes(panel, last_length);
    sizes_[1][0] = bytes(ragged_width, chunk);
    sizes_[1][1] = bytes(ragged_width, last_length);
  }

  /// Bytes from the first address to the end of the operand.
  std::uint64_t total_bytes() const {
    return (panels_ - 1) * panel_bytes_ + (chunks_ - 1) * sizes_[1][0] + sizes_[1][1];
  }

  MemoryRun run(std::uint64_t panel, std::uint64_t chunk) const {
    const bool ragged = panel + 1 == panels_;
    const bool last = chunk + 1 == chunks_;
    return {base_ + panel * panel_bytes_ + chunk * sizes_[ragged][0], sizes_[ragged][last]};
  }

 private:
  std::uint64_t base_;
  std::uint64_t panels_;
  std::uint64_t chunks_;
  std::uint64_t panel_bytes_;
  std::uint64_t sizes_[2][2] = {};  // [ragged panel][last chunk]
};

}  // namespace anda

#endif
