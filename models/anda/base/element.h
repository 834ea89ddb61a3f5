// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_ELEMENT_H
#define ANDA_BASE_ELEMENT_H

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>

#include <anda/base/describe.h>
#include <anda/base/pe_kind.h>
#include <anda/base/plain_name.h>

namespace anda {

/// Multiplication method of an element described by parameters; docs/processing_elements.md defines each computation.
enum class ElementFamily { floating, floating_int, aligning, serial_activations, serial_weights, serial_both };

/// Base of a described element: a family, or a kind whose parameters are the defaults.
enum class ElementBase {
  floating,
  floating_int,
  aligning,
  serial_activations,
  serial_weights,
  serial_both,
  fp_fp,
  fp_int,
  ifpu,
  figna,
  figna_m11,
  figna_m8,
  anda
};

inline constexpr ChoiceTable<ElementBase, 13> element_bases{{
    {"floating", ElementBase::floating},
    {"floating-int", ElementBase::floating_int},
    {"aligning", ElementBase::aligning},
    {"serial-activations", ElementBase::serial_activations},
    {"serial-weights", ElementBase::serial_weights},
    {"serial-both", ElementBase::serial_both},
    {"fp-fp", ElementBase::fp_fp},
    {"fp-int", ElementBase::fp_int},
    {"ifpu", ElementBase::ifpu},
    {"figna", ElementBase::figna},
    {"figna-m11", ElementBase::figna_m11},
    {"figna-m8", ElementBase::figna_m8},
    {"anda", ElementBase::anda},
}};

/// Default parameters of a described element; 0: no default, so a required parameter must be given.
struct ElementDefaults {
  ElementBase base;
  ElementFamily family;
  std::uint32_t cycles;
  std::uint32_t mantissa_bits;
};

inline constexpr std::array<ElementDefaults, element_bases.size()> element_defaults{{
    {ElementBase::floating, ElementFamily::floating, 0, 0},
    {ElementBase::floating_int, ElementFamily::floating_int, 0, 0},
    {ElementBase::aligning, ElementFamily::aligning, 0, 0},
    {ElementBase::serial_activations, ElementFamily::serial_activations, 1, 0},
    {ElementBase::serial_weights, ElementFamily::serial_weights, 1, 0},
    {ElementBase::serial_both, ElementFamily::serial_both, 1, 0},
    {ElementBase::fp_fp, ElementFamily::floating, 16, 0},
    {ElementBase::fp_int, ElementFamily::floating_int, 16, 0},
    {ElementBase::ifpu, ElementFamily::aligning, 16, 24},
    {ElementBase::figna, ElementFamily::aligning, 16, 13},
    {ElementBase::figna_m11, ElementFamily::aligning, 11, 11},
    {ElementBase::figna_m8, ElementFamily::aligning, 8, 8},
    {ElementBase::anda, ElementFamily::serial_activations, 1, 0},
}};

/// A processing element described by parameters. Area and power are those of an element with 64 lanes for 4-bit
/// weights, as multiples of an FP-FP element, as in the technology. What is not given is unknown, and so is everything
/// derived from it.
struct ElementConfig {
  std::string name;
  ElementBase derives = ElementBase::aligning;
  std::optional<std::uint32_t> mantissa_bits;
  std::optional<std::uint32_t> cycles;
  std::optional<std::uint32_t> bits_per_step;
  std::optional<double> area;
  std::optional<double> power;
  std::string weight_formats;
  std::string activation_formats;
  std::string source;

  const ElementDefaults& defaults() const {
    return *std::find_if(element_defaults.begin(), element_defaults.end(),
                         [this](const ElementDefaults& entry) { return entry.base == derives; });
  }
  ElementFamily family() const { return defaults().family; }
  /// Cycles of a pass, or of a step of a bit-serial element.
  std::uint32_t own_cycles() const { return cycles.value_or(defaults().cycles); }
  /// Bits of aligned mantissas; 0: activations stay FP16.
  std::uint32_t own_mantissa_bits() const { return mantissa_bits.value_or(defaults().mantissa_bits); }
  std::uint32_t own_bits_per_step() const { return bits_per_step.value_or(1); }
  /// Whether it multiplies codes of an operand format directly.
  bool takes_weights(const std::string& format) const { return names(weight_formats, format); }
  bool takes_activations(const std::string& format) const { return names(activation_formats, format); }
  /// All members, for comparison.
  auto key() const {
    return std::tie(name, derives, mantissa_bits, cycles, bits_per_step, area, power, weight_formats,
                    activation_formats, source);
  }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.text("name", self.name, "name of the system in reports: small letters, digits and hyphens");
    visit.choice("derives", self.derives, element_bases,
                 "how it computes, or the element whose parameters it has unless others are given");
    visit.optional("mantissa_bits", self.mantissa_bits, Range<std::uint32_t>{1, 24},
                   "bits to which FP16 activations are aligned at every read; aligning, and serial-weights, whose "
                   "activations otherwise stay FP16");
    visit.optional("cycles", self.cycles, Range<std::uint32_t>{1, 1024},
                   "cycles for accelerator.mxu.lanes_per_pe elements along k; of a bit-serial element for each step of "
                   "them (1)");
    visit.optional("bits_per_step", self.bits_per_step, Range<std::uint32_t>{1, 16},
                   "bits that a bit-serial element takes in a step: of the activations (serial-activations) or of the "
                   "weights (serial-weights, serial-both) (1)");
    visit.optional("area", self.area, Range<double>{1e-6, 1e6},
                   "area relative to an FP-FP element, for 64 lanes and weights of 4 bits; left out: n/a");
    visit.optional("power", self.power, Range<double>{1e-6, 1e6},
                   "active power relative to an FP-FP element, likewise; left out: energy is n/a");
    visit.text("weight_formats", self.weight_formats,
               "names of operand formats, with spaces between, whose codes it multiplies as they are, in the time of "
               "integers of that width");
    visit.text(
        "activation_formats", self.activation_formats,
        "names of operand formats of activations whose codes it multiplies as they are; bit-serial elements take "
        "a plane for each bit");
    visit.text("source", self.source, "source of the figures");
  }

  void check(const std::string& path, Problems& problems) const {
    check_name(path, problems);
    const bool serial = family() == ElementFamily::serial_activations || family() == ElementFamily::serial_weights ||
                        family() == ElementFamily::serial_both;
    const bool aligns = family() == ElementFamily::aligning || family() == ElementFamily::serial_weights;
    const auto problem = [&](const char* key, const std::string& message) {
      problems.push_back({join_key(path, key), message});
    };
    const std::string of = std::string("derives: ") + name_of(element_bases, derives);
    check_names("weight_formats", weight_formats, path, problems);
    check_names("activation_formats", activation_formats, path, problems);
    if (own_cycles() == 0) problem("cycles", "is missing; " + of + " has no cycles of its own");
    if (family() == ElementFamily::aligning && own_mantissa_bits() == 0) {
      problem("mantissa_bits", "is missing; " + of + " has none of its own");
    }
    if (mantissa_bits && !aligns) {
      problem("mantissa_bits", "is " + number_text(*mantissa_bits) + ", must be left out with " + of +
                                   ", which aligns no activations at a read");
    }
    if (bits_per_step && !serial) {
      problem("bits_per_step",
              "is " + number_text(*bits_per_step) + ", must be left out with " + of + ", which is not bit-serial");
    }
  }

 private:
  static bool names(const std::string& list, const std::string& format) {
    return (" " + list + " ").find(" " + format + " ") != std::string::npos;
  }
  static void check_names(const char* key, const std::string& list, const std::string& path, Problems& problems) {
    std::istringstream words(list);
    for (std::string word; words >> word;) {
      if (!is_plain_name(word)) {
        problems.push_back({join_key(path, key), "has " + word +
                                                     ", which cannot be the name of a format; write names of " +
                                                     "small letters, digits and hyphens with spaces between"});
      }
    }
  }
  void check_name(const std::string& path, Problems& problems) const {
    const std::string key = join_key(path, "name");
    check_plain_name(key, name, problems);
    for (const PeEntry& entry : pe_table) {
      const std::string taken = entry.name;
      if (name == taken) {
        problems.push_back({key, "is " + name + ", which is an element of the simulator; take another name"});
      } else if (name.compare(0, taken.size() + 1, taken + "-") == 0 && !is_kind(name)) {
        problems.push_back({key, "is " + name + ", which in a comparison means the element " + taken +
                                     " with a configuration of its own; take another name"});
        return;
      }
    }
  }
  static bool is_kind(const std::string& name) {
    return std::any_of(pe_table.begin(), pe_table.end(), [&](const PeEntry& entry) { return name == entry.name; });
  }
};

/// The element type of a system's array: one of pe_table, or an element described by a configuration.
class Element {
 public:
  using Word = PeKind;
  using Section = ElementConfig;
  static constexpr const auto& words = pe_kinds;
  static constexpr const char* folder = "elements";  ///< folder in configs/ for section files

  Element(PeKind kind = PeKind::anda) : kind_(kind) {}  // NOLINT(google-explicit-constructor): a kind is an element
  explicit Element(ElementConfig description) : description_(std::move(description)) {}

  /// The parameters of a described element; nullopt for one of pe_table.
  const std::optional<ElementConfig>& section() const { return description_; }
  PeKind word() const { return kind_; }
  bool is(PeKind kind) const { return !description_ && kind_ == kind; }
  const char* name() const { return description_ ? description_->name.c_str() : name_of(pe_kinds, kind_); }

  friend bool operator==(const Element& a, const Element& b) {
    if (a.description_ || b.description_) {
      return a.description_ && b.description_ && a.description_->key() == b.description_->key();
    }
    return a.kind_ == b.kind_;
  }
  friend bool operator!=(const Element& a, const Element& b) { return !(a == b); }

 private:
  PeKind kind_ = PeKind::anda;
  std::optional<ElementConfig> description_;
};

}  // namespace anda

#endif
