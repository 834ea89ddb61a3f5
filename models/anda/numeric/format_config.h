// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_CONFIG_H
#define ANDA_NUMERIC_FORMAT_CONFIG_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <anda/base/describe.h>
#include <anda/numeric/format/stored_operand.h>
#include <anda/numeric/weight_format.h>

namespace anda {

/// Per-tensor-type overrides of the format of GeMM activations.
struct TensorFormats {
  static constexpr std::array<const char*, 4> types{"A_qkv", "A_o", "A_u", "A_d"};

  std::array<StoredTensor, types.size()> of;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.word_or_section(
        "A_qkv", self.of[0],
        "what inputs of Q, K and V are stored as; activations: as accelerator.format.activations says");
    visit.word_or_section("A_o", self.of[1], "what inputs of the attention output are stored as");
    visit.word_or_section("A_u", self.of[2], "what inputs of up and gate projection are stored as");
    visit.word_or_section("A_d", self.of[3], "what inputs of the down projection are stored as");
  }
};

/// The number formats of activations and weights.
struct FormatConfig {
  std::uint32_t group_size = 64;
  std::uint32_t weight_scale_group = 128;
  bool weight_zero_points = false;
  StoredWeights weights;
  StoredActivations activations;
  TensorFormats tensors;

  /// Number of possible activation formats, numbered from 1: the default one, then those of TensorFormats::types.
  static constexpr std::uint32_t activation_formats = 1 + TensorFormats::types.size();
  static constexpr std::uint32_t max_weight_group = 4096;
  static constexpr std::uint32_t max_shared_bits = 63;

  /// Whether integers have zero points.
  bool has_zero_points() const {
    return weights.section() ? is_integer() && weights.section()->zero_point : weight_zero_points;
  }
  /// Whether weights are codes that an integer array cannot multiply.
  bool encodes() const { return weights.section() && !is_integer(); }
  /// The weight format of a GeMM with `bits`, unless the format defines its own width.
  WeightFormat weights_of(std::uint32_t bits) const {
    if (!weights.section()) return integers_of(bits);
    const FormatLayout& layout = weights.operand()->layout();
    if (is_integer()) {
      const std::uint32_t own = layout.element_bits;
      return {own, layout.block, WeightFormat::fp16_bits, weights.section()->zero_point ? own : 0};
    }
    return {layout.element_bits,    layout.is_float ? weight_scale_group : layout.block, layout.shared_bits(), 0, true,
            weights.operand().get()};
  }
  /// The default integer format with this width.
  WeightFormat integers_of(std::uint32_t bits) const {
    return {bits, weight_scale_group, WeightFormat::fp16_bits, has_zero_points() ? bits : 0};
  }

  /// Number of the operand format for activations of a type; 0: the element's native format.
  std::uint32_t activation_code(std::string_view tensor) const {
    for (std::uint32_t i = 0; i < tensors.of.size(); ++i) {
      if (tensor != TensorFormats::types[i]) continue;
      if (tensors.of[i].section()) return 2 + i;
      if (tensors.of[i].word() == TensorNumber::element) return 0;
    }
    return activations.section() ? 1 : 0;
  }
  /// The operand format with this number; nullptr if there is none.
  const OperandFormat* activation_operand(std::uint32_t code) const {
    if (code == 0 || code > activation_formats) return nullptr;
    return code == 1 ? activations.operand().get() : tensors.of[code - 2].operand().get();
  }
  /// The memory format of activations with this number, in planes unless the configuration packs them.
  ActivationFormat activations_of(std::uint32_t code) const {
    const OperandFormat* const operand = activation_operand(code);
    if (operand == nullptr) return {};
    const FormatLayout& layout = operand->layout();
    return {layout.element_bits - 1,
            layout.is_float ? group_size : layout.block,
            layout.shared_bits(),
            code,
            false,
            operand};
  }
  bool encodes_activations() const {
    bool any = false;
    for (std::uint32_t code = 1; code <= activation_formats; ++code) any = any || activation_operand(code) != nullptr;
    return any;
  }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("group_size", self.group_size, Range<std::uint32_t>{8, 256},
                 "activations along k that share one exponent; a power of two");
    visit.number("weight_scale_group", self.weight_scale_group, Range<std::uint32_t>{8, 65536},
                 "weights along k that share one FP16 scale; a multiple of group_size");
    visit.flag("weight_zero_points", self.weight_zero_points,
               "integers have a zero point, as wide as they are, beside each scale");
    visit.word_or_section("weights", self.weights,
                          "what weights of GeMMs are stored as; int: integers of the width that the GeMM has; others "
                          "have bits, groups and zero points of their own");
    visit.word_or_section("activations", self.activations,
                          "what activations of GeMMs with weights are stored as; element: FP16 or Anda groups, as the "
                          "processing element takes them");
    visit.section("tensors", self.tensors, "the same for single types of tensors");
  }

  void check(const std::string& path, Problems& problems) const {
    check_weights(path, problems);
    check_activations(join_key(path, "activations"), activations, problems);
    for (std::size_t i = 0; i < tensors.of.size(); ++i) {
      check_activations(join_key(join_key(path, "tensors"), TensorFormats::types[i]), tensors.of[i], problems);
    }
    if ((group_size & (group_size - 1)) != 0) {
      problems.push_back({join_key(path, "group_size"), "is " + number_text(group_size) + ", must be a power of two"});
    } else if (weight_scale_group % group_size != 0) {
      problems.push_back({join_key(path, "weight_scale_group"),
                          "is " + number_text(weight_scale_group) +
                              ", must be a multiple of group_size = " + number_text(group_size)});
    }
  }

 private:
  /// Whether weights are integers with an FP16 scale, which arrays multiply directly.
  bool is_integer() const {
    return weights.section()->family == FormatFamily::integer && weights.section()->scale == ScaleType::fp16;
  }

  template <class Stored>
  void check_activations(const std::string& key, const Stored& stored, Problems& problems) const {
    if (!stored.section()) return;
    const FormatLayout& layout = stored.operand()->layout();
    const auto problem = [&](const std::string& what) {
      problems.push_back({key, std::string("is ") + stored.name() + what});
    };
    if (layout.codebook_bits != 0) {
      problem(", whose codebooks are learnt from weights; activations have none");
    } else if (layout.element_bits < 2) {
      problem(", with elements of one bit, must have at least 2");
    } else if (!layout.is_float && (layout.block == 0 || layout.block % 8 != 0 || group_size % layout.block != 0)) {
      problem(", with groups of " + (layout.block == 0 ? std::string("whole rows") : number_text(layout.block)) +
              ", must have groups of at least 8 that divide group_size = " + number_text(group_size));
    } else if (layout.shared_bits() > max_shared_bits) {
      problem(", whose groups share " + number_text(layout.shared_bits()) + " bits, must be at most " +
              number_text(max_shared_bits));
    }
  }

  void check_weights(const std::string& path, Problems& problems) const {
    if (!weights.section()) return;
    const auto problem = [&](const char* key, const std::string& message) {
      problems.push_back({join_key(path, key), message});
    };
    const std::string name = weights.name();
    const FormatLayout& layout = weights.operand()->layout();
    if (weight_zero_points) {
      problem("weight_zero_points", "is true, must be false with weights: " + name + ", which says itself what it has");
    }
    if (layout.codebook_bits != 0) {
      problem("weights", "is " + name + ", whose tensors have codebooks; the machine has no memory for them");
    } else if (!layout.is_float &&
               (layout.block == 0 || layout.block > max_weight_group || (layout.block & (layout.block - 1)) != 0)) {
      problem("weights", "is " + name + ", with groups of " +
                             (layout.block == 0 ? std::string("whole rows") : number_text(layout.block)) +
                             "; the machine stores weights in groups of a power of two, at most " +
                             number_text(max_weight_group));
    } else if (layout.shared_bits() > max_shared_bits) {
      problem("weights", "is " + name + ", whose groups share " + number_text(layout.shared_bits()) +
                             " bits, must be at most " + number_text(max_shared_bits));
    } else if (is_integer() && layout.block % group_size != 0) {
      problem("weights", "is " + name + ", with groups of " + number_text(layout.block) +
                             ", must have a multiple of group_size = " + number_text(group_size));
    }
  }
};

}  // namespace anda

#endif
