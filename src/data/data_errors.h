// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_DATA_ERRORS_H
#define ANDA_SIM_DATA_DATA_ERRORS_H

#include <algorithm>
#include <cstdint>

namespace anda::sim {

/// Errors of GeMM results from a machine's arithmetic, relative to FP32 on the same operands: FP16 activations times q
/// · scale, both before the machine encodes them.
struct DataErrors {
  double signal = 0;  ///< Σ reference²
  double noise = 0;   ///< Σ (result − reference)², over finite results
  double max_abs_error = 0;
  std::uint64_t dot_overflows = 0;
  std::uint64_t output_overflows = 0;
  std::uint64_t replaced_inputs = 0;
  std::uint64_t replaced_outputs = 0;
  std::uint64_t zeroed_activations = 0;
  std::uint64_t zeroed_weights = 0;
  std::uint64_t zeroed_outputs = 0;

  DataErrors& operator+=(const DataErrors& other) {
    signal += other.signal;
    noise += other.noise;
    max_abs_error = std::max(max_abs_error, other.max_abs_error);
    dot_overflows += other.dot_overflows;
    output_overflows += other.output_overflows;
    replaced_inputs += other.replaced_inputs;
    replaced_outputs += other.replaced_outputs;
    zeroed_activations += other.zeroed_activations;
    zeroed_weights += other.zeroed_weights;
    zeroed_outputs += other.zeroed_outputs;
    return *this;
  }
};

}  // namespace anda::sim

#endif
