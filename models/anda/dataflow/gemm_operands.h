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

/// Memory layout of the four operands of a GeMM, and how a step's share of them is divided: operands into panels as
/// wide as the array, results into blocks of one array height × whole groups.
struct GemmOperands {
  std::uint64_t panels_m;        ///< activation panels per step
  std::uint64_t panels_n;        ///< weight panels per step
  std::uint64_t blocks_n;        ///< result blocks along n per step
  std::uint64_t tiles_of_block;  ///< output tiles of the array per block
  OperandLayout activations;
  OperandLayout weights;
  OperandLayout outputs;
  OperandLayout partial_sums;
  std::uint64_t parts;           ///< parts along k in which the panels of a GeMM's first tile are loaded
  std::uint64_t groups_of_part;  ///< groups along k per part
  std::uint64_t part_length;     ///< elements along k per part
  OperandLayout activation_parts;
  OperandLayout weight_parts;

  GemmOperands(const GemmTask& task, const StepShape& shape, const GemmAddresses& at, const MxuConfig& mxu,
               const StepLimits& limits, const ProcessingElement& element);
};

}  // namespace anda

#endif
