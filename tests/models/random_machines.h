// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_RANDOM_MACHINES_H
#define ANDA_TESTS_MODELS_RANDOM_MACHINES_H

#include <initializer_list>
#include <optional>
#include <random>

#include "models/machine.h"

namespace anda::test {

/// A GeMM and its tiling.
struct RandomGemm {
  std::uint32_t m = 1;
  std::uint32_t n = 1;
  std::uint32_t k = 1;
  std::uint32_t input_bits = 8;
  std::uint32_t output_bits = 8;
  Tiling tiling = Tiling::paper;

  /// The chosen step; nullopt if none fits.
  std::optional<StepShape> tile(const AcceleratorConfig& config, const GemmTask& task) const {
    try {
      return choose_step(tiling, config, task);
    } catch (const Error&) {
      return std::nullopt;
    }
  }
};

/// Machines and GeMMs small enough to run hundreds of them, with many edge cases: ragged sizes, buffers that force a
/// split of k, ports and memories too slow for the array.
class RandomMachines {
 public:
  explicit RandomMachines(std::uint32_t seed) : random_(seed) {}

  std::uint64_t pick(std::initializer_list<std::uint64_t> values) { return *(values.begin() + below(values.size())); }
  std::uint32_t pick32(std::initializer_list<std::uint64_t> values) { return static_cast<std::uint32_t>(pick(values)); }
  std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(random_() % bound); }

  AcceleratorConfig accelerator() {
    AcceleratorConfig config = machine_of(below(4) == 0 ? pe_kinds[below(pe_kinds.size())].value : PeKind::anda);
    config.mxu.rows = pick32({8, 16, 32});
    config.mxu.columns = pick32({8, 16, 32});
    config.activation_buffer.mantissa_bytes = pick({16384, 65536, 1u << 18, 1u << 20});
    config.activation_buffer.exponent_bytes = config.activation_buffer.mantissa_bytes / 8;
    config.weight_buffer.bytes = pick({16384, 65536, 1u << 18, 1u << 20});
    config.weight_buffer.word_bits = pick32({256, 512, 1024, 2048});
    return config;
  }

  /// Makes the DMA use the four phases.
  void use_phases(AcceleratorConfig& config) {
    config.dma.protocol = MemoryProtocol::at;
    config.dma.max_burst_bytes = pick32({32, 64, 256, 4096});
    config.dma.requests_in_flight = pick32({1, 3, 16, 64});
  }

  DramConfig dram() {
    DramConfig config;
    config.data_rate_bit_per_s = static_cast<double>(pick({20000000, 100000000, 500000000, 2000000000}));
    return config;
  }

  RandomGemm gemm() {
    return {dimension(300), dimension(600), dimension(2000),
            1 + below(16),  1 + below(16),  below(2) == 0 ? Tiling::paper : Tiling::automatic};
  }

 private:
  /// A random dimension; half of them are next to a multiple of 64, where the edge cases are.
  std::uint32_t dimension(std::uint32_t most) {
    if (below(2) == 0) return 1 + below(most);
    return (1 + below(most / 64)) * 64 + below(3) - 1;
  }

  std::mt19937 random_;
};

}  // namespace anda::test

#endif
