// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ARRAY_VALUES_H
#define ANDA_MXU_ARRAY_VALUES_H

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <anda/dataflow/step_plan.h>
#include <anda/mxu/processing_element/processing_element.h>
#include <anda/numeric/arithmetic.h>

namespace anda {

/// The values in the array of a functional simulation: operands as the elements see them, and sums. Results depend only
/// on the bytes that fetch() delivers.
class ArrayValues {
 public:
  /// Reads bytes of a buffer.
  using Fetch = std::function<void(std::uint64_t address, std::uint64_t bytes, std::uint8_t* to)>;

  ArrayValues(const ProcessingElement& element, DotFormat dot_format, Fetch activations, Fetch weights);

  void begin(const StepPlan& plan);

  /// Computes all output tiles of a step. Operands that the array processes plane by plane are decomposed here once per
  /// load.
  void compute(const StepPlan& plan, const Step& step);

  /// The sums of an output tile, row by row, as left by compute(); valid until the next call.
  float* tile(const ArrayTile& tile);

  /// Since begin(): dot products that overflowed FP16, and activations that the element had to replace.
  const OverflowCounts& overflows() const { return overflows_; }
  const NonFiniteCounts& misread() const { return misread_; }

 private:
  void take_operands(const StepPlan& plan, const Step& step);
  void take_partial_sums(const StepPlan& plan, const Step& step);
  float* sums(std::uint64_t row, std::uint64_t column) { return &sums_[(row * columns_ + column) * tile_values_]; }

  std::unique_ptr<Arithmetic> arithmetic_;
  Fetch fetch_activations_;
  Fetch fetch_weights_;
  std::vector<std::uint8_t> bytes_;
  std::array<std::vector<ActivationPanel>, 2> activations_;  // by buffer half
  std::array<std::vector<WeightPanel>, 2> weights_;
  std::uint64_t columns_ = 0;      // tiles per row
  std::uint64_t tile_values_ = 0;  // padded to whole columns of the kernels
  std::vector<float> sums_;
  std::vector<float> tile_;
  OverflowCounts overflows_;
  NonFiniteCounts misread_;
};

}  // namespace anda

#endif
