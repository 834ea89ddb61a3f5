// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_WINDOW_RUNS_H
#define ANDA_SIM_SEARCH_WINDOW_RUNS_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "llm/decoder.h"

namespace anda::sim {

/// How much of a model, and of the text it runs on, is in memory at a time.
struct MemoryPlan {
  WeightPlace place = WeightPlace::memory;
  unsigned workers = 1;             ///< threads that run windows
  std::size_t parts_at_a_time = 0;  ///< with weights in files: parts of the text that pass through all layers together
};

/// Keeps weights in memory if they, in FP32, and the threads' work fit into `bytes`. Throws Error (input) if not even
/// one layer and one window fit.
MemoryPlan plan_memory(const DecoderConfig& model, std::size_t length, std::size_t windows, unsigned threads,
                       std::uint64_t bytes);

/// Runs a decoder over windows of a text, several at a time on each thread.
class WindowRuns {
 public:
  /// Receives the logits of several windows; called by any thread, also concurrently.
  using Use = std::function<void(std::size_t first, const std::vector<float>& logits)>;

  /// `go_on`, polled before each layer of every pass by the calling thread only, ends a run with Error (run) by
  /// returning false.
  WindowRuns(const Decoder& decoder, const std::vector<std::uint32_t>& tokens, std::size_t length, unsigned threads,
             const MemoryPlan& plan, std::function<bool()> go_on);

  std::size_t windows() const { return tokens_.size() / length_; }
  /// Number of parts of the text; a part is several windows that always run together.
  std::size_t parts() const { return parts_.size(); }
  /// The windows of a part: index of the first, and their number.
  std::pair<std::size_t, std::size_t> windows_of(std::size_t part) const { return parts_[part]; }
  void run(const std::vector<std::size_t>& parts, const ActivationRounding& rounding, const Use& use);

  double gemm_s() const { return gemm_s_; }
  double rounding_s() const { return rounding_s_; }

 private:
  using Work = std::function<void(std::size_t index, DecoderWorkspace& workspace)>;

  /// Calls work for every index 0 … count − 1, on several threads.
  void over(std::size_t count, const Work& work);
  void run_from_memory(const std::vector<std::size_t>& parts, const ActivationRounding& rounding, const Use& use);
  void run_from_files(const std::vector<std::size_t>& parts, const ActivationRounding& rounding, const Use& use);

  const Decoder& decoder_;
  const std::vector<std::uint32_t>& tokens_;
  std::size_t length_;
  unsigned threads_;
  MemoryPlan plan_;
  std::vector<std::pair<std::size_t, std::size_t>> parts_;
  std::function<bool()> go_on_;
  double gemm_s_ = 0;
  double rounding_s_ = 0;
};

}  // namespace anda::sim

#endif
