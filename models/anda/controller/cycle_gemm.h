// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_CYCLE_GEMM_H
#define ANDA_CONTROLLER_CYCLE_GEMM_H

#include <algorithm>
#include <cstdint>

#include <anda/base/math.h>
#include <anda/controller/cycle_engine.h>

namespace anda {

/// What does not change in the course of a GeMM.
struct CycleEngine::Gemm {
  struct ActivationBytes {
    ActivationFormat format;
    std::uint64_t operator()(std::uint64_t rows, std::uint64_t length) const { return format.bytes(rows, length); }
  };
  struct WeightBytes {
    WeightFormat format;
    std::uint64_t operator()(std::uint64_t columns, std::uint64_t k) const { return format.bytes(k, columns); }
  };

  const GemmTask& task;
  Schedule schedule;
  MxuConfig array;
  std::uint32_t group;             ///< elements along k of a group
  std::uint32_t planes;            ///< clocks of a group
  bool compresses;                 ///< results, if they are complete
  std::uint64_t panels_m;          ///< of a tile of the schedule, as wide as the array
  std::uint64_t panels_n;          ///< the same
  std::uint64_t block_columns;     ///< columns of a block of results
  std::uint64_t columns_of_block;  ///< tiles of the array in it
  std::uint64_t groups_of_part;    ///< groups in a part of the first panels
  std::uint64_t parts;
  OperandLayout activations;
  OperandLayout weights;
  OperandLayout outputs;
  OperandLayout partial_sums;
  OperandLayout activation_parts;
  OperandLayout weight_parts;

  Gemm(const GemmTask& of, const TileShape& shape, const GemmAddresses& at, const Mxu& mxu, const TileLimits& limits)
      : task(of),
        schedule(of, shape),
        array(mxu.config()),
        group(mxu.processing_element().group_elements()),
        planes(mxu.processing_element().group_cycles(of.input.mantissa_bits)),
        compresses(mxu.processing_element().compresses() && !of.output.is_fp16()),
        panels_m(shape.m / array.rows),
        panels_n(shape.n / array.columns),
        block_columns(limits.n_step()),
        columns_of_block(limits.n_step() / array.columns),
        groups_of_part(limits.k_step() / group),
        parts(ceil_div(std::min(shape.k, of.k), limits.k_step())),
        activations(at.activations, of.m, array.rows, of.k, shape.k, ActivationBytes{of.input}),
        weights(at.weights, of.n, array.columns, of.k, shape.k, WeightBytes{of.weights}),
        outputs(at.outputs, of.m, array.rows, of.n, limits.n_step(), ActivationBytes{of.output}),
        partial_sums(at.partial_sums, of.m, array.rows, of.n, limits.n_step(),
                     [](std::uint64_t rows, std::uint64_t n) { return rows * n * 4; }),
        activation_parts(at.activations, of.m, array.rows, of.k, limits.k_step(), ActivationBytes{of.input}),
        weight_parts(at.weights, of.n, array.columns, of.k, limits.k_step(), WeightBytes{of.weights}) {}
};

}  // namespace anda

#endif
