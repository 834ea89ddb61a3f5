// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_SEARCH_LOG_H
#define ANDA_SIM_SEARCH_SEARCH_LOG_H

#include <anda/base/error.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "files/file_descriptor.h"
#include "search/evaluator.h"
#include "search/precisions.h"

namespace anda::sim {

/// Version of the log's layout.
inline constexpr int search_log_version = 1;

/// The results of a search, one JSON object per line, each on disk before the next evaluation starts: the log's
/// subject, the baseline's perplexity, then the iterations. docs/search.md lists the keys. An existing log is read and
/// continued: its evaluations count as known, and its lines are not written again. An incomplete last line, left by an
/// interrupted write, is removed.
class SearchLog {
 public:
  /// `subject`: what evaluations depend on, texts by name. Throws Error (input) if the file is not a log, has another
  /// subject, or has an invalid line; Error (run) if it cannot be written or another search is writing it.
  SearchLog(const std::string& path, const nlohmann::ordered_json& subject);

  const std::string& path() const { return path_; }
  std::optional<double> baseline() const { return baseline_; }
  std::optional<double> perplexity(const Precisions& precisions) const;
  /// The result of an evaluation that ended early, for a tolerance at least as large as `tolerance`.
  std::optional<Evaluated> stopped(const Precisions& precisions, double tolerance) const;
  /// The result of an evaluation by position; of the baseline if `precisions` is nullptr.
  std::optional<PositionPerplexities> by_position(const Precisions* precisions,
                                                  const std::vector<std::uint32_t>& positions) const;

  void set_baseline(double perplexity);
  /// The baseline's perplexities by position.
  void set_baseline(const std::vector<std::uint32_t>& positions, const std::vector<double>& perplexities);
  /// Adds an iteration: an object with "combination", "perplexity" and, if they differ, "layers", among other keys. If
  /// the evaluation ended early, "estimate", "stopped_after" and "tolerance" replace "perplexity"; an evaluation by
  /// position adds "positions" and "perplexities".
  void add(const nlohmann::ordered_json& iteration);

 private:
  using PartsByPositions = std::map<std::vector<std::uint32_t>, std::vector<double>>;

  std::string read_back();
  void check_subject(const std::string& line, const nlohmann::ordered_json& subject) const;
  void take(const std::string& line, int number);
  /// Reads the values by position of a line.
  void take_parts(const nlohmann::ordered_json& json, PartsByPositions& parts, const std::string& line,
                  const Place& place);
  /// Reads a line of an evaluation that ended early.
  void take_stopped(const nlohmann::ordered_json& json, const std::string& line, const Place& place);
  void check_loss(const nlohmann::ordered_json& json, double perplexity, const Place& place) const;
  void write(const std::string& line);

  std::string path_;
  FileDescriptor file_;
  std::string header_;  ///< header line of a new log, until there is something to log
  std::set<std::string> lines_;
  std::optional<double> baseline_;
  std::map<Precisions, double, PrecisionsOrder> perplexities_;
  /// By tolerance.
  std::map<Precisions, std::map<double, Evaluated>, PrecisionsOrder> stopped_;
  PartsByPositions baseline_parts_;
  std::map<Precisions, PartsByPositions, PrecisionsOrder> parts_;
};

}  // namespace anda::sim

#endif
