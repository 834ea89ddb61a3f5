// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/array_values.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <anda/base/math.h>
#include <anda/numeric/encoded_panel.h>
#include <anda/numeric/simd/kernels.h>

namespace anda {

ArrayValues::ArrayValues(const ProcessingElement& element, DotFormat dot_format, Fetch activations, Fetch weights)
    : arithmetic_(element.arithmetic({dot_format})),
      fetch_activations_(std::move(activations)),
      fetch_weights_(std::move(weights)) {}

void ArrayValues::begin(const StepPlan& plan) {
  const Geometry& array = plan.geometry();
  const std::uint64_t rows = ceil_div(std::min(plan.schedule().m().step, plan.schedule().m().size), array.rows);
  columns_ = ceil_div(std::min(plan.schedule().n().step, plan.schedule().n().size), array.columns);
  tile_values_ = array.rows * round_up(array.columns, kernel_columns);
  for (auto& panels : activations_) panels.resize(rows);
  for (auto& panels : weights_) panels.resize(columns_);
  sums_.resize(rows * columns_ * tile_values_);
  overflows_ = OverflowCounts();
  misread_ = NonFiniteCounts();
}

void ArrayValues::take_operands(const StepPlan& plan, const Step& step) {
  const GemmTask& task = plan.task();
  for (std::uint64_t row = 0; step.load_activations && row < step.row_tiles; ++row) {
    const std::uint64_t rows = plan.rows_of(step, row);
    bytes_.resize(task.input.bytes(rows, step.depth));
    fetch_activations_(plan.activation_address(step, row), bytes_.size(), bytes_.data());
    const bool encoded = task.input.is_encoded();
    if (encoded) bytes_ = decode_activations(bytes_.data(), rows, step.depth, task.input);
    activations_[step.activation_half][row] =
        arithmetic_->activations(bytes_.data(), rows, step.depth, encoded ? ActivationFormat() : task.input, misread_);
  }
  for (std::uint64_t column = 0; step.load_weights && column < step.column_tiles; ++column) {
    const std::uint64_t columns = plan.columns_of(step, column);
    bytes_.resize(task.weights.bytes(step.depth, columns));
    fetch_weights_(plan.weight_address(step, column), bytes_.size(), bytes_.data());
    const WeightFormat& format = task.weights;
    if (format.encoded) bytes_ = decode_weights(bytes_.data(), step.depth, columns, format);
    weights_[step.weight_half][column] = arithmetic_->weights(
        bytes_.data(), step.depth, columns, format.encoded ? WeightFormat::fp16(format.scale_group) : format);
  }
}

/// FP32 sums lie in the buffer like FP16 values: block by block, column-major within a block.
void ArrayValues::take_partial_sums(const StepPlan& plan, const Step& step) {
  for (std::uint64_t row = 0; row < step.row_tiles; ++row) {
    const std::uint64_t rows = plan.rows_of(step, row);
    bytes_.resize(plan.partial_sum_bytes(step, row, 1));
    fetch_activations_(plan.partial_sum_address(step, row, 0), bytes_.size(), bytes_.data());
    const std::uint8_t* from = bytes_.data();
    for (std::uint64_t tile = 0; tile < step.column_tiles; ++tile) {
      const std::uint64_t columns = plan.columns_of(step, tile);
      const std::uint64_t stride = round_up(columns, kernel_columns);
      float* const to = sums(row, tile);
      for (std::uint64_t column = 0; column < columns; ++column) {
        for (std::uint64_t i = 0; i < rows; ++i, from += sizeof(float)) {
          std::memcpy(&to[i * stride + column], from, sizeof(float));
        }
      }
    }
  }
}

void ArrayValues::compute(const StepPlan& plan, const Step& step) {
  take_operands(plan, step);
  if (step.k == 0) {
    std::fill(sums_.begin(), sums_.end(), 0.0F);
  } else {
    take_partial_sums(plan, step);
  }
  for (std::uint64_t row = 0; row < step.row_tiles; ++row) {
    for (std::uint64_t column = 0; column < step.column_tiles; ++column) {
      arithmetic_->add_product(activations_[step.activation_half][row], weights_[step.weight_half][column],
                               sums(row, column), overflows_);
    }
  }
}

float* ArrayValues::tile(const ArrayTile& tile) {
  const std::uint64_t stride = round_up(tile.columns, kernel_columns);
  const float* from = sums(tile.row, tile.column);
  tile_.resize(tile.values());
  for (std::uint64_t row = 0; row < tile.rows; ++row, from += stride) {
    std::copy_n(from, tile.columns, tile_.begin() + static_cast<std::ptrdiff_t>(row * tile.columns));
  }
  return tile_.data();
}

}  // namespace anda
