// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_BUFFER_CONTENTS_H
#define ANDA_BUFFER_BUFFER_CONTENTS_H

#include <array>
#include <cstdint>
#include <vector>

namespace anda {

/// The bytes in the two halves of a buffer, by panel, as the DMA brought them. Empty unless the simulation is
/// functional.
class BufferContents {
 public:
  using Bytes = std::vector<std::uint8_t>;

  /// Makes room for a panel of a half and returns it; what was there before stays where it is.
  Bytes& room(std::uint32_t half, std::size_t panel, std::uint64_t bytes) {
    std::vector<Bytes>& panels = halves_[half];
    if (panels.size() <= panel) panels.resize(panel + 1);
    panels[panel].resize(bytes);
    return panels[panel];
  }

  Bytes& at(std::uint32_t half, std::size_t panel) { return halves_[half].at(panel); }

 private:
  std::array<std::vector<Bytes>, 2> halves_;
};

}  // namespace anda

#endif
