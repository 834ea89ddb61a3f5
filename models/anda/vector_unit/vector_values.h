// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_VECTOR_VALUES_H
#define ANDA_VECTOR_UNIT_VECTOR_VALUES_H

#include <cstdint>
#include <string>
#include <vector>

#include <anda/dataflow/vector_plan.h>
#include <anda/functional/vector_constants.h>
#include <anda/numeric/non_finite.h>
#include <anda/numeric/vector_math.h>

namespace anda {

/// The values in the lanes of the vector unit in a functional simulation: the results of its passes over operands from
/// the buffer. docs/numeric.md defines the arithmetic. Between passes it keeps per-row numbers (a maximum, sums) but no
/// operands, except, for a product, the parts of x and the second operand received so far.
class VectorValues {
 public:
  /// Throws Error (input) with the reason (problem_of()) if the values of an operation are not defined.
  void begin(const VectorPlan& plan, const VectorConstants& constants);

  /// Runs a pass over the operands of a step, in their buffer layout, one after another. A pass that keeps values for
  /// the next one stores them in place of x.
  void pass(const VectorPlan& plan, const VectorStep& step, std::size_t number, std::vector<std::uint8_t>& bytes);

  /// Results after the last pass of a step that has results: FP32, row by row; for `quantise`, bytes().
  const std::vector<float>& results() const { return results_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

  /// Counts of the operation: infinities and NaNs that `quantise` replaced, and nonzero elements that became 0.
  const NonFiniteCounts& replaced() const { return replaced_; }
  std::uint64_t zeroed() const { return zeroed_; }

  /// Why the values of an operation are not defined on this machine; empty if they are.
  static std::string problem_of(const VectorPlan& plan, const VectorConstants& constants);
  /// The part of this check that depends only on the plan. `head_dim`: head size of a rotation.
  static std::string problem_of(const VectorPlan& plan, std::uint64_t head_dim);

 private:
  struct Row {
    float largest = 0;
    VectorSum sum;
    VectorSum squares;
    float mean = 0;
    float factor = 0;  ///< factor of the last pass
  };

  void single_pass(const VectorTask& task, const VectorStep& step, const std::uint8_t* x);
  void keep_largest(const VectorTask& task, const VectorStep& step, const std::uint8_t* x);
  void softmax(const VectorPlan& plan, const VectorStep& step, std::size_t number, std::uint8_t* x);
  void norm(const VectorTask& task, const VectorStep& step, std::size_t number, const std::uint8_t* x);
  void rotate(const VectorStep& step, const std::uint8_t* x);
  void quantise(const VectorTask& task, const VectorStep& step, const std::uint8_t* x);
  void multiply(const VectorTask& task, const VectorStep& step, const std::vector<std::uint8_t>& bytes);
  ColumnRange visible(std::uint64_t row, std::uint64_t columns) const;

  VectorConstants constants_;
  std::vector<Row> rows_;  // rows of the panel
  std::vector<float> results_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> x_;  // x of a product, as received so far
  std::vector<std::uint8_t> second_;
  NonFiniteCounts replaced_;
  std::uint64_t zeroed_ = 0;
};

}  // namespace anda

#endif
