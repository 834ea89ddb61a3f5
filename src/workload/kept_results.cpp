// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "workload/inference.h"

namespace anda::sim {
namespace {

/// A result and an operation that reads it, in the order of a layer.
struct Link {
  std::string_view maker;
  std::string_view reader;
  bool is_second = false;  ///< operand of the reader
};

/// Every reader of such a result is here, or its extents are others and it is not taken.
constexpr std::array<Link, 32> links{{{"attention_norm", "q_proj"},
                                      {"attention_norm", "k_proj"},
                                      {"attention_norm", "v_proj"},
                                      {"attention_norm", "qkv_proj"},
                                      {"attention_norm", "q_a_proj"},
                                      {"attention_norm", "kv_a_proj"},
                                      {"attention_norm", "qkv_a_proj"},
                                      {"attention_norm", "q_nope_proj"},
                                      {"attention_norm", "q_rope_proj"},
                                      {"q_a_proj", "q_a_norm"},
                                      {"q_a_norm", "q_proj"},
                                      {"q_a_norm", "q_nope_proj"},
                                      {"q_a_norm", "q_rope_proj"},
                                      {"q_proj", "q_norm"},
                                      {"k_proj", "k_norm"},
                                      {"q_proj", "q_rotary"},
                                      {"k_proj", "k_rotary"},
                                      {"q_norm", "q_rotary"},
                                      {"k_norm", "k_rotary"},
                                      {"scores", "softmax"},
                                      {"softmax", "values"},
                                      {"feed_forward_norm", "gate_proj"},
                                      {"feed_forward_norm", "up_proj"},
                                      {"feed_forward_norm", "gate_up_proj"},
                                      {"feed_forward_norm", "fc1"},
                                      {"gate_proj", "activation"},
                                      {"up_proj", "activation", true},
                                      {"gate_up_proj", "activation"},
                                      {"gate_up_proj", "activation", true},
                                      {"fc1", "activation"},
                                      {"activation", "down_proj"},
                                      {"activation", "fc2"}}};

constexpr std::size_t farthest = 8;  // operations between one that makes a result and one that reads it

/// "expert." and the like of a name, and what is behind it.
std::string_view prefix_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? "" : name.substr(0, dot + 1);
}
std::string_view bare_name(std::string_view name) { return name.substr(prefix_of(name).size()); }

/// Values of an operand that an operation reads.
std::uint64_t operand_values(const Gemm& gemm) { return gemm.m * (gemm.vector ? gemm.n : gemm.k); }

/// Experts, whose names have a prefix, take only some rows of what is normed before them.
bool fits(const Gemm& maker, const Gemm& reader) {
  // Gate and up are halves of one result.
  const std::uint64_t parts = bare_name(maker.name) == "gate_up_proj" ? 2 : 1;
  return maker.m * maker.n == parts * operand_values(reader) && maker.count == reader.count &&
         prefix_of(maker.name) == prefix_of(reader.name);
}

/// Whether the feed-forward part reads it as well, whose operations come later.
bool has_other_readers(const ModelShape& shape, const Gemm& maker) {
  return shape.parallel_parts && maker.name == "attention_norm";
}

}  // namespace

void mark_kept(const ModelShape& shape, std::vector<Gemm>& operations) {
  for (std::size_t i = 0; i < operations.size(); ++i) {
    Gemm& reader = operations[i];
    for (const bool is_second : {false, true}) {
      for (std::size_t back = 1; back <= std::min(i, farthest); ++back) {
        Gemm& maker = operations[i - back];
        const bool is_linked = std::any_of(links.begin(), links.end(), [&](const Link& link) {
          return link.is_second == is_second && link.maker == bare_name(maker.name) &&
                 link.reader == bare_name(reader.name);
        });
        if (!is_linked) continue;
        if (fits(maker, reader) && !has_other_readers(shape, maker)) {
          maker.kept_output = {maker.m, maker.n};
          (is_second ? reader.kept_second : reader.kept_input) = maker.kept_output;
        }
        break;
      }
    }
  }
}

}  // namespace anda::sim
