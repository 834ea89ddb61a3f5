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

/// The values in the lanes of the vector unit, where real data moves: what its passes make of the operands that they
/// read from the buffer. docs/numeric.md defines the arithmetic. Between passes it keeps numbers of a row (a maximum,
/// sums), no operands; of a product, what has come of x and the second operand.
class VectorValues {
 public:
  /// Throws Error (input) for an operation whose values are not defined, naming the reason (problem_of()).
  void begin(const VectorPlan& plan, const VectorConstants& constants);

  /// A pass over the operands of a step, as they lie in the buffer, one after another. A pass that keeps values for the
  /// next puts them in the place of x.
  void pass(const VectorPlan& plan, const VectorStep& step, std::size_t number, std::vector<std::uint8_t>& bytes);

  /// After the last pass of a step with results: FP32, row after row; those of `quantise` are bytes().
  const std::vector<float>& results() const { return results_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

  /// Of the operation: infinities and NaNs that `quantise` had to replace, and elements not 0 that became 0.
  const NonFiniteCounts& replaced() const { return replaced_; }
  std::uint64_t zeroed() const { return zeroed_; }

  /// Why the values of an operation are not defined on this machine; empty: they are.
  static std::string problem_of(const VectorPlan& plan, const VectorConstants& constants);
  /// Of that, what depends on the plan alone. `head_dim`: of a rotation.
  static std::string problem_of(const VectorPlan& plan, std::uint64_t head_dim);

 private:
  struct Row {
    float largest = 0;
    VectorSum sum;
    VectorSum squares;
    float mean = 0;
    float factor = 0;  ///< that the last pass multiplies by
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
  std::vector<Row> rows_;  // of the panel
  std::vector<float> results_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> x_;  // of a product, as it comes
  std::vector<std::uint8_t> second_;
  NonFiniteCounts replaced_;
  std::uint64_t zeroed_ = 0;
};

}  // namespace anda

#endif
