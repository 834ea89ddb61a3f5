// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_FORMAT_DESCRIPTION_H
#define ANDA_NUMERIC_FORMAT_FORMAT_DESCRIPTION_H

#include <cstdint>
#include <optional>
#include <string>

#include <anda/base/describe.h>
#include <anda/base/plain_name.h>

namespace anda {

/// The families of formats; docs/formats.md describes each with its encoding.
enum class FormatFamily { floating, mx, bfp, anda, integer, bipolar, table, binary_sum, additive };

inline constexpr ChoiceTable<FormatFamily, 9> format_families{{{"float", FormatFamily::floating},
                                                               {"mx", FormatFamily::mx},
                                                               {"bfp", FormatFamily::bfp},
                                                               {"anda", FormatFamily::anda},
                                                               {"int", FormatFamily::integer},
                                                               {"bipolar", FormatFamily::bipolar},
                                                               {"table", FormatFamily::table},
                                                               {"binary-sum", FormatFamily::binary_sum},
                                                               {"additive", FormatFamily::additive}}};

/// The non-numeric codes of a floating-point element.
enum class FloatSpecials {
  ieee,      ///< exponents of all ones: infinities and NaNs
  nan_only,  ///< one NaN per sign: all ones
  none
};

inline constexpr ChoiceTable<FloatSpecials, 3> float_specials{
    {{"ieee", FloatSpecials::ieee}, {"nan-only", FloatSpecials::nan_only}, {"none", FloatSpecials::none}}};

/// Storage type of a block's scale.
enum class ScaleType { fp16, fp32, power_of_two };

inline constexpr ChoiceTable<ScaleType, 3> scale_types{
    {{"fp16", ScaleType::fp16}, {"fp32", ScaleType::fp32}, {"power-of-two", ScaleType::power_of_two}}};

/// How values are rounded to the format's numbers.
enum class FormatRounding { nearest, truncate, stochastic };

inline constexpr ChoiceTable<FormatRounding, 3> format_roundings{{{"nearest", FormatRounding::nearest},
                                                                  {"truncate", FormatRounding::truncate},
                                                                  {"stochastic", FormatRounding::stochastic}}};

/// The parameters of an operand format, which fully determine the storage, rounding and error of its numbers.
struct FormatDescription {
  std::string name;
  FormatFamily family = FormatFamily::integer;
  std::optional<std::uint32_t> exponent_bits;
  std::optional<std::uint32_t> mantissa_bits;
  std::optional<std::uint32_t> bits;
  FloatSpecials specials = FloatSpecials::ieee;
  std::uint32_t group = 32;
  bool zero_point = false;
  ScaleType scale = ScaleType::fp16;
  FormatRounding rounding = FormatRounding::nearest;
  std::uint64_t seed = 0;
  std::uint32_t terms = 1;
  std::string table;
  std::string decoder;
  std::string source;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.text("name", self.name, "name of the format: small letters, digits and hyphens");
    visit.choice("family", self.family, format_families,
                 "float: numbers of their own; mx: floats or integers under a power of two; bfp, anda: sign and "
                 "mantissa under a shared exponent of 8 or 5 bits; int, bipolar, table: codes times a scale; "
                 "binary-sum: sums of scales with signs; additive: sums of vectors out of codebooks that are learnt "
                 "from a tensor of weights");
    visit.optional("exponent_bits", self.exponent_bits, Range<std::uint32_t>{0, 8},
                   "exponent of an element; float, mx (0: integers)");
    visit.optional("mantissa_bits", self.mantissa_bits, Range<std::uint32_t>{1, 16},
                   "mantissa of an element, without its sign; float and mx: stored bits; bfp, anda");
    visit.optional("bits", self.bits, Range<std::uint32_t>{1, 16},
                   "bits of an element; int (2 … 8), bipolar and table (1 … 8); of a code of additive");
    visit.choice("specials", self.specials, float_specials, "codes of float and mx that are no numbers");
    visit.number(
        "group", self.group, Range<std::uint32_t>{0, 4096},
        "elements that share a scale or an exponent; 0: all of a row; ignored by float; additive: of a vector, 1 … 64");
    visit.flag("zero_point", self.zero_point, "int: a zero point of the element's bits for each group");
    visit.choice("scale", self.scale, scale_types, "scale of a group; int, bipolar, table, binary-sum");
    visit.choice("rounding", self.rounding, format_roundings,
                 "nearest: ties to even; truncate: towards 0; stochastic: up with the probability of what is cut off");
    visit.number("seed", self.seed, Range<std::uint64_t>{0, ~std::uint64_t{0}}, "of stochastic rounding");
    visit.number("terms", self.terms, Range<std::uint32_t>{1, 8}, "binary-sum: scales of a group; additive: codebooks");
    visit.text("table", self.table,
               "table: the numbers of the codes from 0 on; / between tables that a group chooses from");
    visit.text("decoder", self.decoder, "what an array needs to decode an element, for people");
    visit.text("source", self.source, "where the format is defined");
  }

  void check(const std::string& path, Problems& problems) const;
};

}  // namespace anda

#endif
