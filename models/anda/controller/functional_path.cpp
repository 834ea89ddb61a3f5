// SPDX-License-Identifier: Apache-2.0
#include <anda/controller/functional_path.h>

#include <algorithm>
#include <cstring>

#include <anda/numeric/panel_codec.h>
#include <anda/numeric/simd/kernels.h>

namespace anda {

FunctionalPath::FunctionalPath(const Datapath& datapath, const FunctionalOptions& options)
    : datapath_(datapath),
      enabled_(options.enabled),
      arithmetic_(datapath.mxu.processing_element().arithmetic({options.dot_format})) {}

void FunctionalPath::begin(const GemmTask& task, const TileShape& shape, const TileLimits& limits) {
  const MxuConfig& array = datapath_.mxu.config();
  task_ = task;
  shape_ = shape;
  row_panel_ = array.rows;
  column_panel_ = array.columns;
  panels_m_ = shape.m / array.rows;
  panels_n_ = shape.n / array.columns;
  block_columns_ = limits.n_step();
  blocks_n_ = shape.n / block_columns_;
  padded_columns_ = round_up(array.columns, kernel_columns);
  losses_ = DataLosses{};
  for (auto& panels : activations_) panels.resize(std::min(panels_m_, ceil_div(task.m, row_panel_)));
  for (auto& panels : weights_) panels.resize(std::min(panels_n_, ceil_div(task.n, column_panel_)));
  sums_.resize(activations_[0].size() * weights_[0].size() * row_panel_ * padded_columns_);
}

FunctionalPath::Part FunctionalPath::rows(const Schedule::Step& step, std::uint64_t panel) const {
  return part(task_.m, row_panel_, step.m * panels_m_ + panel);
}

FunctionalPath::Part FunctionalPath::columns(const Schedule::Step& step, std::uint64_t panel) const {
  return part(task_.n, column_panel_, step.n * panels_n_ + panel);
}

FunctionalPath::Part FunctionalPath::block(const Schedule::Step& step, std::uint64_t index) const {
  return part(task_.n, block_columns_, step.n * blocks_n_ + index);
}

float* FunctionalPath::sums(std::uint64_t row_panel, std::uint64_t column_panel) {
  return &sums_[(row_panel * weights_[0].size() + column_panel) * row_panel_ * padded_columns_];
}

std::uint8_t* FunctionalPath::activation_room(const Schedule::Step& step, std::uint32_t half, std::uint64_t panel) {
  const std::uint64_t k = part(task_.k, shape_.k, step.k).size;
  return datapath_.activation_buffer.operands().room(half, panel, task_.input.bytes(rows(step, panel).size, k)).data();
}

std::uint8_t* FunctionalPath::weight_room(const Schedule::Step& step, std::uint32_t half, std::uint64_t panel) {
  const std::uint64_t k = part(task_.k, shape_.k, step.k).size;
  return datapath_.weight_buffer.contents().room(half, panel, task_.weights.bytes(k, columns(step, panel).size)).data();
}

std::uint8_t* FunctionalPath::partial_sum_room(const Schedule::Step& step, std::uint32_t slot, std::uint64_t panel,
                                               std::uint64_t index) {
  const std::uint64_t bytes = rows(step, panel).size * block(step, index).size * sizeof(float);
  return datapath_.activation_buffer.results().room(slot, result_index(panel, index), bytes).data();
}

std::uint8_t* FunctionalPath::result(std::uint32_t slot, std::uint64_t panel, std::uint64_t index) {
  return datapath_.activation_buffer.results().at(slot, result_index(panel, index)).data();
}

void FunctionalPath::compute(const Schedule::Step& step, std::uint32_t activation_half, std::uint32_t weight_half,
                             std::uint32_t slot) {
  const std::uint64_t k = part(task_.k, shape_.k, step.k).size;
  std::vector<ActivationPanel>& activations = activations_[activation_half];
  std::vector<WeightPanel>& weights = weights_[weight_half];
  std::uint64_t row_panels = 0;
  while (row_panels < activations.size() && rows(step, row_panels).size > 0) ++row_panels;
  std::uint64_t column_panels = 0;
  while (column_panels < weights.size() && columns(step, column_panels).size > 0) ++column_panels;

  // What the array takes apart cycle by cycle is taken apart once for each tile that was loaded.
  if (step.load_activations) {
    for (std::uint64_t panel = 0; panel < row_panels; ++panel) {
      activations[panel] =
          arithmetic_->activations(datapath_.activation_buffer.operands().at(activation_half, panel).data(),
                                   rows(step, panel).size, k, task_.input, losses_.misread);
    }
  }
  if (step.load_weights) {
    for (std::uint64_t panel = 0; panel < column_panels; ++panel) {
      weights[panel] = arithmetic_->weights(datapath_.weight_buffer.contents().at(weight_half, panel).data(), k,
                                            columns(step, panel).size, task_.weights);
    }
  }

  if (step.k == 0) std::fill(sums_.begin(), sums_.end(), 0.0F);
  if (step.load_partial_sums) take_partial_sums(step, slot);
  for (std::uint64_t row = 0; row < row_panels; ++row) {
    for (std::uint64_t column = 0; column < column_panels; ++column) {
      arithmetic_->add_product(activations[row], weights[column], sums(row, column), losses_.overflows);
    }
  }
  if (step.store_outputs) {
    put_results(step, slot);
  } else if (step.store_partial_sums) {
    put_partial_sums(step, slot);
  }
}

template <class Each>
void FunctionalPath::over_block(const Schedule::Step& step, std::uint64_t panel, std::uint64_t index, Each each) {
  const std::uint64_t height = rows(step, panel).size;
  const std::uint64_t width = block(step, index).size;
  const std::uint64_t first_panel = index * (block_columns_ / column_panel_);
  for (std::uint64_t column = 0; column < width; ++column) {
    const std::uint64_t column_panel = first_panel + column / column_panel_;
    // Sums of a panel lie as wide as that panel, filled up to whole kernel columns.
    const std::uint64_t stride = round_up(columns(step, column_panel).size, kernel_columns);
    float* at = sums(panel, column_panel) + column % column_panel_;
    for (std::uint64_t row = 0; row < height; ++row) each(at[row * stride], row, column);
  }
}

// FP32 sums lie in memory like FP16 values: all rows of a column, then of the next.

void FunctionalPath::take_partial_sums(const Schedule::Step& step, std::uint32_t slot) {
  for (std::uint64_t panel = 0; panel < panels_m_ && rows(step, panel).size > 0; ++panel) {
    for (std::uint64_t index = 0; index < blocks_n_ && block(step, index).size > 0; ++index) {
      const std::uint8_t* bytes = result(slot, panel, index);
      over_block(step, panel, index, [&](float& sum, std::uint64_t, std::uint64_t) {
        std::memcpy(&sum, bytes, sizeof sum);
        bytes += sizeof sum;
      });
    }
  }
}

void FunctionalPath::put_partial_sums(const Schedule::Step& step, std::uint32_t slot) {
  for (std::uint64_t panel = 0; panel < panels_m_ && rows(step, panel).size > 0; ++panel) {
    for (std::uint64_t index = 0; index < blocks_n_ && block(step, index).size > 0; ++index) {
      std::uint8_t* bytes = partial_sum_room(step, slot, panel, index);
      over_block(step, panel, index, [&](float& sum, std::uint64_t, std::uint64_t) {
        std::memcpy(bytes, &sum, sizeof sum);
        bytes += sizeof sum;
      });
    }
  }
}

void FunctionalPath::put_results(const Schedule::Step& step, std::uint32_t slot) {
  for (std::uint64_t panel = 0; panel < panels_m_ && rows(step, panel).size > 0; ++panel) {
    for (std::uint64_t index = 0; index < blocks_n_ && block(step, index).size > 0; ++index) {
      const Part height = rows(step, panel);
      const Part width = block(step, index);
      rounded_.resize(height.size * width.size);
      over_block(step, panel, index, [&](float& sum, std::uint64_t row, std::uint64_t column) {
        rounded_[row * width.size + column] = datapath_.vector_unit.round(sum, losses_.overflows);
      });

      std::vector<std::uint8_t>& bytes = datapath_.activation_buffer.results().room(
          slot, result_index(panel, index), task_.output.bytes(height.size, width.size));
      if (task_.output.is_fp16()) {
        EncodingLoss none;
        pack_activations(rounded_.data(), width.size, height.size, width.size, task_.output, bytes.data(), none);
        continue;
      }
      const bool none_yet = losses_.saturated.infinities + losses_.saturated.nans == 0;
      const std::size_t first = datapath_.compressor.compress(rounded_.data(), height.size, width.size, task_.output,
                                                              bytes.data(), losses_.saturated, losses_.zeroed);
      if (none_yet && first < rounded_.size()) {
        losses_.first_saturated_row = height.first + first / width.size;
        losses_.first_saturated_column = width.first + first % width.size;
      }
    }
  }
}

}  // namespace anda
