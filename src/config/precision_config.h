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

/// The tensor types that have a mantissa length each, in the order in which lists give them.
inline constexpr std::array<const char*, 4> tensor_types{"A_qkv", "A_o", "A_u", "A_d"};

/// Legal mantissa lengths.
inline constexpr Range<std::uint32_t> mantissa_range{1, 16};

enum class OutputFormat { consumer, fp16 };

inline constexpr ChoiceTable<OutputFormat, 2> output_formats{
    {{"consumer", OutputFormat::consumer}, {"fp16", OutputFormat::fp16}}};

/// Mantissa lengths of one layer; what is left out is as in the other layers.
struct LayerPrecision {
  std::optional<std::uint32_t> a_qkv;
  std::optional<std::uint32_t> a_o;
  std::optional<std::uint32_t> a_u;
  std::optional<std::uint32_t> a_d;

  static constexpr auto short_form = tensor_types;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.optional("A_qkv", self.a_qkv, mantissa_range, "mantissa bits of the inputs of Q, K and V in this layer");
    visit.optional("A_o", self.a_o, mantissa_range, "mantissa bits of the input of the attention output in this layer");
    visit.optional("A_u", self.a_u, mantissa_range,
                   "mantissa bits of the input of up and gate projection in this layer");
    visit.optional("A_d", self.a_d, mantissa_range, "mantissa bits of the input of the down projection in this layer");
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
  std::map<std::uint32_t, LayerPrecision> layers;

  static constexpr auto short_form = tensor_types;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("A_qkv", self.a_qkv, mantissa_range,
                 "mantissa bits of the inputs of Q, K and V. 11 lose nothing where the exponents of a group are equal");
    visit.number("A_o", self.a_o, mantissa_range, "mantissa bits of the input of the attention output");
    visit.number("A_u", self.a_u, mantissa_range, "mantissa bits of the input of up and gate projection");
    visit.number("A_d", self.a_d, mantissa_range, "mantissa bits of the input of the down projection");
    visit.number("other", self.other, mantissa_range, "mantissa bits of tensors of any other name");
    visit.number("weight_bits", self.weight_bits, Range<std::uint32_t>{1, 8},
                 "bits of a weight; at most accelerator.mxu.weight_bits");
    visit.choice("output", self.output, output_formats,
                 "how outputs are written: consumer, in the format of the next GeMM's tensor type; fp16, as FP16");
    visit.numbered("layers", self.layers, Range<std::uint32_t>{0, 65535},
                   "mantissa lengths of single layers; what is left out is as in the other layers");
  }

  /// Mantissa length of the activations `tensor` in decoder layer `layer`.
  std::uint32_t mantissa_bits(std::uint32_t layer, std::string_view tensor) const;
};

}  // namespace anda::sim

#endif
