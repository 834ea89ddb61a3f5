// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "workload/inference.h"

namespace anda::sim {
namespace {

/// A result and an operation that reads it, in layer order.
struct Link {
  std::string_view maker;
  std::string_view reader;
  bool is_second = false;  ///< read as the second operand
};

/// Lists every reader of such a result; where a reader is missing, the extents differ and the result is not kept.
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

constexpr std::size_t farthest = 8;  // operations between the producer and a reader of a result

/// Returns the prefix of a name, such as "expert."; bare_name() returns the rest.
std::string_view prefix_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? "" : name.substr(0, dot + 1);
}
std::string_view bare_name(std::string_view name) { return name.substr(prefix_of(name).size()); }

/// Number of values of an operand that an operation reads.
std::uint64_t operand_values(const Gemm& gemm) { return gemm.m * (gemm.vector ? gemm.n : gemm.k); }

/// Whether a reader takes the whole result. Experts, whose names have a prefix, take only some rows of the norm before
/// them.
bool fits(const Gemm& maker, const Gemm& reader) {
  // Gate and up are halves of one combined result.
  const std::uint64_t parts = bare_name(maker.name) == "gate_up_proj" ? 2 : 1;
  return maker.m * maker.n == parts * operand_values(reader) && maker.count == reader.count &&
         prefix_of(maker.name) == prefix_of(reader.name);
}

/// Whether the feed-forward part, whose operations come later, also reads it.
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
