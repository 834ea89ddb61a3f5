// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_TENSOR_GENERATOR_H
#define ANDA_SIM_DATA_TENSOR_GENERATOR_H

#include <anda/numeric/fp16.h>

#include <cstdint>
#include <vector>

namespace anda::sim {

// Made-up tensors. A number depends on seed, GeMM and place only, and is made of integers and single IEEE 754
// operations, so that a seed gives the same bytes on every machine.

/// Activations as language models have them: a bell curve of standard deviation 1 in every channel (index along k), but
/// for about one channel in 128, an outlier, where it is 16 … 79.
std::vector<Fp16> generate_activations(std::uint64_t seed, std::uint64_t gemm, std::uint64_t m, std::uint64_t k);

/// Evenly spread numbers.
std::vector<std::uint64_t> generate_bits(std::uint64_t seed, std::uint64_t place, std::uint64_t count);

/// Weights: a bell curve of standard deviation 1/64 about zero.
std::vector<float> generate_weights(std::uint64_t seed, std::uint64_t gemm, std::uint64_t k, std::uint64_t n);

}  // namespace anda::sim

#endif
