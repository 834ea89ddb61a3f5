// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_COMPRESSOR_LANES_H
#define ANDA_COMPRESSOR_COMPRESSOR_LANES_H

#include <cstdint>
#include <deque>
#include <vector>

#include <anda/buffer/result_port.h>
#include <anda/compressor/compressor_config.h>
#include <anda/dataflow/step_plan.h>

namespace anda {

/// Level cycle: the stages of the compressor. The field extractor takes values_per_cycle results per clock into the
/// group registers of their rows; there are two sets of registers, one for each of two result blocks. The
/// maximum-exponent catcher follows, so that the shared exponent is known with the last value. Lanes then take complete
/// groups in order; each lane's serial aligner sends one plane per clock to the packager, the sign plane first.
class CompressorLanes : public ResultSink {
 public:
  struct Lane {
    bool busy = false;
    std::uint32_t plane = 0;
    std::uint64_t block = 0;
    std::uint64_t group = 0;
  };

  /// `groups`: incremented by the groups that lanes take.
  CompressorLanes(const CompressorConfig& config, std::uint64_t& groups)
      : config_(config), groups_(groups), lanes_(config.lanes) {}

  /// Sets the destination of planes and values.
  void bind(ResultPort& packager) { packager_ = &packager; }

  void begin(const StepPlan& plan) override;
  void tick() override;
  /// Uncompressed results pass through.
  std::uint64_t accept(const ArrayTile& tile, std::uint64_t first, std::uint64_t count) override;
  bool busy() const override { return lanes_busy_ > 0 || !complete_.empty(); }

  const std::vector<Lane>& lanes() const { return lanes_; }

 private:
  struct Group {
    std::uint64_t block = 0;
    std::uint64_t group = 0;
    std::uint64_t index = 0;  ///< index of its register
  };

  const CompressorConfig& config_;
  std::uint64_t& groups_;
  ResultPort* packager_ = nullptr;
  ActivationFormat format_;
  std::vector<Lane> lanes_;
  std::uint64_t groups_of_row_ = 0;
  std::uint64_t registers_ = 0;        ///< registers per set
  std::vector<std::uint64_t> filled_;  ///< number of values in each register, [set][row][group]
  std::vector<bool> waits_;            ///< whether the register's complete group waits for a lane
  std::deque<Group> complete_;
  std::uint64_t lanes_busy_ = 0;
};

}  // namespace anda

#endif
