// SPDX-License-Identifier: Apache-2.0
#include "search/bit_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>

#include "search/precisions.h"
#include "system/survey.h"
#include "text/text.h"

namespace anda::sim {
namespace {

RunConfig unfolded(RunConfig config) {
  config.simulation.fold_layers = false;
  return config;
}

/// Bits of an element of the operand that activations are multiplied with.
std::uint64_t second_bits(const Gemm& gemm, const RunConfig& config) {
  if (gemm.weight_bits != 0) return gemm.weight_bits;
  switch (gemm.second) {
    case SecondOperand::weights:
      return config.precision.weight_bits;
    case SecondOperand::keys:
    case SecondOperand::latent:
      return config.kv_cache.k.element_bits();
    case SecondOperand::values:
      return config.kv_cache.v.element_bits();
    case SecondOperand::fp16:
      break;
  }
  return fp16_mantissa_bits;
}

}  // namespace

BitOperations::BitOperations(GemmSource& source, const PrecisionConfig& precision,
                             const std::optional<AttentionOperations>& attention)
    : attention_(attention), fp16_(attention ? attention->fp16() : 0) {
  bool any = false;
  auto fp16 = static_cast<double>(fp16_);
  for (Gemm gemm; source.next(gemm);) {
    if (gemm.k == 0) continue;  // computed by the vector unit
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

BitOperations::BitOperations(RunConfig config, const std::optional<AttentionOperations>& attention)
    : BitOperations(*open_workload(unfolded(config)), config.precision, attention) {
  config_ = std::move(config);
}

std::uint64_t BitOperations::total(const Precisions& precisions) const {
  if (!precisions.schedule.empty()) {
    RunConfig config = config_.value();
    set_precisions(config, *config_, precisions);
    return bit_operations_of_run(config);
  }
  std::uint64_t sum = other_ + (attention_ ? attention_->total(precisions.attention) : 0);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Combination& bits = precisions.of(i);
    for (std::size_t type = 0; type < bits.size(); ++type) sum += layers_[i].weighted[type] * bits[type];
  }
  return sum;
}

std::uint64_t bit_operations_of_run(const RunConfig& config) {
  const PrecisionConfig& precision = config.precision;
  const std::unique_ptr<GemmSource> source = open_workload(config);
  std::uint64_t sum = 0;
  for (Gemm gemm; source->next(gemm);) {
    const std::uint64_t multiplications = gemm.m * gemm.n * gemm.k * gemm.count;
    const bool is_attention =
        std::find(attention_tensors.begin(), attention_tensors.end(), gemm.tensor) != attention_tensors.end();
    const bool has_length = gemm.second == SecondOperand::weights || is_attention;
    const std::uint64_t bits =
        has_length ? precision.mantissa_bits(gemm.layer, gemm.tensor, gemm.position) : fp16_mantissa_bits;
    sum += multiplications * bits * second_bits(gemm, config);
  }
  return sum;
}

}  // namespace anda::sim
