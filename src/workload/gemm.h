// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_GEMM_H
#define ANDA_SIM_WORKLOAD_GEMM_H

#include <anda/base/describe.h>
#include <anda/dataflow/vector_task.h>

#include <cstdint>
#include <optional>
#include <string>

namespace anda::sim {

/// Largest legal m, n or k of a GeMM: 2^24, which the descriptors of the accelerator hold.
inline constexpr std::uint64_t max_gemm_dimension = 1u << 24;

/// What an operation of an inference is for.
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

/// What a GeMM multiplies its activations with, or what the cache is given.
enum class SecondOperand : std::uint8_t {
  weights,  ///< integers
  keys,     ///< in the format of kv_cache.k
  values,   ///< in the format of kv_cache.v
  latent,   ///< as values of latent attention: in the format of kv_cache.k, along the other axis
  fp16
};

/// What an operation on a cache works on, of some equal sequences. Operations on a head run for each of these and, in
/// each, for each head of the cache.
struct CachePart {
  std::uint64_t sequence = 0;  ///< the first of them, in the batch
  std::uint64_t first = 0;     ///< position of the first query; of kv_append none
  std::uint64_t queries = 0;
  std::uint64_t begin = 0;  ///< tokens of the cache, begin … end − 1
  std::uint64_t end = 0;
};

/// A result that only the operations right behind it read, with the extents that it has where it is made; no rows: it
/// is not one.
struct KeptResult {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
};

/// One operation: a GeMM, C[m × n] = A[m × k] · W[k × n] with A the activations (the FP side), or one of the vector
/// unit, of m rows and n columns. A row of a trace is a GeMM with INT weights.
struct Gemm {
  std::string name;               ///< for people, "layer3.q_proj"
  std::uint32_t layer = 0;        ///< decoder layer, from 0
  std::string tensor;             ///< type of A: A_qkv, A_o, A_u, A_d or another name
  std::uint64_t m = 0;            ///< rows of A: tokens × batch
  std::uint64_t n = 0;            ///< columns of W: output features
  std::uint64_t k = 0;            ///< columns of A: input features; 0: no GeMM
  std::uint64_t count = 1;        ///< how often it runs in a row, in all layers that it stands for
  std::uint32_t weight_bits = 0;  ///< of an element of the second operand; 0: the configuration's

  OpKind kind = OpKind::gemm;
  std::uint32_t output_token = 0;                 ///< that it works towards: 0 prefill, then decode
  SecondOperand second = SecondOperand::weights;  ///< of a GeMM; of kv_append, what is appended
  std::optional<VectorOperation> vector = {};     ///< of the vector unit; none: a GeMM
  std::optional<std::string> reader = {};         ///< tensor that the results become, "": FP16; none: by `tensor`
  std::optional<CachePart> cache = {};            ///< of attention and kv_append
  std::uint64_t kept = 0;                         ///< of each row, by top_k
  std::uint64_t position = 0;                     ///< of its tokens, or the last before them at which lengths change

  // Which operands, and whether its own result, are such results.
  KeptResult kept_input = {};
  KeptResult kept_second = {};
  KeptResult kept_output = {};

  std::uint64_t layers = 1;   ///< that it stands for, each with its share of `count`
  bool decides_next = false;  ///< what comes behind it is known only when it is done: no weights load under it

  double macs() const { return static_cast<double>(m * n * k) * static_cast<double>(count); }
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
