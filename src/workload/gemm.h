// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_GEMM_H
#define ANDA_SIM_WORKLOAD_GEMM_H

#include <cstdint>
#include <string>

namespace anda::sim {

/// Largest legal m, n or k of a GeMM: 2^24, which the descriptors of the accelerator hold.
inline constexpr std::uint64_t max_gemm_dimension = 1u << 24;

/// One row of a trace: C[m × n] = A[m × k] · W[k × n], A the activations (the FP side), W the INT weights.
struct Gemm {
  std::string name;               ///< for people, "layer3.q_proj"
  std::uint32_t layer = 0;        ///< decoder layer, from 0
  std::string tensor;             ///< type of A: A_qkv, A_o, A_u, A_d or another name
  std::uint64_t m = 0;            ///< rows of A: tokens × batch
  std::uint64_t n = 0;            ///< columns of W: output features
  std::uint64_t k = 0;            ///< columns of A: input features
  std::uint64_t count = 1;        ///< how often it runs in a row
  std::uint32_t weight_bits = 0;  ///< 0: the configuration's
};

/// Where GeMMs come from, one after another, in execution order; holds no more than one row.
class GemmSource {
 public:
  GemmSource() = default;
  GemmSource(const GemmSource&) = delete;
  GemmSource& operator=(const GemmSource&) = delete;
  virtual ~GemmSource() = default;

  /// Puts the next GeMM into `gemm`; false at the end. Throws anda::Error (input) with file and line.
  virtual bool next(Gemm& gemm) = 0;
};

}  // namespace anda::sim

#endif
