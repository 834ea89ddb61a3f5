// SPDX-License-Identifier: Apache-2.0
#include "search/attention_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>

namespace anda::sim {
namespace {

constexpr double most_multiplications = 1.8e19 / (2 * fp16_mantissa_bits * fp16_mantissa_bits);

/// Number of pairs of a query and a token that it attends to, for one sequence in a layer with a window (0: none).
std::uint64_t pairs(const WorkloadConfig& workload, std::uint64_t window) {
  const std::uint64_t tokens = workload.tokens;
  const std::uint64_t longest = window == 0 ? tokens + 1 : window;
  if (workload.phase == Phase::decode) return std::min(tokens + 1, longest);  // those before it and itself
  const std::uint64_t growing = std::min(tokens, longest);
  return growing * (growing + 1) / 2 + (tokens - growing) * longest;
}

}  // namespace

AttentionOperations::AttentionOperations(const ModelShape& shape, const WorkloadConfig& workload,
                                         const PrecisionConfig& precision, const KvCacheConfig& cache)
    : AttentionOperations(precision, cache) {
  if (shape.latent) {
    throw Error::input("model " + shape.name +
                       ": the bit operations of latent attention are not counted; search "
                       "without --attention");
  }
  const std::uint64_t layers =
      workload.layers == 0 ? shape.layers : std::min<std::uint64_t>(workload.layers, shape.layers);
  double counted = 0;
  std::uint64_t multiplications = 0;  // of queries and keys; as many for probabilities and values
  for (std::uint64_t layer = 0; layer < layers; ++layer) {
    const std::uint64_t of_layer = pairs(workload, shape.window_of(layer));
    counted += static_cast<double>(of_layer) * static_cast<double>(shape.heads * shape.head_dim) * workload.batch;
    if (counted > most_multiplications) {
      throw Error::input(
          fmt::format("model {}: the attention's bit operations exceed 64 bits; use fewer tokens", shape.name));
    }
    multiplications += of_layer * shape.heads * shape.head_dim * workload.batch;
  }
  products_[0].keys = products_[1].values = multiplications;
  for (Products& products : products_) products.fp16 = multiplications * fp16_mantissa_bits;
}

AttentionOperations::AttentionOperations(const PrecisionConfig& precision, const KvCacheConfig& cache)
    : given_{precision.a_q.value_or(fp16_mantissa_bits), precision.a_p.value_or(fp16_mantissa_bits),
             cache.k.element_bits(), cache.v.element_bits()} {}

void AttentionOperations::add(const Gemm& operation) {
  const std::uint64_t multiplications = operation.m * operation.n * operation.k * operation.count;
  const auto tensor = std::find(attention_tensors.begin(), attention_tensors.end(), operation.tensor);
  if (tensor == attention_tensors.end()) {
    fixed_ += multiplications * fp16_mantissa_bits * fp16_mantissa_bits;
    return;
  }
  Products& products = products_[static_cast<std::size_t>(tensor - attention_tensors.begin())];
  products.fp16 += multiplications * fp16_mantissa_bits;
  if (operation.weight_bits != 0 || operation.second == SecondOperand::fp16) {
    products.others += multiplications * (operation.weight_bits != 0 ? operation.weight_bits : fp16_mantissa_bits);
  } else if (operation.second == SecondOperand::values) {
    products.values += multiplications;
  } else {
    products.keys += multiplications;
  }
}

std::uint64_t AttentionOperations::fp16() const {
  return fixed_ + (products_[0].fp16 + products_[1].fp16) * fp16_mantissa_bits;
}

std::uint64_t AttentionOperations::total(const AttentionLengths& lengths) const {
  AttentionLengths bits = given_;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (lengths[i] != 0) bits[i] = lengths[i];
  }
  std::uint64_t sum = fixed_;
  for (std::size_t i = 0; i < products_.size(); ++i) {
    const Products& of = products_[i];
    sum += bits[i] * (of.keys * bits[2] + of.values * bits[3] + of.others);
  }
  return sum;
}

}  // namespace anda::sim
