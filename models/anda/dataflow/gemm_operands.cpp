// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/gemm_operands.h>

#include <algorithm>

#include <anda/base/math.h>
#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

namespace {

struct ActivationBytes {
  ActivationFormat format;
  std::uint64_t operator()(std::uint64_t rows, std::uint64_t length) const { return format.bytes(rows, length); }
};

struct WeightBytes {
  WeightFormat format;
  std::uint64_t operator()(std::uint64_t columns, std::uint64_t k) const { return format.bytes(k, columns); }
};

std::uint64_t partial_sum_bytes(std::uint64_t rows, std::uint64_t columns) { return rows * columns * 4; }

}  // namespace

GemmOperands::GemmOperands(const GemmTask& task, const StepShape& shape, const GemmAddresses& at, const MxuConfig& mxu,
                           const StepLimits& limits, const ProcessingElement& element)
    : panels_m(shape.m / mxu.rows),
      panels_n(shape.n / mxu.columns),
      blocks_n(shape.n / limits.n_step()),
      tiles_of_block(limits.n_step() / mxu.columns),
      activations(at.activations, task.m, mxu.rows, task.k, shape.k, ActivationBytes{task.input}),
      weights(at.weights, task.n, mxu.columns, task.k, shape.k, WeightBytes{task.weights}),
      outputs(at.outputs, task.m, mxu.rows, task.n, limits.n_step(), ActivationBytes{task.output}),
      partial_sums(at.partial_sums, task.m, mxu.rows, task.n, limits.n_step(), partial_sum_bytes),
      parts(ceil_div(std::min(shape.k, task.k), limits.k_step())),
      groups_of_part(limits.k_step() / element.group_elements()),
      part_length(limits.k_step()),
      activation_parts(at.activations, task.m, mxu.rows, task.k, limits.k_step(), ActivationBytes{task.input}),
      weight_parts(at.weights, task.n, mxu.columns, task.k, limits.k_step(), WeightBytes{task.weights}) {}

}  // namespace anda
