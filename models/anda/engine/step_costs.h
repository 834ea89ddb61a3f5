// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_STEP_COSTS_H
#define ANDA_ENGINE_STEP_COSTS_H

#include <array>
#include <cstdint>

#include <anda/buffer/activation_buffer.h>
#include <anda/buffer/weight_buffer.h>
#include <anda/compressor/bit_plane_compressor.h>
#include <anda/compressor/lane_queue.h>
#include <anda/dataflow/schedule.h>
#include <anda/mxu/mxu.h>
#include <anda/vector_unit/vector_unit.h>

namespace anda {

/// The blocks that a step keeps busy.
struct Datapath {
  Mxu& mxu;
  ActivationBuffer& activation_buffer;
  WeightBuffer& weight_buffer;
  VectorUnit& vector_unit;
  BitPlaneCompressor& compressor;
};

/// How the results of a GeMM go through the compressor, behind the vector unit.
LaneQueue::Rates lane_rates(const GemmTask& task, const Datapath& path);

/// One pass of the array over an output tile, as wide as the array or ragged. While a group is computed, the ports
/// bring the weights of the next one and the activations of its next plane.
struct TileCost {
  std::uint64_t groups = 0;
  std::uint64_t group_cycles = 0;             ///< for each group, as long as the ports need or the array
  std::uint64_t busy_cycles = 0;              ///< for all groups, of the array alone
  std::uint64_t weight_cycles = 0;            ///< of the port, for a group's weights
  std::uint64_t first_weight_cycles = 0;      ///< of the port, until the first group may start
  std::uint64_t first_activation_cycles = 0;  ///< the same
  std::uint64_t inner_cycles = 0;             ///< from the start of the first group to that of the last
  std::uint64_t last_cycles = 0;              ///< of the last group
  bool weights_slower = false;                ///< than activations, of the two ports
  std::uint64_t drain_cycles = 0;             ///< of the vector unit, until it has taken the results in
  std::uint64_t out_cycles = 0;               ///< the same, or longer where the compressor is slower
  LaneQueue::Block compressed;                ///< groups that the results complete, if they are the last of their rows

  /// From the start of the first group to the end of the last.
  std::uint64_t cycles() const { return inner_cycles + last_cycles; }
  bool compressor_slower() const { return out_cycles > drain_cycles; }
};

/// What one step costs on chip once its operands are there.
struct StepCost {
  std::uint64_t row_tiles = 0;  ///< output tiles of the array, one row of them after another
  std::uint64_t column_tiles = 0;
  TileCost tiles[2][2];  ///< [last row of tiles][last column of tiles]

  Mxu::Work work;  ///< of all tiles

  std::uint64_t values = 0;             ///< results through the vector unit
  std::uint64_t groups_compressed = 0;  ///< of them through the compressor, in groups
  std::uint64_t weight_words_read = 0;
  std::uint64_t weight_words_loaded = 0;       ///< when the weight tile is loaded
  ActivationBuffer::Words activations_read;    ///< by the array
  ActivationBuffer::Words activations_loaded;  ///< when the activation tile is loaded
  ActivationBuffer::Words results;             ///< written by the vector unit or compressor, read by the DMA
  ActivationBuffer::Words partial_sums;        ///< one pass of the tile's partial sums
};

/// The costs of a schedule's steps. Only ragged edges differ, so there are at most eight kinds.
class StepCosts {
 public:
  StepCosts(const GemmTask& task, const Schedule& schedule, const Datapath& datapath);

  const StepCost& of(const Schedule::Step& step) const { return costs_[index(step.last_m, step.last_n, step.last_k)]; }

  /// Whether ports and accumulators keep up with the array from tile to tile, so that a tile, other than the very first
  /// one, waits only for operands that are not in the buffers yet: first words come during the last group of the tile
  /// before, and a tile's results leave while the next one is computed.
  bool flow() const { return flow_; }

 private:
  static std::size_t index(bool last_m, bool last_n, bool last_k) {
    return (last_m ? 4u : 0u) + (last_n ? 2u : 0u) + (last_k ? 1u : 0u);
  }

  std::array<StepCost, 8> costs_;
  bool flow_ = false;
};

}  // namespace anda

#endif
