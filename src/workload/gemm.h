// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_GEMM_H
#define ANDA_SIM_WORKLOAD_GEMM_H

#include <anda/base/describe.h>
#include <anda/dataflow/vector_task.h>

#include <cstdint>
#include <optional>
#include <string>

namespace anda::sim {

/// Largest legal m, n or k of a GeMM: 2^24, the limit of the accelerator's descriptors.
inline constexpr std::uint64_t max_gemm_dimension = 1u << 24;

/// The role of an operation in an inference.
enum class OpKind : std::uint8_t {
  gemm,  ///< a linear layer of a decoder layer
  attention_scores,
  attention_values,
  output_head,
  router,
  embedding,
  norm,
  rotary,
  kv_append,
  softmax,
  activation,
  residual
};

inline constexpr ChoiceTable<OpKind, 12> op_kinds{{{"gemm", OpKind::gemm},
                                                   {"attention_scores", OpKind::attention_scores},
                                                   {"attention_values", OpKind::attention_values},
                                                   {"output_head", OpKind::output_head},
                                                   {"router", OpKind::router},
                                                   {"embedding", OpKind::embedding},
                                                   {"norm", OpKind::norm},
                                                   {"rotary", OpKind::rotary},
                                                   {"kv_append", OpKind::kv_append},
                                                   {"softmax", OpKind::softmax},
                                                   {"activation", OpKind::activation},
                                                   {"residual", OpKind::residual}}};

/// The operand that a GeMM multiplies its activations with, or that kv_append writes to the cache.
enum class SecondOperand : std::uint8_t {
  weights,  ///< integers
  keys,     ///< in the format of kv_cache.k
  values,   ///< in the format of kv_cache.v
  latent,   ///< latents as the values of latent attention: in the format of kv_cache.k, along the other axis
  fp16
};

/// The part of the caches that an operation works on, for several equal sequences. Per-head operations run once for
/// each sequence and, within it, for each head of the cache.
struct CachePart {
  std::uint64_t sequence = 0;  ///< index of the first sequence in the batch
  std::uint64_t first = 0;     ///< position of the first query; unused by kv_append
  std::uint64_t queries = 0;
  std::uint64_t begin = 0;  ///< tokens of the cache, begin … end − 1
  std::uint64_t end = 0;
};

/// A result that only the operations right after it read, with the extents it has where it is produced. Zero rows: no
/// such result.
struct KeptResult {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
};

/// One operation: a GeMM, C[m × n] = A[m × k] · W[k × n] with A the activations (the FP side), or a vector operation on
/// m rows and n columns. A row of a trace is a GeMM with INT weights.
struct Gemm {
  std::string name;               ///< for display, e.g. "layer3.q_proj"
  std::uint32_t layer = 0;        ///< decoder layer, from 0
  std::string tensor;             ///< type of A: A_qkv, A_o, A_u, A_d or another name
  std::uint64_t m = 0;            ///< rows of A: tokens × batch
  std::uint64_t n = 0;            ///< columns of W: output features
  std::uint64_t k = 0;            ///< columns of A: input features; 0: not a GeMM
  std::uint64_t count = 1;        ///< number of consecutive runs, over all layers that it represents
  std::uint32_t weight_bits = 0;  ///< per element of the second operand; 0: as configured

  OpKind kind = OpKind::gemm;
  std::uint32_t output_token = 0;                 ///< output token that it contributes to: 0 in prefill, then decode
  SecondOperand second = SecondOperand::weights;  ///< of a GeMM; for kv_append, the appended operand
  std::optional<VectorOperation> vector = {};     ///< the vector operation; none: a GeMM
  std::optional<std::string> reader = {};         ///< tensor type of the results, "": FP16; none: derived from `tensor`
  std::optional<CachePart> cache = {};            ///< for attention and kv_append
  std::uint64_t kept = 0;                         ///< elements of each row that top_k keeps
  std::uint64_t position = 0;  ///< latest position, not after its tokens, at which mantissa lengths change

  // Operands, and its own result, that are kept results.
  KeptResult kept_input = {};
  KeptResult kept_second = {};
  KeptResult kept_output = {};

  std::uint64_t layers = 1;   ///< layers that it represents, each with its share of `count`
  bool decides_next = false;  ///< the next operation is known only after it, so no weights are prefetched under it

  double macs() const { return static_cast<double>(m * n * k) * static_cast<double>(count); }
};

/// A source of GeMMs in execution order; holds at most one row at a time.
class GemmSource {
 public:
  GemmSource() = default;
  GemmSource(const GemmSource&) = delete;
  GemmSource& operator=(const GemmSource&) = delete;
  virtual ~GemmSource() = default;

  /// Stores the next GeMM in `gemm`; returns false at the end. Throws anda::Error (input) with file and line.
  virtual bool next(Gemm& gemm) = 0;
};

}  // namespace anda::sim

#endif
