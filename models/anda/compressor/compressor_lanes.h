// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_COMPRESSOR_LANES_H
#define ANDA_COMPRESSOR_COMPRESSOR_LANES_H

#include <cstdint>
#include <deque>
#include <vector>

#include <anda/buffer/result_writer.h>
#include <anda/compressor/bit_plane_compressor.h>
#include <anda/dataflow/step_plan.h>

namespace anda {

/// Level cycle: the stages of the compressor. The field extractor takes values_per_cycle results a clock into the group
/// registers of their rows, of which there are two sets, one for each of two result blocks; the maximum-exponent
/// catcher follows them, so that the shared exponent is there with the last value. Lanes then take complete groups in
/// their order, and each one's serial aligner puts out a plane a clock, the sign plane first, to the packager.
class CompressorLanes {
 public:
  struct Lane {
    bool busy = false;
    std::uint32_t plane = 0;
    std::uint64_t block = 0;
    std::uint64_t group = 0;
  };

  CompressorLanes(BitPlaneCompressor& compressor, ResultWriter& packager)
      : compressor_(compressor), packager_(packager), lanes_(compressor.config().lanes) {}

  /// `rows`: of the array; `columns`: of a result block.
  void begin(const ActivationFormat& format, std::uint64_t rows, std::uint64_t columns);

  /// One clock of the lanes.
  void tick();

  /// Takes in results of a tile from number `first` on, row by row, `count` at most; returns how many. Once a clock.
  std::uint64_t accept(const ArrayTile& tile, std::uint64_t first, std::uint64_t count, bool last_columns);

  bool busy() const { return lanes_busy_ > 0 || !complete_.empty(); }
  const std::vector<Lane>& lanes() const { return lanes_; }

 private:
  struct Group {
    std::uint64_t block = 0;
    std::uint64_t group = 0;
    std::uint64_t index = 0;  ///< of its register
  };

  BitPlaneCompressor& compressor_;
  ResultWriter& packager_;
  ActivationFormat format_;
  std::vector<Lane> lanes_;
  std::uint64_t groups_of_row_ = 0;
  std::uint64_t registers_ = 0;        ///< of a set
  std::vector<std::uint64_t> filled_;  ///< values in each register, [set][row][group]
  std::vector<bool> waits_;            ///< for a lane, complete
  std::deque<Group> complete_;
  std::uint64_t lanes_busy_ = 0;
};

}  // namespace anda

#endif
