// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_MXU_CONFIG_H
#define ANDA_MXU_MXU_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>
#include <anda/base/element.h>

namespace anda {

/// Configuration of the array of processing elements (MXU).
struct MxuConfig {
  Element processing_element;
  std::uint32_t rows = 16;
  std::uint32_t columns = 16;
  std::uint32_t lanes_per_pe = 64;
  std::uint32_t weight_bits = 4;
  std::uint32_t fill_cycles = 8;
  std::uint32_t zero_point_cycles = 1;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.word_or_section("processing_element", self.processing_element,
                          "type of processing element; `systems` of a run sets it for each system");
    visit.number("rows", self.rows, Range<std::uint32_t>{1, 1024},
                 "rows of processing elements: output rows (GeMM m) of a tile");
    visit.number("columns", self.columns, Range<std::uint32_t>{1, 1024},
                 "columns of processing elements: output columns (GeMM n) of a tile");
    visit.number("lanes_per_pe", self.lanes_per_pe, Range<std::uint32_t>{8, 256},
                 "elements along k that one processing element takes in at a time");
    visit.number("weight_bits", self.weight_bits, Range<std::uint32_t>{1, 8},
                 "widest weight that a lane multiplies; area and energy of an element with INT weights grow with it");
    visit.number(
        "fill_cycles", self.fill_cycles, Range<std::uint32_t>{0, 1024},
        "depth of the pipeline, incurred once when an operation starts on an empty array (assumed: not published)");
    visit.number("zero_point_cycles", self.zero_point_cycles, Range<std::uint32_t>{0, 256},
                 "cycles in which an element that multiplies integers subtracts a group's sum of activations times the "
                 "zero point, one more accumulate (assumed: not published); 0: beside its other cycles");
  }
};

}  // namespace anda

#endif
