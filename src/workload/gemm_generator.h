// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_GEMM_GENERATOR_H
#define ANDA_SIM_WORKLOAD_GEMM_GENERATOR_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "workload/gemm.h"
#include "workload/model_shape.h"
#include "workload/phase.h"

namespace anda::sim {

struct GeneratorOptions {
  Phase phase = Phase::prefill;
  /// Prompt length in prefill. In decode the context length, which affects only the attention over the key/value cache:
  /// the FP-INT GeMMs are the same for every length.
  std::uint64_t tokens = 2048;
  std::uint64_t batch = 1;                         ///< sequences
  std::uint64_t layers = 0;                        ///< number of leading layers to run; 0: all
  bool fuse_projections = false;                   ///< Q, K and V are one GeMM, gate and up another
  std::vector<std::uint64_t> length_changes = {};  ///< positions at which mantissa lengths change, ascending
};

/// Returns what may surprise the user of a model's file, one sentence each.
std::vector<std::string> notes_on_file(const ModelShape& shape);

/// Returns what may surprise the user of these GeMMs, one sentence each.
std::vector<std::string> notes_on(const ModelShape& shape, const GeneratorOptions& options);

/// Generates the FP-INT GeMMs of a model in execution order, layer by layer: those of each decoder layer's linear
/// layers, whose weights are quantised. It omits attention scores and their product with V, which multiply two FP16
/// tensors, and embeddings and the output head, whose weights stay FP16.
class GemmGenerator : public GemmSource {
 public:
  /// Throws anda::Error (input) if the shape or the options yield no legal GeMM.
  GemmGenerator(const ModelShape& shape, const GeneratorOptions& options);

  bool next(Gemm& gemm) override;

 private:
  struct Step {
    const char* name;
    const char* tensor;
    std::uint64_t k;
    std::uint64_t n;
  };

  /// Consecutive rows whose activations have the same mantissa lengths.
  struct Span {
    std::uint64_t position;
    std::uint64_t rows;
  };

  void make_spans(const GeneratorOptions& options);
  void make_steps(const ModelShape& shape, bool fuse);

  std::vector<Step> steps_;  ///< GeMMs of one layer
  std::vector<Span> spans_;
  std::uint64_t layers_ = 0;
  std::uint64_t layer_ = 0;
  std::size_t step_ = 0;
  std::size_t span_ = 0;
};

}  // namespace anda::sim

#endif
