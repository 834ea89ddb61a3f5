// SPDX-License-Identifier: Apache-2.0
#include <anda/vector_unit/vector_passes.h>

namespace anda {

namespace {

VectorPass pass(const LaneWork& element, const LaneWork& row = {}) { return {element, row, false, false}; }
VectorPass reduction(const LaneWork& element, bool keeps = false) { return {element, {}, true, keeps}; }

constexpr LaneWork gelu{8, 1, 1, 0};  // cubic 4, argument and result of tanh 2, product 2
constexpr LaneWork silu{2, 1, 1, 0};  // 1 + e^−x, product
constexpr LaneWork sigmoid{1, 1, 1, 0};

LaneWork gated(LaneWork work) {
  ++work.simple;
  return work;
}

/// Maximum; subtract, exp, sum; divide. If rows do not fit, subtraction and exp are done twice.
std::vector<VectorPass> softmax(bool rows_fit) {
  const LaneWork divide = rows_fit ? LaneWork{1, 0, 0, 0} : LaneWork{2, 1, 0, 0};
  return {reduction({1, 0, 0, 0}), reduction({2, 1, 0, 0}, rows_fit), pass(divide, {0, 0, 1, 0})};
}

/// Finds the largest remaining value `count` times (skip those found, maximum), then outputs the values found.
std::vector<VectorPass> top_k(std::uint32_t count) {
  std::vector<VectorPass> passes(count, reduction({2, 0, 0, 0}));
  passes.push_back(pass({1, 0, 0, 0}));
  return passes;
}

}  // namespace

std::vector<VectorPass> passes_of(const VectorTask& task, bool rows_fit) {
  switch (task.operation) {
    case VectorOperation::copy:
      return {pass({1, 0, 0, 0})};
    case VectorOperation::add:
    case VectorOperation::relu:
      return {pass({1, 0, 0, 0})};
    case VectorOperation::layer_norm:  // sum, sum of squares; subtract, scale, γ, β
      return {reduction({3, 0, 0, 0}), pass({4, 0, 0, 0}, {3, 0, 0, 1})};
    case VectorOperation::rms_norm:  // sum of squares; scale, γ
      return {reduction({2, 0, 0, 0}), pass({2, 0, 0, 0}, {1, 0, 0, 1})};
    case VectorOperation::rotary:
      return {pass({3, 0, 0, 0})};
    case VectorOperation::softmax:
      return softmax(rows_fit);
    case VectorOperation::gelu:
      return {pass(gelu)};
    case VectorOperation::silu:
      return {pass(silu)};
    case VectorOperation::gated_gelu:
      return {pass(gated(gelu))};
    case VectorOperation::gated_silu:
      return {pass(gated(silu))};
    case VectorOperation::quantise:  // largest magnitude of a group; scale, round and clip
      return {reduction({1, 0, 0, 0}), pass({2, 0, 0, 0}, {1, 0, 1, 0})};
    case VectorOperation::multiply:
      return {pass({1, 0, 0, 0})};
    case VectorOperation::sigmoid:
      return {pass(sigmoid)};
    case VectorOperation::top_k:
      return top_k(task.depth);
  }
  return {};
}

}  // namespace anda
