// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_TIMELINE_CONFIG_H
#define ANDA_SIM_CONFIG_TIMELINE_CONFIG_H

#include <anda/base/describe.h>

#include <cstdint>
#include <string>

namespace anda::sim {

/// What a timeline shows of a run; of no influence on what is modelled.
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
    visit.number("length_us", self.length_us, Range<double>{1e-3, 1e12}, "simulated time that the details are of");
    visit.number("events", self.events, Range<std::uint64_t>{16, 100'000'000},
                 "most slices and changes of a counter kept of a system; where there are more, the details end sooner");
    visit.number("intervals", self.intervals, Range<std::uint64_t>{2, 1'000'000},
                 "most intervals that a system's whole run is summed up in");
  }
};

}  // namespace anda::sim

#endif
