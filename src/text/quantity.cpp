// SPDX-License-Identifier: Apache-2.0
#include "text/quantity.h"

#include <array>
#include <cstdint>

#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

/// The suffix of a key's name, the display form of its unit, the unit without prefix that a number may have (empty:
/// none), the power of ten of the prefix in the name, and whether binary prefixes are usual.
struct KeyUnit {
  std::string_view suffix;
  std::string_view shown;
  std::string_view unit;
  int exponent;
  bool is_binary;
};

// If one suffix ends with another, the longer one comes first.
constexpr std::array<KeyUnit, 13> key_units{{{"_pj_per_bit", "pJ/bit", "J/bit", -12, false},
                                             {"_pj_per_value", "pJ/value", "J/value", -12, false},
                                             {"_bit_per_s", "bit/s", "bit/s", 0, false},
                                             {"_per_cycle", "per cycle", "", 0, false},
                                             {"_cycles", "cycles", "", 0, false},
                                             {"_bytes", "bytes", "B", 0, true},
                                             {"_bits", "bits", "bit", 0, true},
                                             {"_mm2", "mm²", "mm²", 0, false},
                                             {"_hz", "Hz", "Hz", 0, false},
                                             {"_ns", "ns", "s", -9, false},
                                             {"_us", "µs", "s", -6, false},
                                             {"_pj", "pJ", "J", -12, false},
                                             {"_mw", "mW", "W", -3, false}}};

struct Prefix {
  std::string_view letter;
  int exponent;
};

constexpr std::array<Prefix, 11> prefixes{{{"", 0},
                                           {"f", -15},
                                           {"p", -12},
                                           {"n", -9},
                                           {"u", -6},
                                           {"µ", -6},
                                           {"m", -3},
                                           {"k", 3},
                                           {"M", 6},
                                           {"G", 9},
                                           {"T", 12}}};
constexpr std::string_view binary_prefixes = "KMGT";
constexpr double exact_integers = 9007199254740992.0;  // up to this value a double holds every integer

const KeyUnit* find_unit(std::string_view key) {
  for (const KeyUnit& unit : key_units) {
    // The key may be just the unit: bytes.
    if (ends_with(key, unit.suffix) || key == unit.suffix.substr(1)) return &unit;
  }
  return nullptr;
}

/// Multiplies a number by a factor; the text is a whole number if the product is one.
std::optional<std::string> product(std::string_view number, double factor) {
  double value = 0;
  if (parse_number(number, value) != NumberSyntax::good) return std::nullopt;
  const double scaled = value * factor;
  if (scaled >= 0 && scaled <= exact_integers && scaled == static_cast<double>(static_cast<std::uint64_t>(scaled))) {
    return std::to_string(static_cast<std::uint64_t>(scaled));
  }
  return exact_text(scaled);
}

/// Multiplies a number by a power of ten, rounding once.
std::optional<std::string> shifted(std::string_view number, int exponent) {
  if (exponent == 0) return std::string(number);
  if (number.find_first_of("eE") != std::string_view::npos) return std::nullopt;
  return product(std::string(number) + "e" + std::to_string(exponent), 1);
}

}  // namespace

std::string_view unit_of_key(std::string_view key) {
  const KeyUnit* unit = find_unit(key);
  return unit == nullptr ? std::string_view{} : unit->shown;
}

bool takes_unit(std::string_view key) {
  const KeyUnit* unit = find_unit(key);
  return unit != nullptr && !unit->unit.empty();
}

std::optional<std::string> quantity_text(std::string_view text, std::string_view key) {
  const std::size_t end = text.find_last_of("0123456789.", text.find_first_not_of("0123456789.eE+-"));
  if (!takes_unit(key) || end == std::string_view::npos || end + 1 == text.size()) return std::nullopt;
  const KeyUnit& wanted = *find_unit(key);
  const std::string_view number = text.substr(0, end + 1);
  const std::string_view written = trimmed(text.substr(end + 1));
  double value = 0;
  if (written.empty() || parse_number(number, value) != NumberSyntax::good) return std::nullopt;
  if (wanted.unit == "mm²") return written == "mm2" || written == "mm²" ? shifted(number, 0) : std::nullopt;
  // For a key per bit, "3.9pJ" is as clear as "3.9pJ/bit".
  std::string_view unit = wanted.unit;
  if (unit.front() == 'J' && written.find('/') == std::string_view::npos) unit = unit.substr(0, 1);
  if (!ends_with(written, unit)) return std::nullopt;
  const std::string_view prefix = written.substr(0, written.size() - unit.size());
  if (wanted.is_binary && prefix.size() == 2 && prefix[1] == 'i') {
    const std::size_t power = binary_prefixes.find(prefix[0]);
    if (power == std::string_view::npos) return std::nullopt;
    return product(number, static_cast<double>(std::uint64_t{1} << (10 * (power + 1))));
  }
  for (const Prefix& each : prefixes) {
    if (prefix == each.letter) return shifted(number, each.exponent - wanted.exponent);
  }
  return std::nullopt;
}

}  // namespace anda::sim
