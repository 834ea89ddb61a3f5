// SPDX-License-Identifier: Apache-2.0
#include "serving/serving_statistics.h"

#include <algorithm>
#include <cmath>

#include "text/scalar.h"

namespace anda::sim {
namespace {

constexpr std::size_t intervals = 256;
constexpr double ticks_per_s = 1e9;

std::uint64_t ticks(double seconds) { return static_cast<std::uint64_t>(std::llround(seconds * ticks_per_s)); }

}  // namespace

ServingStatistics::ServingStatistics(const ServeConfig& config, std::string system, std::ostream& csv,
                                     RequestTimeline* timeline)
    : config_(config), system_(std::move(system)), csv_(csv), timeline_(timeline), overview_(intervals) {}

const char* ServingStatistics::csv_header() {
  return "system,request,arrival_s,prompt_tokens,output_tokens,priority,reused_tokens,preemptions,queueing_s,"
         "first_token_s,per_token_s,latency_s\n";
}

void ServingStatistics::iteration(const IterationRecord& record) {
  if (timeline_ != nullptr) timeline_->iteration(record);
  ++iterations;
  for (const Iteration& group : record.groups) {
    for (const Share& share : group.shares) computed_tokens += share.tokens;
    shares += group.shares.size();
    preemptions += group.preempted;
    swapped_tokens += group.swapped_tokens;
  }
  cost += record.cost;
  add(Series::busy, record.start_s, record.end_s, record.cost.seconds);
  add(Series::link, record.start_s, record.end_s, record.cost.link_busy_s);
}

void ServingStatistics::state(const ServerState& state) {
  most_blocks = std::max(most_blocks, state.blocks);
  const double length = state.to_s - state.from_s;
  const auto held = [&](Series series, auto amount) {
    if (amount > 0) add(series, state.from_s, state.to_s, static_cast<double>(amount) * length);
  };
  held(Series::running, state.running);
  held(Series::waiting, state.waiting);
  held(Series::blocks, state.blocks);
}

void ServingStatistics::add(Series series, double from_s, double to_s, double amount) {
  overview_.add(static_cast<std::size_t>(series), ticks(from_s), ticks(to_s), ticks(amount));
}

double ServingStatistics::mean(Series series, std::size_t interval) const {
  return static_cast<double>(overview_.intervals()[interval][static_cast<std::size_t>(series)]) /
         static_cast<double>(overview_.interval_ticks());
}

void ServingStatistics::request(const Sequence& sequence) {
  if (timeline_ != nullptr) timeline_->request(sequence);
  const Request& request = sequence.request;
  const double first_token = sequence.first_token_s - request.arrival_s;
  const double latency = sequence.finished_s - request.arrival_s;
  const double queueing = sequence.admitted_s - request.arrival_s;
  const std::uint64_t further = request.output - 1;
  const double per_token = further == 0 ? 0 : (latency - first_token) / static_cast<double>(further);
  first_token_s.add(first_token);
  latency_s.add(latency);
  queueing_s.add(queueing);
  if (further > 0) per_token_s.add(per_token);
  ++requests;
  const ServiceLimits& limits = config_.serving.limits;
  if (first_token <= limits.first_token_s && per_token <= limits.per_token_s) ++good_requests;
  prompt_tokens += request.prompt;
  output_tokens += request.output;
  reused_tokens += sequence.reused;
  makespan_s = std::max(makespan_s, sequence.finished_s);

  row_ = system_;
  const auto field = [this](const std::string& text) { (row_ += ',') += text; };
  field(std::to_string(request.number));
  field(exact_text(request.arrival_s));
  for (const std::uint64_t value :
       {request.prompt, request.output, std::uint64_t{request.priority}, sequence.reused, sequence.preemptions}) {
    field(std::to_string(value));
  }
  field(exact_text(queueing));
  field(exact_text(first_token));
  field(further == 0 ? "n/a" : exact_text(per_token));
  field(exact_text(latency));
  csv_ << row_ << '\n';
}

}  // namespace anda::sim
