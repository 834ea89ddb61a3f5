// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/format/format_description.h>

#include <anda/numeric/format/code_table.h>

namespace anda {

namespace {

/// Reports keys that the family does not read and that differ from their default: they would have no effect.
void check_unread_keys(const FormatDescription& format, const std::string& path, Problems& problems) {
  const FormatFamily family = format.family;
  const auto left_out = [&](const char* key, const std::string& value) {
    problems.push_back(
        {join_key(path, key), "is " + value + ", must be left out with family: " + name_of(format_families, family)});
  };
  const bool is_float = family == FormatFamily::floating || family == FormatFamily::mx;
  const bool shares_exponent = family == FormatFamily::bfp || family == FormatFamily::anda;
  const bool sums = family == FormatFamily::binary_sum || family == FormatFamily::additive;
  if (!sums && format.terms != 1) left_out("terms", number_text(format.terms));
  if ((is_float || shares_exponent) && format.scale != ScaleType::fp16) {
    left_out("scale", name_of(scale_types, format.scale));
  }
  if (!is_float && format.specials != FloatSpecials::ieee) {
    left_out("specials", name_of(float_specials, format.specials));
  }
}

}  // namespace

void FormatDescription::check(const std::string& path, Problems& problems) const {
  const auto problem = [&](const char* key, const std::string& message) {
    problems.push_back({join_key(path, key), message});
  };
  check_plain_name(join_key(path, "name"), name, problems);
  for (const char* word : {"fp16", "fp32", "int", "anda"}) {
    if (name == word)
      problem("name", std::string("is ") + word + ", which has a meaning of its own; take another name");
  }
  const std::string of = std::string("family: ") + name_of(format_families, family);
  const auto needs = [&](const char* key, bool wanted, const std::optional<std::uint32_t>& value) {
    if (wanted && !value) problem(key, "is missing; " + of + " needs it");
    if (!wanted && value) problem(key, "is " + number_text(*value) + ", must be left out with " + of);
  };
  const bool is_float = family == FormatFamily::floating || family == FormatFamily::mx;
  const bool has_mantissa = is_float || family == FormatFamily::bfp || family == FormatFamily::anda;
  const bool additive = family == FormatFamily::additive;
  const bool has_codes =
      family == FormatFamily::integer || family == FormatFamily::bipolar || family == FormatFamily::table || additive;
  needs("exponent_bits", is_float, exponent_bits);
  needs("mantissa_bits", has_mantissa, mantissa_bits);
  needs("bits", has_codes, bits);
  check_unread_keys(*this, path, problems);
  if (family == FormatFamily::floating && exponent_bits == 0u)
    problem("exponent_bits", "is 0, must be 1 … 8 with " + of);
  if (is_float && exponent_bits && mantissa_bits && 1 + *exponent_bits + *mantissa_bits > 16) {
    problem("mantissa_bits", "makes elements of more than 16 bits with exponent_bits = " + number_text(*exponent_bits));
  }
  if (family == FormatFamily::mx && exponent_bits == 0u && mantissa_bits == 1u) {
    problem("mantissa_bits", "is 1, must be 2 or more with exponent_bits = 0");
  }
  if (is_float && exponent_bits == 1u && specials == FloatSpecials::ieee) {
    problem("specials", "is ieee, which leaves no exponent with exponent_bits = 1; must be nan-only or none");
  }
  constexpr std::uint32_t widest_element = 8;
  if (has_codes && !additive && bits > widest_element) {
    problem("bits", "is " + number_text(*bits) + ", must be 1 … 8 with " + of);
  }
  constexpr std::uint32_t longest_vector = 64;
  if (additive && (group == 0 || group > longest_vector)) {
    problem("group", "is " + number_text(group) + ", must be 1 … " + number_text(longest_vector) + " with " + of);
  }
  if (additive && rounding != FormatRounding::nearest) problem("rounding", "must be nearest with " + of);
  if (family == FormatFamily::integer && bits == 1u) problem("bits", "is 1, must be 2 … 8 with " + of);
  if (zero_point && family != FormatFamily::integer) problem("zero_point", "is true, must be false with " + of);
  if (family == FormatFamily::anda && group != 0 && (group < 8 || group > 256 || (group & (group - 1)) != 0)) {
    problem("group", "is " + number_text(group) + ", must be 0 or a power of two of 8 … 256 with " + of);
  }
  if (family == FormatFamily::table) {
    if (bits) {
      if (const std::string wrong = CodeTables::problem(table, *bits); !wrong.empty()) problem("table", wrong);
    }
    if (rounding != FormatRounding::nearest) problem("rounding", "must be nearest with " + of);
  } else if (!table.empty()) {
    problem("table", "is given, must be left out with " + of);
  }
}

}  // namespace anda
