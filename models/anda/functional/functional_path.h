// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_FUNCTIONAL_FUNCTIONAL_PATH_H
#define ANDA_FUNCTIONAL_FUNCTIONAL_PATH_H

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <anda/dataflow/operand_layout.h>
#include <anda/dataflow/schedule.h>
#include <anda/dataflow/tile_limits.h>
#include <anda/engine/step_costs.h>
#include <anda/functional/functional_options.h>
#include <anda/numeric/arithmetic.h>

namespace anda {

/// What the arithmetic of a GeMM lost.
struct DataLosses {
  OverflowCounts overflows;
  NonFiniteCounts misread;    ///< activations that the element had to replace, at every read
  NonFiniteCounts saturated;  ///< results that the compressor had to replace: it has no infinity and no NaN
  std::uint64_t first_saturated_row = 0;
  std::uint64_t first_saturated_column = 0;
  std::uint64_t zeroed = 0;  ///< results that were not 0 and that the compressor cut down to 0
};

/// The data of a GeMM's steps, beside an engine that says when they run. The engine lets the DMA read into the
/// rooms of this class, in the contents of the buffers; calls compute() once the operands of a step are there; and
/// writes result() of each block. What is computed depends on nothing but these bytes.
///
/// `half` is the half of a buffer in which a step's operands lie; `slot`, 0 or 1 in turns, tells the steps apart whose
/// partial sums are on chip together. Panels and blocks count from the first of the step.
class FunctionalPath {
 public:
  FunctionalPath(const Datapath& datapath, const FunctionalOptions& options);

  bool enabled() const { return enabled_; }

  /// Starts a GeMM.
  void begin(const GemmTask& task, const TileShape& shape, const TileLimits& limits);

  std::uint8_t* activation_room(const Schedule::Step& step, std::uint32_t half, std::uint64_t panel);
  std::uint8_t* weight_room(const Schedule::Step& step, std::uint32_t half, std::uint64_t panel);
  std::uint8_t* partial_sum_room(const Schedule::Step& step, std::uint32_t slot, std::uint64_t panel,
                                 std::uint64_t index);

  /// The step's output tiles, and its results in the activation buffer if it stores any.
  void compute(const Schedule::Step& step, std::uint32_t activation_half, std::uint32_t weight_half,
               std::uint32_t slot);

  /// Bytes of a block of results after compute().
  std::uint8_t* result(std::uint32_t slot, std::uint64_t panel, std::uint64_t index);

  /// Of the GeMM since begin().
  const DataLosses& losses() const { return losses_; }

 private:
  /// Part of an axis: where it starts and how long it is.
  struct Part {
    std::uint64_t first = 0;
    std::uint64_t size = 0;
  };
  static Part part(std::uint64_t size, std::uint64_t tile, std::uint64_t index) {
    const std::uint64_t first = tile * index;
    return {first, first < size ? std::min(tile, size - first) : 0};
  }

  Part rows(const Schedule::Step& step, std::uint64_t panel) const;
  Part columns(const Schedule::Step& step, std::uint64_t panel) const;
  Part block(const Schedule::Step& step, std::uint64_t index) const;
  std::size_t result_index(std::uint64_t panel, std::uint64_t block) const { return panel * blocks_n_ + block; }
  float* sums(std::uint64_t row_panel, std::uint64_t column_panel);
  /// Calls each(sum, row, column of the block) for a block of results of a row panel.
  template <class Each>
  void over_block(const Schedule::Step& step, std::uint64_t panel, std::uint64_t index, Each each);
  void take_partial_sums(const Schedule::Step& step, std::uint32_t slot);
  void put_partial_sums(const Schedule::Step& step, std::uint32_t slot);
  void put_results(const Schedule::Step& step, std::uint32_t slot);

  Datapath datapath_;
  bool enabled_;
  std::unique_ptr<Arithmetic> arithmetic_;  ///< of the array's elements

  GemmTask task_;
  TileShape shape_;
  std::uint64_t panels_m_ = 0;
  std::uint64_t panels_n_ = 0;
  std::uint64_t blocks_n_ = 0;
  std::uint64_t block_columns_ = 0;
  std::uint64_t row_panel_ = 0;     ///< rows of the array
  std::uint64_t column_panel_ = 0;  ///< columns of the array
  std::uint64_t padded_columns_ = 0;
  std::array<std::vector<ActivationPanel>, 2> activations_;  ///< by half
  std::array<std::vector<WeightPanel>, 2> weights_;
  std::vector<float>
      sums_;  ///< the accumulators of a step's tiles, kept while the parts of a split k follow each other
  std::vector<Fp16> rounded_;
  DataLosses losses_;
};

}  // namespace anda

#endif
