// SPDX-License-Identifier: Apache-2.0
#include "serving/request_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <systemc>

namespace anda::sim {
namespace {

std::uint64_t kernel_ticks(double seconds) {
  return static_cast<std::uint64_t>(std::llround(seconds / sc_core::sc_get_time_resolution().to_seconds()));
}

}  // namespace

RequestTimeline::RequestTimeline(std::ostream& out, int process, const std::string& system, bool& first)
    : writer_(out, process, first) {
  writer_.name_process(system);
}

/// Returns the first thread that is free from `from_s` on.
std::uint32_t RequestTimeline::lane(Lanes& lanes, double from_s, double to_s) {
  const auto free = std::find_if(lanes.busy_until.begin(), lanes.busy_until.end(),
                                 [&](double busy_until) { return busy_until <= from_s; });
  const auto index = static_cast<std::uint32_t>(free - lanes.busy_until.begin());
  if (free == lanes.busy_until.end()) {
    lanes.busy_until.push_back(to_s);
    writer_.name_thread(lanes.first + index, fmt::format("{} {}", lanes.name, index));
  } else {
    *free = to_s;
  }
  return lanes.first + index;
}

void RequestTimeline::iteration(const IterationRecord& record) {
  if (++iterations_ > most_iterations) return;
  std::uint64_t tokens = 0;
  std::size_t sequences = 0;
  for (const Iteration& group : record.groups) {
    for (const Share& share : group.shares) tokens += share.tokens;
    sequences += group.shares.size();
  }
  const std::uint32_t thread = lane(iteration_lanes_, record.start_s, record.end_s);
  writer_.slice(thread, fmt::format("{} tokens", tokens), kernel_ticks(record.start_s), kernel_ticks(record.end_s),
                fmt::format("\"sequences\":{},\"waiting\":{},\"blocks\":{}", sequences, record.state.waiting,
                            record.state.blocks));
  writer_.counter("running", kernel_ticks(record.start_s), fmt::format("\"sequences\":{}", record.state.running));
  writer_.counter("waiting", kernel_ticks(record.start_s), fmt::format("\"sequences\":{}", record.state.waiting));
  writer_.counter("KV blocks", kernel_ticks(record.start_s), fmt::format("\"blocks\":{}", record.state.blocks));
}

void RequestTimeline::request(const Sequence& sequence) {
  if (++requests_ > most_requests) return;
  const Request& request = sequence.request;
  const std::uint32_t thread = lane(request_lanes_, request.arrival_s, sequence.finished_s);
  const std::uint64_t arrival = kernel_ticks(request.arrival_s);
  const std::uint64_t admitted = kernel_ticks(sequence.admitted_s);
  const std::uint64_t answers = kernel_ticks(sequence.first_token_s);
  const std::string args = fmt::format("\"prompt\":{},\"output\":{},\"reused\":{},\"preemptions\":{}", request.prompt,
                                       request.output, sequence.reused, sequence.preemptions);
  const auto part = [&](const char* name, std::uint64_t from, std::uint64_t to) {
    if (to > from) writer_.slice(thread, fmt::format("{} {}", request.number, name), from, to, args);
  };
  part("waits", arrival, admitted);
  part("prompt", admitted, answers);
  part("answer", answers, kernel_ticks(sequence.finished_s));
}

}  // namespace anda::sim
