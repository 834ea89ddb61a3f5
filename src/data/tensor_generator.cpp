// SPDX-License-Identifier: Apache-2.0
#include "data/tensor_generator.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t outlier_spacing = 128;
constexpr std::uint64_t outlier_least = 16;
constexpr std::uint64_t outlier_span = 64;

enum class Stream : std::uint64_t { activations = 1, channels = 2, weights = 3, bits = 4 };

/// The finaliser of SplitMix64: flipping any input bit changes half of the output bits on average.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// Random numbers, addressed by index.
class Numbers {
 public:
  Numbers(std::uint64_t seed, std::uint64_t gemm, Stream stream)
      : key_(mixed(mixed(mixed(seed + 1) + gemm + 1) + static_cast<std::uint64_t>(stream))) {}

  std::uint64_t bits(std::uint64_t index) const { return mixed(key_ + (index + 1) * 0x9E3779B97F4A7C15u); }

  /// Sum of four uniformly distributed numbers: nearly normal, with standard deviation 1 and magnitude at most 3.5.
  float bell(std::uint64_t index) const {
    const std::uint64_t random = bits(index);
    std::int64_t sum = 0;
    for (int part = 0; part < 4; ++part) sum += static_cast<std::int64_t>(random >> (16 * part) & 0xFFFF);
    // The mean is 4 · 65535 / 2, the variance 4 · (65536² − 1) / 12 = 37837²; the integer fits in a float's 24 bits.
    return static_cast<float>(sum - 131070) / 37837.0F;
  }

 private:
  std::uint64_t key_;
};

}  // namespace

std::vector<Fp16> generate_activations(std::uint64_t seed, std::uint64_t gemm, std::uint64_t m, std::uint64_t k) {
  const Numbers numbers(seed, gemm, Stream::activations);
  const Numbers channels(seed, gemm, Stream::channels);
  std::vector<float> size(k, 1.0F);
  for (std::uint64_t i = 0; i < k; ++i) {
    const std::uint64_t random = channels.bits(i);
    if (random % outlier_spacing == 0) {
      size[i] = static_cast<float>(outlier_least + random / outlier_spacing % outlier_span);
    }
  }
  std::vector<Fp16> values;
  values.reserve(m * k);
  for (std::uint64_t row = 0; row < m; ++row) {
    for (std::uint64_t i = 0; i < k; ++i) values.push_back(to_fp16(numbers.bell(row * k + i) * size[i]));
  }
  return values;
}

std::vector<float> generate_weights(std::uint64_t seed, std::uint64_t gemm, std::uint64_t k, std::uint64_t n) {
  const Numbers numbers(seed, gemm, Stream::weights);
  std::vector<float> values;
  values.reserve(k * n);
  for (std::uint64_t i = 0; i < k * n; ++i) values.push_back(numbers.bell(i) / 64.0F);
  return values;
}

std::vector<std::uint64_t> generate_bits(std::uint64_t seed, std::uint64_t place, std::uint64_t count) {
  const Numbers numbers(seed, place, Stream::bits);
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t i = 0; i < count; ++i) values[i] = numbers.bits(i);
  return values;
}

}  // namespace anda::sim
