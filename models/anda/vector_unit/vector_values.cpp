// SPDX-License-Identifier: Apache-2.0
#include <anda/vector_unit/vector_values.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <anda/base/error.h>
#include <anda/numeric/cache_codec.h>
#include <anda/numeric/panel_codec.h>
#include <anda/numeric/panel_product.h>
#include <anda/numeric/simd/kernels.h>

namespace anda {

namespace {

constexpr float log2_of_e = 1.44269504F;

bool is_norm(VectorOperation operation) {
  return operation == VectorOperation::layer_norm || operation == VectorOperation::rms_norm;
}

/// Value at an index of a column-major panel of FP16 operands.
float value_at(const std::uint8_t* bytes, std::uint64_t index) {
  return to_float(Fp16{static_cast<std::uint16_t>(bytes[2 * index] | bytes[2 * index + 1] << 8)});
}

void put_value(std::uint8_t* bytes, std::uint64_t index, Fp16 value) {
  bytes[2 * index] = static_cast<std::uint8_t>(value.bits & 0xFF);
  bytes[2 * index + 1] = static_cast<std::uint8_t>(value.bits >> 8);
}

/// e^(scale · (x − largest)), as stored in the buffer between two passes.
Fp16 exponential(float x, float largest, float factor) { return to_fp16(vector_exp2((x - largest) * factor)); }

}  // namespace

std::string VectorValues::problem_of(const VectorPlan& plan, std::uint64_t head_dim) {
  const VectorTask& task = plan.task();
  const auto cut_inside = [&](std::uint64_t unit, const char* name) -> std::string {
    if (plan.part_columns() >= task.columns || plan.part_columns() % unit == 0) return {};
    return std::string("its rows are cut inside a ") + name + " of " + std::to_string(unit) +
           " elements; a larger accelerator.activation_buffer.mantissa_bytes holds whole rows";
  };
  if (task.operation == VectorOperation::rotary) return cut_inside(head_dim, "head");
  if (task.operation == VectorOperation::top_k) return cut_inside(task.columns, "row");
  if (task.operation == VectorOperation::quantise) {
    if (task.weights.bits > max_weight_bits || !task.weights.is_scaled()) {
      return "its results are no integers under an FP16 scale or a shared exponent";
    }
    return cut_inside(task.weights.scale_group, "group");
  }
  if (task.operation == VectorOperation::multiply && !task.weights.is_fp16() && !task.weights.is_scaled()) {
    return "its second operand is of neither FP16 numbers nor integers under an FP16 scale or a shared exponent";
  }
  return {};
}

std::string VectorValues::problem_of(const VectorPlan& plan, const VectorConstants& constants) {
  const VectorTask& task = plan.task();
  const auto wrong_size = [&](const std::vector<float>& values) {
    return !values.empty() && values.size() != task.columns;
  };
  if (is_norm(task.operation) && (wrong_size(constants.gamma) || wrong_size(constants.beta))) {
    return "gamma and beta must have a value for each of its " + std::to_string(task.columns) + " columns";
  }
  if (task.operation == VectorOperation::softmax && !constants.visible.empty() &&
      constants.visible.size() != task.rows) {
    return "the visible columns of each of its " + std::to_string(task.rows) + " rows must be known";
  }
  const std::uint32_t head = constants.head_dim;
  if (task.operation == VectorOperation::rotary) {
    const std::uint64_t angles = std::uint64_t{task.rows} * (constants.rotary_dim / 2);
    if (head == 0 || task.columns % head != 0 || constants.rotary_dim > head || constants.rotary_dim % 2 != 0 ||
        constants.cosines.size() != angles || constants.sines.size() != angles) {
      return "the width of its heads, which divides its " + std::to_string(task.columns) +
             " columns, and a cosine and a sine for each pair of elements of each row must be known";
    }
  }
  return problem_of(plan, head);
}

void VectorValues::begin(const VectorPlan& plan, const VectorConstants& constants) {
  const std::string problem = problem_of(plan, constants);
  if (!problem.empty()) {
    throw Error::input(std::string("the values of the vector operation ") +
                       name_of(vector_operations, plan.task().operation) + " are not defined: " + problem);
  }
  constants_ = constants;
  replaced_ = NonFiniteCounts();
  zeroed_ = 0;
}

ColumnRange VectorValues::visible(std::uint64_t row, std::uint64_t columns) const {
  return constants_.visible.empty() ? ColumnRange{0, static_cast<std::uint32_t>(columns)} : constants_.visible[row];
}

void VectorValues::pass(const VectorPlan& plan, const VectorStep& step, std::size_t number,
                        std::vector<std::uint8_t>& bytes) {
  const VectorTask& task = plan.task();
  if (step.first_column == 0 && number == 0) rows_.assign(step.rows, Row());
  if (task.operation == VectorOperation::multiply) return multiply(task, step, bytes);
  results_.resize(step.rows * step.columns);
  switch (task.operation) {
    case VectorOperation::softmax:
      return softmax(plan, step, number, bytes.data());
    case VectorOperation::layer_norm:
    case VectorOperation::rms_norm:
      return norm(task, step, number, bytes.data());
    case VectorOperation::rotary:
      return rotate(step, bytes.data());
    case VectorOperation::quantise:
      if (number == 1) quantise(task, step, bytes.data());
      return;
    case VectorOperation::top_k:
      if (number == task.depth) keep_largest(task, step, bytes.data());
      return;
    default:
      return single_pass(task, step, bytes.data());
  }
}

/// Element-wise operations; a second operand follows x.
void VectorValues::single_pass(const VectorTask& task, const VectorStep& step, const std::uint8_t* x) {
  const std::uint64_t count = step.rows * step.columns;
  const auto of = [&](std::uint64_t i) -> float {
    const float value = value_at(x, i);
    switch (task.operation) {
      case VectorOperation::add:
        return value + value_at(x, count + i);
      case VectorOperation::relu:
        return value > 0 || std::isnan(value) ? value : 0;
      case VectorOperation::gelu:
        return vector_gelu(value);
      case VectorOperation::silu:
        return vector_silu(value);
      case VectorOperation::sigmoid:
        return vector_sigmoid(value);
      case VectorOperation::gated_gelu:
        return vector_gelu(value) * value_at(x, count + i);
      case VectorOperation::gated_silu:
        return vector_silu(value) * value_at(x, count + i);
      default:
        return value;
    }
  };
  for (std::uint64_t column = 0; column < step.columns; ++column) {
    for (std::uint64_t row = 0; row < step.rows; ++row) {
      results_[row * step.columns + column] = of(column * step.rows + row);
    }
  }
}

/// Of equal values the first counts as the largest, and NaN as the smallest. The lanes find the values pass by pass;
/// since a step holds whole rows, this function finds them all at once.
void VectorValues::keep_largest(const VectorTask& task, const VectorStep& step, const std::uint8_t* x) {
  std::vector<float> values(step.columns);
  std::vector<std::uint64_t> order(step.columns);
  std::fill(results_.begin(), results_.end(), 0.0F);
  for (std::uint64_t row = 0; row < step.rows; ++row) {
    for (std::uint64_t column = 0; column < step.columns; ++column) {
      const float value = value_at(x, column * step.rows + row);
      values[column] = std::isnan(value) ? -std::numeric_limits<float>::infinity() : value;
      order[column] = column;
    }
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] > values[b]; });
    for (std::uint64_t i = 0; i < task.depth; ++i) {
      results_[row * step.columns + order[i]] = value_at(x, order[i] * step.rows + row);
    }
  }
}

void VectorValues::softmax(const VectorPlan& plan, const VectorStep& step, std::size_t number, std::uint8_t* x) {
  const float factor = constants_.scale * log2_of_e;
  for (std::uint64_t row = 0; row < step.rows; ++row) {
    Row& state = rows_[row];
    if (number == 0 && step.first_column == 0) state.largest = -std::numeric_limits<float>::infinity();
    if (number == 2 && step.first_column == 0) state.factor = vector_reciprocal(state.sum.total());
    const ColumnRange seen = visible(step.first_row + row, plan.task().columns);
    for (std::uint64_t column = 0; column < step.columns; ++column) {
      const std::uint64_t at = column * step.rows + row;
      const std::uint64_t of_row = step.first_column + column;
      const bool takes_part = of_row >= seen.first && of_row < seen.end;
      const float value = value_at(x, at);
      if (number == 0) {
        if (takes_part) state.largest = vector_max(state.largest, value);
        continue;
      }
      // The second pass kept the exponentials if whole rows are in the buffer.
      const bool kept = number == 2 && plan.rows_fit();
      const Fp16 raised = kept ? to_fp16(value) : takes_part ? exponential(value, state.largest, factor) : Fp16{0};
      if (number == 2) {
        results_[row * step.columns + column] = takes_part ? to_float(raised) * state.factor : 0;
        continue;
      }
      if (takes_part) state.sum.add(of_row, to_float(raised));
      if (plan.rows_fit()) put_value(x, at, raised);
    }
  }
}

void VectorValues::norm(const VectorTask& task, const VectorStep& step, std::size_t number, const std::uint8_t* x) {
  const bool centred = task.operation == VectorOperation::layer_norm;
  const float share = 1.0F / static_cast<float>(task.columns);
  for (std::uint64_t row = 0; row < step.rows; ++row) {
    Row& state = rows_[row];
    if (number == 1 && step.first_column == 0) {
      const float squares = state.squares.total() * share;
      state.mean = centred ? state.sum.total() * share : 0;
      const float variance = centred ? vector_max(squares - state.mean * state.mean, 0) : squares;
      state.factor = vector_reciprocal_root(variance + constants_.epsilon);
    }
    for (std::uint64_t column = 0; column < step.columns; ++column) {
      const float value = value_at(x, column * step.rows + row);
      const std::uint64_t of_row = step.first_column + column;
      if (number == 0) {
        if (centred) state.sum.add(of_row, value);
        state.squares.add(of_row, value * value);
        continue;
      }
      float result = (centred ? value - state.mean : value) * state.factor;
      if (!constants_.gamma.empty()) result *= constants_.gamma[of_row];
      if (centred && !constants_.beta.empty()) result += constants_.beta[of_row];
      results_[row * step.columns + column] = result;
    }
  }
}

void VectorValues::rotate(const VectorStep& step, const std::uint8_t* x) {
  const std::uint64_t half = constants_.rotary_dim / 2;
  for (std::uint64_t row = 0; row < step.rows; ++row) {
    const std::uint64_t angles = (step.first_row + row) * half;
    const auto at = [&](std::uint64_t column) { return value_at(x, column * step.rows + row); };
    for (std::uint64_t column = 0; column < step.columns; ++column) {
      const std::uint64_t in_head = column % constants_.head_dim;
      float& result = results_[row * step.columns + column];
      if (in_head < half) {
        const float cosine = constants_.cosines[angles + in_head];
        result = at(column) * cosine - at(column + half) * constants_.sines[angles + in_head];
      } else if (in_head < 2 * half) {
        const float cosine = constants_.cosines[angles + in_head - half];
        result = at(column) * cosine + at(column - half) * constants_.sines[angles + in_head - half];
      } else {
        result = at(column);
      }
    }
  }
}

/// Rows become columns of a weight panel. The lanes find the largest magnitudes in the first pass; since a step holds
/// whole groups, this function finds them here.
void VectorValues::quantise(const VectorTask& task, const VectorStep& step, const std::uint8_t* x) {
  const WeightFormat& format = task.weights;
  const std::uint64_t groups = ceil_div(step.columns, format.scale_group);
  std::vector<std::int8_t> codes(step.columns * step.rows);
  std::vector<Fp16> scales(groups * step.rows);
  std::vector<Fp16> group(format.scale_group);
  std::vector<std::int32_t> coded(format.scale_group);
  for (std::uint64_t row = 0; row < step.rows; ++row) {
    for (std::uint64_t g = 0; g < groups; ++g) {
      const std::uint64_t first = g * format.scale_group;
      const std::uint64_t count = std::min<std::uint64_t>(format.scale_group, step.columns - first);
      for (std::uint64_t i = 0; i < count; ++i) {
        const float value = value_at(x, (first + i) * step.rows + row);
        group[i] = make_finite(to_fp16(value), NonFinite::saturate, {}, 0, replaced_);
      }
      scales[g * step.rows + row] = format.scale_bits == ActivationFormat::exponent_bits
                                        ? encode_mantissas(group.data(), count, format.bits, coded.data())
                                        : encode_integers(group.data(), count, format.bits, coded.data());
      for (std::uint64_t i = 0; i < count; ++i) {
        codes[(first + i) * step.rows + row] = static_cast<std::int8_t>(coded[i]);
        if (coded[i] == 0 && group[i].significand() != 0) ++zeroed_;
      }
    }
  }
  bytes_.resize(format.bytes(step.columns, step.rows));
  pack_weights(codes.data(), scales.data(), step.rows, step.columns, step.rows, format, bytes_.data());
}

/// Parts of x and the second operand pass by; the lanes accumulate the sums in the order of k.
void VectorValues::multiply(const VectorTask& task, const VectorStep& step, const std::vector<std::uint8_t>& bytes) {
  const auto split = static_cast<std::ptrdiff_t>(step.loads.size() > 1 ? step.loads.front().memory.bytes : 0);
  x_.insert(x_.end(), bytes.begin(), bytes.begin() + split);
  second_.insert(second_.end(), bytes.begin() + split, bytes.end());
  if (step.columns == 0) return;
  const ActivationPanel x(x_.data(), step.rows, task.depth, ActivationFormat());
  const WeightPanel second(second_.data(), task.depth, step.columns, task.weights, WeightPanel::Kind::exact, 0);
  std::vector<float> sums(step.rows * second.padded_columns());
  OverflowCounts none;
  PanelProduct(DotFormat::fp32).add(x, second, sums.data(), none);
  results_.resize(step.rows * step.columns);
  for (std::uint64_t row = 0; row < step.rows; ++row) {
    std::copy_n(&sums[row * second.padded_columns()], step.columns, &results_[row * step.columns]);
  }
  x_.clear();
  second_.clear();
}

}  // namespace anda
