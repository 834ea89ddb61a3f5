// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_CLUSTER_CONFIG_H
#define ANDA_SIM_CONFIG_CLUSTER_CONFIG_H

#include <anda/base/describe.h>
#include <anda/link/link_config.h>

#include <cstdint>
#include <string>

namespace anda::sim {

/// Dimension along which the second GeMM of attention and of the feed-forward part is split over accelerators.
enum class Split {
  rows,    ///< k, as in Megatron: an all-reduce in FP16 adds up partial results
  columns  ///< n: results are gathered; each sum is computed on one accelerator
};

inline constexpr ChoiceTable<Split, 2> splits{{{"rows", Split::rows}, {"columns", Split::columns}}};

/// How a model is distributed over accelerators.
struct ParallelConfig {
  std::uint32_t tensor = 1;
  std::uint32_t pipeline = 1;
  std::uint32_t expert = 1;
  Split split = Split::rows;
  std::uint32_t overlap = 1;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("tensor", self.tensor, Range<std::uint32_t>{1, 1024},
                 "accelerators that share each layer: heads, columns of Q, K, V, gate and up, rows or columns of the "
                 "output and down projections");
    visit.number("pipeline", self.pipeline, Range<std::uint32_t>{1, 1024},
                 "stages of consecutive layers; as many iterations are in flight");
    visit.number("expert", self.expert, Range<std::uint32_t>{1, 1024},
                 "groups of accelerators that share the experts of each layer and the requests of each iteration");
    visit.choice("split", self.split, splits,
                 "of the output and down projections; rows: partial sums, an all-reduce in FP16; columns: the inputs "
                 "and results are gathered, so that the bits are those of one accelerator");
    visit.number(
        "overlap", self.overlap, Range<std::uint32_t>{1, 64},
        "most parts into which the tokens of an iteration are cut so that one part communicates while the next "
        "is computed; of 1, 2, 4 … and this number the fastest. 1: no overlap");
  }
};

/// The accelerators of a server and the links between them.
struct ClusterConfig {
  std::uint32_t accelerators = 1;
  ParallelConfig parallel;
  LinkConfig link;

  /// Number of independent copies of the model, each with its own requests.
  std::uint32_t replicas() const { return accelerators / (parallel.tensor * parallel.pipeline * parallel.expert); }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("accelerators", self.accelerators, Range<std::uint32_t>{1, 65536},
                 "a multiple of parallel.tensor × pipeline × expert; more of them are independent replicas, which take "
                 "requests in turn");
    visit.section("parallel", self.parallel, "how the model is spread over the accelerators");
    visit.section("link", self.link, "the links between the accelerators");
  }
  void check(const std::string& path, Problems& problems) const {
    const std::uint64_t each = std::uint64_t{parallel.tensor} * parallel.pipeline * parallel.expert;
    if (accelerators % each == 0) return;
    problems.push_back({join_key(path, "accelerators"), "is " + number_text(accelerators) +
                                                            ", must be a multiple of parallel.tensor × pipeline × "
                                                            "expert = " +
                                                            number_text(each)});
  }
};

}  // namespace anda::sim

#endif
