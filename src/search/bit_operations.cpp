// SPDX-License-Identifier: Apache-2.0
#include "search/bit_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>

#include "text/text.h"

namespace anda::sim {

BitOperations::BitOperations(GemmSource& source, const PrecisionConfig& precision,
                             const std::optional<AttentionOperations>& attention)
    : attention_(attention), fp16_(attention ? attention->fp16() : 0) {
  bool any = false;
  auto fp16 = static_cast<double>(fp16_);
  for (Gemm gemm; source.next(gemm);) {
    if (gemm.k == 0) continue;  // of the vector unit
    const bool has_weights = gemm.second == SecondOperand::weights;
    const std::uint32_t weight_bits = !has_weights            ? fp16_mantissa_bits
                                      : gemm.weight_bits != 0 ? gemm.weight_bits
                                                              : precision.weight_bits;
    fp16 += gemm.macs() * weight_bits * fp16_mantissa_bits;
    if (fp16 > 1.8e19) {
      throw Error::input(fmt::format(
          "GeMM '{}': the workload's bit operations exceed 64 bits; use fewer tokens, which does not change the order",
          gemm.name));
    }
    const std::uint64_t exact = gemm.m * gemm.n * gemm.k * gemm.count * weight_bits;
    fp16_ += exact * fp16_mantissa_bits;
    if (!has_weights) {
      attention_->add(gemm);
      continue;
    }
    if (gemm.layer >= layers_.size()) layers_.resize(gemm.layer + 1);
    const auto type = std::find(tensor_types.begin(), tensor_types.end(), gemm.tensor);
    if (type == tensor_types.end()) {
      other_ += exact * precision.other;
    } else {
      layers_[gemm.layer].weighted[static_cast<std::size_t>(type - tensor_types.begin())] += exact;
      any = true;
    }
  }
  if (!any) {
    throw Error::input("the workload has no GeMM of " + joined({tensor_types.begin(), tensor_types.end()}, ", ") +
                       ": there is nothing to search");
  }
}

std::uint64_t BitOperations::total(const Precisions& precisions) const {
  std::uint64_t sum = other_ + (attention_ ? attention_->total(precisions.attention) : 0);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Combination& bits = precisions.of(i);
    for (std::size_t type = 0; type < bits.size(); ++type) sum += layers_[i].weighted[type] * bits[type];
  }
  return sum;
}

}  // namespace anda::sim
