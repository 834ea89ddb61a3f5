// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_SERVING_STATISTICS_H
#define ANDA_SIM_SERVING_SERVING_STATISTICS_H

#include <cstdint>
#include <ostream>
#include <string>

#include "config/serve_config.h"
#include "serving/quantiles.h"
#include "serving/request_timeline.h"
#include "serving/server.h"
#include "timeline/overview.h"

namespace anda::sim {

/// The quantities averaged over intervals of a run.
enum class Series : std::size_t { running, waiting, blocks, busy, link };
inline constexpr std::size_t series_count = 5;

/// Statistics of a system's servers, in constant memory. Each request goes to a CSV file when it completes.
class ServingStatistics : public ServerObserver {
 public:
  /// `system`: its name; `csv`: receives the rows, without a header; `timeline`: receives the same events; nullptr:
  /// none.
  ServingStatistics(const ServeConfig& config, std::string system, std::ostream& csv, RequestTimeline* timeline);

  static const char* csv_header();

  void state(const ServerState& state) override;
  void iteration(const IterationRecord& record) override;
  void request(const Sequence& sequence) override;

  Quantiles first_token_s;  ///< from arrival to the first token
  Quantiles per_token_s;    ///< mean time per token after the first, of requests with more than one
  Quantiles latency_s;      ///< from arrival to the last token
  Quantiles queueing_s;     ///< from arrival to admission

  std::uint64_t requests = 0;
  std::uint64_t good_requests = 0;  ///< within both latency limits
  std::uint64_t prompt_tokens = 0;
  std::uint64_t output_tokens = 0;
  std::uint64_t reused_tokens = 0;  ///< prompt tokens found in the cache
  std::uint64_t preemptions = 0;
  std::uint64_t swapped_tokens = 0;
  std::uint64_t iterations = 0;
  std::uint64_t computed_tokens = 0;  ///< including those recomputed after a preemption
  std::uint64_t shares = 0;           ///< sum over iterations of their sequences
  std::uint64_t most_blocks = 0;
  double makespan_s = 0;  ///< time of the last token
  PassCost cost;          ///< summed over one accelerator of each stage and replica

  const Overview<series_count>& overview() const { return overview_; }
  /// Mean of a series over an interval, in its own unit: sequences, blocks, or busy stages and links.
  double mean(Series series, std::size_t interval) const;

 private:
  void add(Series series, double from_s, double to_s, double amount);

  const ServeConfig& config_;
  std::string system_;
  std::ostream& csv_;
  RequestTimeline* timeline_;
  std::string row_;
  Overview<series_count> overview_;
};

}  // namespace anda::sim

#endif
