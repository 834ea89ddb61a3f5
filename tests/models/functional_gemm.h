// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_FUNCTIONAL_GEMM_H
#define ANDA_TESTS_MODELS_FUNCTIONAL_GEMM_H

#include <cstdint>
#include <random>
#include <vector>

#include <anda/dataflow/tensor_image.h>
#include <anda/numeric/reference/dot_row.h>
#include <anda/numeric/reference/weight_column.h>

#include "models/machine.h"

namespace anda::test {

/// Random activations and weights of a GeMM, and the expected results by the numeric library, as values and bytes.
struct FunctionalGemm {
  GemmTask task;
  std::vector<Fp16> activations;
  WeightTensor weights;

  FunctionalGemm(const GemmTask& task_, std::uint32_t seed) : task(task_) {
    std::mt19937 engine(seed);
    const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(engine()) % end; };
    for (std::uint64_t i = 0; i < std::uint64_t{task.m} * task.k; ++i) {
      activations.push_back(Fp16{static_cast<std::uint16_t>(below(2) << 15 | (6 + below(12)) << 10 | below(1024))});
    }
    weights.k = task.k;
    weights.n = task.n;
    weights.format = task.weights;
    const std::uint32_t range = 1u << task.weights.bits;
    for (std::uint64_t i = 0; i < std::uint64_t{task.k} * task.n; ++i) {
      weights.codes.push_back(static_cast<std::int8_t>(static_cast<int>(below(range)) - static_cast<int>(range / 2)));
    }
    for (std::uint64_t i = 0; i < ceil_div(task.k, task.weights.scale_group) * task.n; ++i) {
      weights.scales.push_back(Fp16{static_cast<std::uint16_t>((4 + below(8)) << 10 | below(1024))});
    }
  }

  void place(AcceleratorBench& machine, const GemmAddresses& at) const {
    const MxuConfig& array = machine.accelerator.config().mxu;
    EncodingLoss loss;
    machine.place(at.activations, pack_activation_tensor(activations, task.m, task.k, task.input, array.rows, loss));
    machine.place(at.weights, pack_weight_tensor(weights, array.columns));
  }

  std::vector<Fp16> expected(const AcceleratorBench& machine) const {
    const AcceleratorConfig& config = machine.accelerator.config();
    const PeKind kind = config.mxu.processing_element.word();
    std::vector<Fp16> results(std::uint64_t{task.m} * task.n);
    OverflowCounts overflows;
    NonFiniteCounts none;
    std::vector<std::vector<AndaGroup>> rows;
    const std::uint32_t mantissa_bits = mantissa_bits_of(kind);
    for (std::uint64_t row = 0; row < task.m && mantissa_bits != 0; ++row) {
      rows.push_back(encode_row(&activations[row * task.k], task.k, {config.format.group_size, mantissa_bits},
                                NonFinite::refuse, {"A", 0}, none));
    }
    for (std::uint64_t n = 0; n < task.n; ++n) {
      WeightColumn column;
      column.format = task.weights;
      for (std::uint64_t i = n; i < weights.codes.size(); i += task.n) column.values.push_back(weights.codes[i]);
      for (std::uint64_t i = n; i < weights.scales.size(); i += task.n) column.scales.push_back(weights.scales[i]);
      const std::vector<Fp16> values = kind == PeKind::fp_fp ? dequantise(column) : std::vector<Fp16>();
      for (std::uint64_t row = 0; row < task.m; ++row) {
        const Fp16* own = &activations[row * task.k];
        results[row * task.n + n] =
            (kind == PeKind::fp_fp    ? dot_row_fp16(own, values.data(), task.k, overflows)
             : kind == PeKind::fp_int ? dot_row_codes(own, column, overflows)
                                      : dot_row(rows[row], column, config.functional.dot_format, overflows))
                .output;
      }
    }
    return results;
  }

  /// The expected results as bytes in memory.
  std::vector<std::uint8_t> expected_bytes(const AcceleratorBench& machine) const {
    EncodingLoss loss;
    return pack_activation_tensor(expected(machine), task.m, task.n, task.output, machine.accelerator.config().mxu.rows,
                                  loss);
  }

 private:
  /// Mantissa bits of groups, in memory or formed by the element; 0 if there are none.
  std::uint32_t mantissa_bits_of(PeKind kind) const {
    switch (kind) {
      case PeKind::ifpu:
        return 24;
      case PeKind::figna:
        return 13;
      case PeKind::figna_m11:
        return 11;
      case PeKind::figna_m8:
        return 8;
      default:
        return task.input.mantissa_bits;
    }
  }
};

}  // namespace anda::test

#endif
