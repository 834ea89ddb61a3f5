// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_TIMELINE_CONFIG_H
#define ANDA_SIM_CONFIG_TIMELINE_CONFIG_H

#include <anda/base/describe.h>

#include <cstdint>
#include <string>

namespace anda::sim {

/// What a timeline shows of a run; does not affect what is modelled.
struct TimelineConfig {
  std::string file;
  double from_us = 0;
  double length_us = 1e12;
  std::uint64_t events = 100'000;
  std::uint64_t intervals = 512;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.text("file", self.file,
               "file for a timeline in the trace event format, which ui.perfetto.dev shows; empty: none");
    visit.number("from_us", self.from_us, Range<double>{0, 1e12}, "start of the details, in simulated time");
    visit.number("length_us", self.length_us, Range<double>{1e-3, 1e12}, "duration of the details, in simulated time");
    visit.number("events", self.events, Range<std::uint64_t>{16, 100'000'000},
                 "maximum number of slices and counter changes kept per system; beyond it, the details end earlier");
    visit.number("intervals", self.intervals, Range<std::uint64_t>{2, 1'000'000},
                 "maximum number of intervals that summarise a system's whole run");
  }
};

}  // namespace anda::sim

#endif
