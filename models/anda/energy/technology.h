// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENERGY_TECHNOLOGY_H
#define ANDA_ENERGY_TECHNOLOGY_H

#include <array>
#include <optional>
#include <string>

#include <anda/base/describe.h>
#include <anda/base/element.h>
#include <anda/base/pe_kind.h>

namespace anda {

/// Published power and area of one block, and what they are shared out over. Energy of one action =
/// power / reference clock / actions_per_cycle; area of one unit = area / area_units.
struct BlockCost {
  double power_mw = 0;
  double actions_per_cycle = 1;
  double area_mm2 = 0;
  double area_units = 1;
  std::string source;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("power_mw", self.power_mw, Range<double>{0, 1e9}, "power of the block at the reference clock");
    visit.number("actions_per_cycle", self.actions_per_cycle, Range<double>{1e-9, 1e12},
                 "mean number of actions per cycle at that power");
    visit.number("area_mm2", self.area_mm2, Range<double>{0, 1e9}, "area of the block");
    visit.number("area_units", self.area_units, Range<double>{1e-9, 1e15},
                 "units (elements, lanes, bytes) in that area");
    visit.text("source", self.source, "source of the figures");
  }
};

/// One processing element as multiples of the FP-FP element.
struct PeCost {
  double area = 1;
  double power = 1;
  std::string source;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("area", self.area, Range<double>{1e-6, 1e6}, "area relative to an FP-FP element");
    visit.number("power", self.power, Range<double>{1e-6, 1e6}, "active power relative to an FP-FP element");
    visit.text("source", self.source, "source of the figures");
  }
};

/// The costs of a system's element, as multiples of the FP-FP element; nothing where they are not known.
struct ElementCost {
  std::optional<double> area;
  std::optional<double> power;
};

/// Costs of the kinds of processing elements, a section for each line of pe_table.
struct PeCosts {
  std::array<PeCost, pe_kind_count> by_kind;

  PeCost& operator[](PeKind kind) { return by_kind[index_of(kind)]; }
  const PeCost& operator[](PeKind kind) const { return by_kind[index_of(kind)]; }
  /// Of a kind, or the own ones of a described element.
  ElementCost of(const Element& element) const {
    if (const auto& described = element.section()) return {described->area, described->power};
    const PeCost& cost = (*this)[element.word()];
    return {cost.area, cost.power};
  }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    for (const PeEntry& entry : pe_table) {
      visit.section(entry.name, self.by_kind[index_of(entry.kind)], entry.meaning);
    }
  }
};

/// Cost of aligning FP16 activations to a shared exponent on their way into the array, where the element wants that.
struct ConversionCost {
  double energy_pj_per_value = 0;
  std::string source;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("energy_pj_per_value", self.energy_pj_per_value, Range<double>{0, 1e6},
                 "energy of each activation converted at a read");
    visit.text("source", self.source, "source of the figure");
  }
};

/// Cost of decoding weights and activations of an operand format to FP16 on their way into the array.
struct DecoderCost {
  std::optional<double> energy_pj_per_value;
  std::string source;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.optional("energy_pj_per_value", self.energy_pj_per_value, Range<double>{0, 1e6},
                   "energy of each value decoded; left out: not known, so that energy with decoded values is n/a");
    visit.text("source", self.source, "source of the figure");
  }
};

/// Cost of encoding a result as an operand format, beside that of the compressor.
struct EncoderCost {
  std::optional<double> energy_pj_per_value;
  std::string source;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.optional("energy_pj_per_value", self.energy_pj_per_value, Range<double>{0, 1e6},
                   "energy of each result encoded; left out: not known, so that energy with encoded results is n/a");
    visit.text("source", self.source, "source of the figure");
  }
};

/// Energy per action and area per unit of every block, each with its source.
struct Technology {
  std::string name;
  double reference_clock_hz = 285e6;
  double sram_energy_exponent = 0;
  BlockCost mxu;
  BlockCost compressor;
  BlockCost vector_unit;
  BlockCost activation_buffer;
  BlockCost weight_buffer;
  BlockCost top_controller;
  PeCosts processing_elements;
  ConversionCost conversion;
  DecoderCost decoder;
  EncoderCost encoder;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.text("name", self.name, "technology node and supply voltage of the figures");
    visit.number("reference_clock_hz", self.reference_clock_hz, Range<double>{1e3, 1e11},
                 "clock at which the powers are given");
    visit.number("sram_energy_exponent", self.sram_energy_exponent, Range<double>{0, 2},
                 "exponent by which the energy of an SRAM access grows with capacity: 0.5, as the length of its wires "
                 "(assumed)");
    visit.section("mxu", self.mxu,
                  "array of Anda elements; action: one element active for one cycle; unit: one element");
    visit.section("compressor", self.compressor, "action: one clock cycle; unit: one lane");
    visit.section("vector_unit", self.vector_unit, "action: one clock cycle; unit: one FPU");
    visit.section("activation_buffer", self.activation_buffer, "action: one bit read or written; unit: one byte");
    visit.section("weight_buffer", self.weight_buffer, "action: one bit read or written; unit: one byte");
    visit.section("top_controller", self.top_controller, "action: one clock cycle; unit: the controller");
    visit.section("processing_elements", self.processing_elements, "processing elements relative to each other");
    visit.section("conversion", self.conversion,
                  "FP16 activations converted to a shared exponent whenever the array reads them");
    visit.section("decoder", self.decoder,
                  "weights and activations of operand formats (accelerator.format.weights, activations, tensors) "
                  "decoded to FP16 on their way into the array; their decoders have no area");
    visit.section("encoder", self.encoder,
                  "results that the compressor writes in an operand format, beside its own energy and area");
  }
};

}  // namespace anda

#endif
