// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_REQUEST_TIMELINE_H
#define ANDA_SIM_SERVING_REQUEST_TIMELINE_H

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "serving/server.h"
#include "timeline/event_writer.h"

namespace anda::sim {

/// Requests and iterations of a system in the trace event format, for ui.perfetto.dev. Overlapping events go to
/// parallel threads. The number of each is limited so that viewers can open the file.
class RequestTimeline {
 public:
  static constexpr std::uint64_t most_requests = 10'000;
  static constexpr std::uint64_t most_iterations = 100'000;

  /// `process`: number of the system, from 1; `first`: see EventWriter.
  RequestTimeline(std::ostream& out, int process, const std::string& system, bool& first);

  void iteration(const IterationRecord& record);
  void request(const Sequence& sequence);

  bool is_cut() const { return requests_ > most_requests || iterations_ > most_iterations; }

 private:
  /// Threads of one kind, and the time until which each is busy.
  struct Lanes {
    const char* name;
    std::uint32_t first;  ///< number of the first thread
    std::vector<double> busy_until;
  };

  std::uint32_t lane(Lanes& lanes, double from_s, double to_s);

  EventWriter writer_;
  Lanes iteration_lanes_{"iterations", 1, {}};
  Lanes request_lanes_{"requests", 1001, {}};
  std::uint64_t requests_ = 0;
  std::uint64_t iterations_ = 0;
};

}  // namespace anda::sim

#endif
