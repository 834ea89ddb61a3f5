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

/// What a search has come to, one JSON object a line, each on the disk before the next evaluation starts: what the log
/// is of, the baseline's perplexity, then the iterations. docs/search.md has the keys. A log that is there already is
/// read back and continued: its evaluations are known, and a line that it holds is not written again. A last line
/// without an end, as an interrupted write leaves it, is taken off.
class SearchLog {
 public:
  /// `subject`: what evaluations depend on; texts by name. Throws Error (input) if the file is no log, is the log of
  /// another subject, or has a wrong line; Error (run) if it cannot be written or another search is writing it.
  SearchLog(const std::string& path, const nlohmann::ordered_json& subject);

  const std::string& path() const { return path_; }
  std::optional<double> baseline() const { return baseline_; }
  std::optional<double> perplexity(const Precisions& precisions) const;
  /// What came of an evaluation that ended early, for a tolerance at least as large as `tolerance`.
  std::optional<Evaluated> stopped(const Precisions& precisions, double tolerance) const;
  /// What an evaluation by position gave, of the baseline for nullptr.
  std::optional<PositionPerplexities> by_position(const Precisions* precisions,
                                                  const std::vector<std::uint32_t>& positions) const;

  void set_baseline(double perplexity);
  /// The baseline's perplexities by position.
  void set_baseline(const std::vector<std::uint32_t>& positions, const std::vector<double>& perplexities);
  /// An iteration: an object with "combination", "perplexity" and, where they differ, "layers", beside further keys;
  /// where the evaluation ended early, "estimate" and "stopped_after" in the place of "perplexity", and "tolerance";
  /// where it was one by position, "positions" and "perplexities".
  void add(const nlohmann::ordered_json& iteration);

 private:
  using PartsByPositions = std::map<std::vector<std::uint32_t>, std::vector<double>>;

  std::string read_back();
  void check_subject(const std::string& line, const nlohmann::ordered_json& subject) const;
  void take(const std::string& line, int number);
  /// What a line has by position.
  void take_parts(const nlohmann::ordered_json& json, PartsByPositions& parts, const std::string& line,
                  const Place& place);
  /// A line of an evaluation that ended early.
  void take_stopped(const nlohmann::ordered_json& json, const std::string& line, const Place& place);
  void check_loss(const nlohmann::ordered_json& json, double perplexity, const Place& place) const;
  void write(const std::string& line);

  std::string path_;
  FileDescriptor file_;
  std::string header_;  ///< of a new log, until there is something to log
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
