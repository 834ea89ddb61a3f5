// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_GEMM_OPERANDS_H
#define ANDA_DATAFLOW_GEMM_OPERANDS_H

#include <cstdint>

#include <anda/dataflow/gemm_task.h>
#include <anda/dataflow/operand_layout.h>
#include <anda/dataflow/step_limits.h>
#include <anda/mxu/mxu_config.h>

namespace anda {

class ProcessingElement;

/// Where the four operands of a GeMM lie, and how a step's share of them is cut: panels as wide as the array, results
/// in blocks of an array's height and whole groups.
struct GemmOperands {
  std::uint64_t panels_m;        ///< activation panels of a step
  std::uint64_t panels_n;        ///< weight panels of a step
  std::uint64_t blocks_n;        ///< result blocks along n of a step
  std::uint64_t tiles_of_block;  ///< output tiles of the array in a block
  OperandLayout activations;
  OperandLayout weights;
  OperandLayout outputs;
  OperandLayout partial_sums;
  std::uint64_t parts;           ///< parts of a step's panels that the first tile of a GeMM takes in one by one
  std::uint64_t groups_of_part;  ///< groups along k in such a part
  std::uint64_t part_length;     ///< elements along k in such a part
  OperandLayout activation_parts;
  OperandLayout weight_parts;

  GemmOperands(const GemmTask& task, const StepShape& shape, const GemmAddresses& at, const MxuConfig& mxu,
               const StepLimits& limits, const ProcessingElement& element);
};

}  // namespace anda

#endif
