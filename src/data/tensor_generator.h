// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_TENSOR_GENERATOR_H
#define ANDA_SIM_DATA_TENSOR_GENERATOR_H

#include <anda/numeric/fp16.h>

#include <cstdint>
#include <vector>

namespace anda::sim {

// Synthetic tensors. A number depends only on seed, GeMM and position, and is computed from integers and single IEEE
// 754 operations, so that a seed gives the same bytes on every machine.

/// Activations distributed as in language models: normally distributed with standard deviation 1 in every channel
/// (index along k), except in outlier channels, about one in 128, where it is 16 … 79.
std::vector<Fp16> generate_activations(std::uint64_t seed, std::uint64_t gemm, std::uint64_t m, std::uint64_t k);

/// Uniformly distributed numbers.
std::vector<std::uint64_t> generate_bits(std::uint64_t seed, std::uint64_t place, std::uint64_t count);

/// Weights: normally distributed with mean 0 and standard deviation 1/64.
std::vector<float> generate_weights(std::uint64_t seed, std::uint64_t gemm, std::uint64_t k, std::uint64_t n);

}  // namespace anda::sim

#endif
