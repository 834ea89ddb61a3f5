// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_CYCLE_GEMM_H
#define ANDA_ENGINE_CYCLE_GEMM_H

#include <cstdint>

#include <anda/base/math.h>
#include <anda/dataflow/gemm_operands.h>
#include <anda/engine/cycle_engine.h>

namespace anda {

/// What does not change in the course of a GeMM.
struct CycleEngine::Gemm {
  const GemmTask& task;
  Schedule schedule;
  GemmOperands operands;
  MxuConfig array;
  std::uint32_t group;          ///< elements along k of a group
  std::uint32_t planes;         ///< clocks of a group
  bool compresses;              ///< results, if they are complete
  std::uint64_t block_columns;  ///< columns of a block of results

  Gemm(const GemmTask& of, const TileShape& shape, const GemmAddresses& at, const Mxu& mxu, const TileLimits& limits)
      : task(of),
        schedule(of, shape),
        operands(of, shape, at, mxu, limits),
        array(mxu.config()),
        group(mxu.processing_element().group_elements()),
        planes(mxu.processing_element().group_cycles(of.input.mantissa_bits)),
        compresses(mxu.processing_element().compresses() && !of.output.is_fp16()),
        block_columns(limits.n_step()) {}
};

}  // namespace anda

#endif
