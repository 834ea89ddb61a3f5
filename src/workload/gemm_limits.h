// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_GEMM_LIMITS_H
#define ANDA_SIM_WORKLOAD_GEMM_LIMITS_H

#include <cstdint>

#include "workload/gemm.h"

namespace anda::sim {

inline constexpr std::uint64_t max_layer = 65535;
/// Largest maximum sequence length, in tokens, that a model may declare.
inline constexpr std::uint64_t max_positions = std::uint64_t{1} << 40;
inline constexpr std::uint64_t max_experts = 65536;
inline constexpr std::uint64_t max_count = std::uint64_t{1} << 32;
inline constexpr std::uint64_t max_weight_bits = 8;
/// Maximum multiply-accumulates of a row over all `count` runs: sums of a few rows still fit in 64 bits.
inline constexpr std::uint64_t max_macs = std::uint64_t{1} << 62;

/// Whether m · k · n · count is at most max_macs. Each factor must be legal by itself.
inline bool macs_fit(const Gemm& gemm) { return gemm.m * gemm.k <= max_macs / gemm.n / gemm.count; }

}  // namespace anda::sim

#endif
