// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_STEP_PLAN_H
#define ANDA_DATAFLOW_STEP_PLAN_H

#include <cstdint>
#include <vector>

#include <anda/base/activity.h>
#include <anda/dataflow/gemm_operands.h>
#include <anda/dataflow/geometry.h>
#include <anda/dataflow/machine_shape.h>
#include <anda/dataflow/schedule.h>

namespace anda {

/// One step of a GeMM: its position in the schedule, its extents and the buffer halves it works on.
struct Step : Schedule::Step {
  std::uint64_t index = 0;   ///< number of the step in the GeMM
  std::uint64_t height = 0;  ///< extents along m, n and k: output rows, output columns, reduction length
  std::uint64_t width = 0;
  std::uint64_t depth = 0;
  std::uint64_t row_tiles = 0;  ///< array tiles along m, and along n
  std::uint64_t column_tiles = 0;
  std::uint64_t row_blocks = 0;   ///< result blocks per row of tiles
  std::uint64_t first_block = 0;  ///< number of its first result block in the GeMM
  std::uint32_t activation_half = 0;
  std::uint32_t weight_half = 0;
  std::uint32_t result_half = 0;  ///< activation buffer half that receives its results and partial sums

  bool first() const { return index == 0; }
  bool stores() const { return store_outputs || store_partial_sums; }
  std::uint64_t blocks() const { return row_tiles * row_blocks; }
  std::uint64_t tiles() const { return row_tiles * column_tiles; }
  /// Whether it continues the sums that the previous step left in the buffer, and whether it leaves sums there itself.
  bool finds_sums() const { return k > 0 && !load_partial_sums; }
  bool leaves_sums() const { return !last_k && !store_partial_sums; }

  /// Whether both steps stream and have the same shape, so that they do the same work on different activations.
  bool like(const Step& other) const {
    return streams() && other.streams() && height == other.height && width == other.width && depth == other.depth;
  }
  /// Whether the step loads one panel of activations, reuses the weights in the buffer, and stores one result block.
  bool streams() const {
    return load_activations && !load_weights && store_outputs && k == 0 && blocks() == 1 && !first();
  }
};

/// Contiguous bytes that the DMA moves between external memory and a buffer.
struct Transfer {
  Operand operand = Operand::results;
  bool store = false;
  MemoryRun memory;
  std::uint64_t address = 0;  ///< byte address in the buffer
  BufferWords words;          ///< buffer words written by a load or read by a store
  std::uint64_t panel = 0;    ///< index in the step: row panel, or column panel for weights
  std::uint64_t piece = 0;    ///< part of the panel, or result block in the row
};

/// One pass of the array over an output tile: up to rows × columns results, reduced over all groups of a step.
struct ArrayTile {
  std::uint64_t step = 0;  ///< number of the step in the GeMM
  std::uint64_t row = 0;   ///< position of the tile in the step
  std::uint64_t column = 0;
  std::uint64_t first_row = 0;  ///< position of its results in the GeMM
  std::uint64_t first_column = 0;
  std::uint64_t rows = 0;  ///< extents of its results
  std::uint64_t columns = 0;
  std::uint64_t k = 0;
  std::uint64_t groups = 0;
  bool last_of_row = false;
  bool last_of_step = false;
  bool last_of_block = false;

  BufferWords group_activations;   ///< activation words of one group
  BufferWords activations;         ///< activation words of all groups
  std::uint64_t weight_words = 0;  ///< words of the weight codes of one group

  bool compress = false;
  bool partial_sums_out = false;  ///< its results are FP32 partial sums of a split k
  bool partial_sums_in = false;   ///< the accumulators start from partial sums
  std::uint64_t sums_before = 0;  ///< distance to the earlier tile that left these sums in the buffer; 0: from memory
  BufferWords output_words;       ///< buffer words that its results fill; compressed: whole block, with its last tile
  std::uint64_t block = 0;        ///< number of the result block in the GeMM
  std::uint64_t column_of_block = 0;  ///< first column of the tile within its block
  std::uint64_t block_columns = 0;    ///< number of columns of the block

  std::uint64_t values() const { return rows * columns; }
};

struct WeightsAhead;

/// Everything that one GeMM transfers and computes, step by step, in order. Pure data: both levels take their
/// transfers, tiles and words from here and only determine when they happen.
class StepPlan {
 public:
  StepPlan(const GemmTask& task, const StepShape& shape, const GemmAddresses& addresses, const MachineShape& machine);

  /// Stores the next step in `step`; returns false after the last.
  bool next(Step& step);

  /// The first weight loads of the first step, at most `count`, in order, addressed to half 0.
  std::vector<Transfer> first_weights(std::uint64_t count) const;
  /// Declares the first `held` of these loads as already present in `half` (see WeightsAhead); called before next().
  void begin_with(std::uint64_t held, std::uint32_t half) {
    held_ = held;
    weight_half_ = half ^ 1;
  }
  bool holds_part(std::uint64_t part) const { return part < held_; }
  bool holds_panel(std::uint64_t column) const { return operands_.parts + column <= held_; }

  /// Sets the weights to load after the operands of the last step; `ahead` must outlive the GeMM.
  void load_ahead(WeightsAhead& ahead) { ahead_ = &ahead; }
  /// After the last step: returns these weights once, assigned to the half that this step does not use; nullptr: none.
  const WeightsAhead* take_ahead();

  /// Calls visit(transfer) for each load of a step, in the order in which its tiles need them: the first tile's panels
  /// (part by part in the GeMM's first step), then the other weight panels, then the other rows, each with its partial
  /// sums first. Omits weights that were loaded ahead.
  template <class Visit>
  void loads(const Step& step, Visit visit) const;

  /// Calls visit(transfer) for each block of results or partial sums that a step stores to memory.
  template <class Visit>
  void stores(const Step& step, Visit visit) const;

  /// Memory runs of the panel that a streaming step loads and of the block that it stores.
  MemoryRun streamed_in(const Step& step) const {
    return operands_.activations.run(step.m * operands_.panels_m, step.k);
  }
  MemoryRun streamed_out(const Step& step) const {
    return operands_.outputs.run(step.m * operands_.panels_m, step.n * operands_.blocks_n);
  }
  /// The load and the store of such a step as transfers.
  Transfer streamed_load(const Step& step) const { return activation_load(step, 0); }
  Transfer streamed_store(const Step& step) const { return store(step, 0, 0); }

  ArrayTile tile(const Step& step, std::uint64_t row, std::uint64_t column) const;

  /// Weight buffer words, codes and scales, that the port reads for the first groups of a tile.
  std::uint64_t weight_words(const ArrayTile& tile, std::uint64_t groups) const {
    return groups * tile.weight_words +
           geometry_.scale_words(groups * geometry_.group < tile.k ? groups * geometry_.group : tile.k, tile.columns,
                                 task_.weights);
  }

  /// Number of groups of a tile after which the pattern of its weight words repeats.
  std::uint64_t weight_period(const ArrayTile& tile) const {
    return geometry_.scale_period(tile.columns, task_.weights);
  }

  const GemmTask& task() const { return task_; }
  const Geometry& geometry() const { return geometry_; }
  const Schedule& schedule() const { return schedule_; }
  std::uint64_t parts() const { return operands_.parts; }
  std::uint64_t groups_of_part() const { return operands_.groups_of_part; }
  std::uint64_t tiles_of_block() const { return operands_.tiles_of_block; }
  std::uint64_t block_columns() const { return block_columns_; }
  /// Buffer words that the results of `rows` rows of tiles, from `row` on, fill.
  BufferWords output_words(const Step& step, std::uint64_t row, std::uint64_t rows) const;
  /// Words and bytes of the partial sums that `rows` rows of tiles, from `row` on, start from.
  BufferWords partial_sum_words(const Step& step, std::uint64_t row, std::uint64_t rows) const;
  std::uint64_t partial_sum_bytes(const Step& step, std::uint64_t row, std::uint64_t rows) const {
    return ((rows - 1) * geometry_.rows + rows_of(step, row + rows - 1)) * step.width * sizeof(float);
  }
  /// Tiles of a row whose results are written together, a unit: those of a block if compressed, otherwise one.
  std::uint64_t tiles_of_unit(const Step& step) const {
    return step.last_k && compresses() ? operands_.tiles_of_block : 1;
  }
  /// Bytes from the results of a unit to those of the next one in its row.
  std::uint64_t unit_stride(const Step& step, std::uint64_t row) const {
    return result_bytes(step, rows_of(step, row), tiles_of_unit(step) * geometry_.columns);
  }
  /// Buffer words that the results of `units` full units fill, from a column of tiles on.
  BufferWords unit_words(const Step& step, std::uint64_t row, std::uint64_t column, std::uint64_t units) const;
  std::uint64_t rows_of(const Step& step, std::uint64_t panel) const {
    return piece(step.height, geometry_.rows, panel);
  }
  std::uint64_t columns_of(const Step& step, std::uint64_t panel) const {
    return piece(step.width, geometry_.columns, panel);
  }
  bool compresses() const { return geometry_.compresses && !task_.output.is_fp16(); }

  /// Operand bytes that a step loads.
  std::uint64_t loaded_activation_bytes(const Step& step) const;
  std::uint64_t loaded_weight_bytes(const Step& step) const;

  // Byte addresses of panels and blocks in the buffers.
  std::uint64_t activation_address(const Step& step, std::uint64_t row) const;
  std::uint64_t weight_address(const Step& step, std::uint64_t column) const;
  /// Address of the results or partial sums that a step writes.
  std::uint64_t result_address(const Step& step, std::uint64_t row, std::uint64_t block) const;
  /// Address of the partial sums that a step reads: in its own result half if loaded, else in the previous step's.
  std::uint64_t partial_sum_address(const Step& step, std::uint64_t row, std::uint64_t block) const;

 private:
  StepPlan(const GemmTask& task, const StepShape& shape, const GemmAddresses& addresses, const MachineShape& machine,
           const StepLimits& limits);
  static std::uint64_t piece(std::uint64_t extent, std::uint64_t width, std::uint64_t index) {
    const std::uint64_t first = index * width;
    return extent - first < width ? extent - first : width;
  }
  std::uint64_t result_bytes(const Step& step, std::uint64_t rows, std::uint64_t columns) const;
  std::uint64_t sum_address(std::uint32_t half, const Step& step, std::uint64_t row, std::uint64_t block) const;
  Transfer activation_load(const Step& step, std::uint64_t row) const;
  Transfer activation_part(const Step& step, std::uint64_t part) const;
  Transfer weight_load(const Step& step, std::uint64_t column) const;
  Transfer weight_part(const Step& step, std::uint64_t part) const;
  Transfer partial_sum_load(const Step& step, std::uint64_t row, std::uint64_t block) const;
  Transfer store(const Step& step, std::uint64_t row, std::uint64_t block) const;
  /// Words of a row of tiles' results, stored without gaps, from the row's start to a column.
  BufferWords result_words_to(const Step& step, std::uint64_t row, std::uint64_t column) const;
  /// Weight words from the first column of a step to a column of tiles.
  std::uint64_t words_to_column(const Step& step, std::uint64_t column) const;
  BufferWords partial_words_to(const Step& step, std::uint64_t row, std::uint64_t column) const;

  GemmTask task_;
  Geometry geometry_;
  Schedule schedule_;
  GemmOperands operands_;
  std::uint64_t block_columns_;
  std::uint64_t operand_bytes_ = 0;  ///< activation bytes of a step in a half; the results follow them
  /// Extent of a step along an axis, with the numbers of array tiles and result blocks in it.
  struct Extent {
    std::uint64_t size = 0;
    std::uint64_t tiles = 0;
    std::uint64_t blocks = 0;
  };
  Extent extents_m_[2];  // [last step of the axis]
  Extent extents_n_[2];
  std::uint64_t depths_[2];
  std::uint64_t steps_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint32_t activation_half_ = 0;
  std::uint32_t weight_half_ = 0;
  std::uint64_t held_ = 0;  ///< number of weight loads made ahead
  WeightsAhead* ahead_ = nullptr;
};

template <class Visit>
void StepPlan::loads(const Step& step, Visit visit) const {
  const auto load_row = [&](std::uint64_t row) {
    if (step.load_partial_sums) {
      for (std::uint64_t block = 0; block < step.row_blocks; ++block) visit(partial_sum_load(step, row, block));
    }
    if (step.load_activations) visit(activation_load(step, row));
  };
  if (step.first()) {
    for (std::uint64_t part = 0; part < operands_.parts; ++part) {
      if (!holds_part(part)) visit(weight_part(step, part));
      visit(activation_part(step, part));
    }
  } else {
    if (step.load_weights) visit(weight_load(step, 0));
    load_row(0);
  }
  for (std::uint64_t column = 1; step.load_weights && column < step.column_tiles; ++column) {
    if (!step.first() || !holds_panel(column)) visit(weight_load(step, column));
  }
  for (std::uint64_t row = 1; row < step.row_tiles; ++row) load_row(row);
}

template <class Visit>
void StepPlan::stores(const Step& step, Visit visit) const {
  if (!step.stores()) return;
  for (std::uint64_t row = 0; row < step.row_tiles; ++row) {
    for (std::uint64_t block = 0; block < step.row_blocks; ++block) visit(store(step, row, block));
  }
}

}  // namespace anda

#endif
