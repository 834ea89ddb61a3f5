// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_PRECISION_CONFIG_H
#define ANDA_SIM_CONFIG_PRECISION_CONFIG_H

#include <anda/base/describe.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace anda::sim {

/// Tensor types with their own mantissa length, in the order used in lists.
inline constexpr std::array<const char*, 4> tensor_types{"A_qkv", "A_o", "A_u", "A_d"};

/// Attention tensors with a mantissa length: queries and probabilities.
inline constexpr std::array<const char*, 2> attention_tensors{"A_q", "A_p"};
/// Default mantissa length of attention tensors in a machine.
inline constexpr std::uint32_t attention_mantissa_bits = 16;

/// Legal mantissa lengths.
inline constexpr Range<std::uint32_t> mantissa_range{1, 16};
/// Legal widths of a key/value cache element, including its sign.
inline constexpr Range<std::uint32_t> cache_bits_range{2, 16};

enum class OutputFormat { consumer, fp16 };

inline constexpr ChoiceTable<OutputFormat, 2> output_formats{
    {{"consumer", OutputFormat::consumer}, {"fp16", OutputFormat::fp16}}};

/// Mantissa lengths of one layer; omitted ones are as in the other layers.
struct LayerPrecision {
  std::optional<std::uint32_t> a_qkv;
  std::optional<std::uint32_t> a_o;
  std::optional<std::uint32_t> a_u;
  std::optional<std::uint32_t> a_d;
  std::optional<std::uint32_t> a_q = {};
  std::optional<std::uint32_t> a_p = {};

  static constexpr auto short_form = tensor_types;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.optional("A_qkv", self.a_qkv, mantissa_range, "mantissa bits of the inputs of Q, K and V in this layer");
    visit.optional("A_o", self.a_o, mantissa_range, "mantissa bits of the input of the attention output in this layer");
    visit.optional("A_u", self.a_u, mantissa_range,
                   "mantissa bits of the input of up and gate projection in this layer");
    visit.optional("A_d", self.a_d, mantissa_range, "mantissa bits of the input of the down projection in this layer");
    visit.optional("A_q", self.a_q, mantissa_range, "mantissa bits of the queries in this layer");
    visit.optional("A_p", self.a_p, mantissa_range, "mantissa bits of the attention's probabilities in this layer");
  }
};

/// Lengths from a position on; omitted ones are as without a schedule.
struct PositionPrecision {
  std::optional<std::uint32_t> a_qkv;
  std::optional<std::uint32_t> a_o;
  std::optional<std::uint32_t> a_u;
  std::optional<std::uint32_t> a_d;
  std::optional<std::uint32_t> a_q;
  std::optional<std::uint32_t> a_p;
  std::optional<std::uint32_t> k;
  std::optional<std::uint32_t> v;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.optional("A_qkv", self.a_qkv, mantissa_range,
                   "mantissa bits of the inputs of Q, K and V from this position on");
    visit.optional("A_o", self.a_o, mantissa_range, "mantissa bits of the input of the attention output");
    visit.optional("A_u", self.a_u, mantissa_range, "mantissa bits of the input of up and gate projection");
    visit.optional("A_d", self.a_d, mantissa_range, "mantissa bits of the input of the down projection");
    visit.optional("A_q", self.a_q, mantissa_range, "mantissa bits of the queries");
    visit.optional("A_p", self.a_p, mantissa_range, "mantissa bits of the attention's probabilities");
    visit.optional("K", self.k, cache_bits_range,
                   "bits of an element of these tokens' keys, instead of kv_cache.k.bits");
    visit.optional("V", self.v, cache_bits_range,
                   "bits of an element of these tokens' values, instead of kv_cache.v.bits");
  }
};

/// Mantissa lengths of activations and the width of weights.
struct PrecisionConfig {
  std::uint32_t a_qkv = 11;
  std::uint32_t a_o = 11;
  std::uint32_t a_u = 11;
  std::uint32_t a_d = 11;
  std::uint32_t other = 8;
  std::uint32_t weight_bits = 4;
  OutputFormat output = OutputFormat::consumer;
  std::optional<std::uint32_t> a_q;
  std::optional<std::uint32_t> a_p;
  std::map<std::uint32_t, LayerPrecision> layers;
  std::map<std::uint32_t, PositionPrecision> schedule;

  static constexpr auto short_form = tensor_types;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number(
        "A_qkv", self.a_qkv, mantissa_range,
        "mantissa bits of the inputs of Q, K and V. 11 bits are lossless where the exponents of a group are equal");
    visit.number("A_o", self.a_o, mantissa_range, "mantissa bits of the input of the attention output");
    visit.number("A_u", self.a_u, mantissa_range, "mantissa bits of the input of up and gate projection");
    visit.number("A_d", self.a_d, mantissa_range, "mantissa bits of the input of the down projection");
    visit.number("other", self.other, mantissa_range, "mantissa bits of tensors of any other name");
    visit.number("weight_bits", self.weight_bits, Range<std::uint32_t>{1, 8},
                 "bits per weight; at most accelerator.mxu.weight_bits");
    visit.choice("output", self.output, output_formats,
                 "format of outputs; consumer: that of the next GeMM's tensor type; fp16: FP16");
    visit.optional("A_q", self.a_q, mantissa_range,
                   "mantissa bits of the queries, in groups along the head; 16 if omitted, but `anda-sim evaluate` "
                   "then does not round them");
    visit.optional("A_p", self.a_p, mantissa_range,
                   "mantissa bits of the attention's probabilities, in groups along the tokens; likewise");
    visit.numbered("layers", self.layers, Range<std::uint32_t>{0, 65535},
                   "mantissa lengths of individual layers; omitted keys are as in the other layers");
    visit.numbered("schedule", self.schedule, Range<std::uint32_t>{0, 1u << 24},
                   "lengths by the position of a token in its sequence, each from its position up to the next entry, "
                   "in every layer. Not with a trace, nor in searches and servers");
  }

  /// Mantissa length of the activations `tensor` in decoder layer `layer`.
  std::uint32_t mantissa_bits(std::uint32_t layer, std::string_view tensor) const;
  /// The same without the default of A_q and A_p: nothing if neither the layer nor the section gives a length.
  std::optional<std::uint32_t> given_bits(std::uint32_t layer, std::string_view tensor) const;

  // The same for tokens at a position, according to the schedule.
  std::uint32_t mantissa_bits(std::uint32_t layer, std::string_view tensor, std::uint64_t position) const;
  std::optional<std::uint32_t> given_bits(std::uint32_t layer, std::string_view tensor, std::uint64_t position) const;
  /// Bits of an element of "K" or "V" that the schedule gives for tokens at a position.
  std::optional<std::uint32_t> scheduled_cache_bits(std::string_view operand, std::uint64_t position) const;
};

}  // namespace anda::sim

#endif
