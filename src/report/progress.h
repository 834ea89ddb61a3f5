// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_PROGRESS_H
#define ANDA_SIM_REPORT_PROGRESS_H

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>

namespace anda::sim {

/// A line on the terminal that shows the progress of a run and the time left; it disappears with the object. Nothing is
/// printed if standard error is not a terminal or does not support cursor movement. Programs set the environment
/// variable ANDA_SIM_PROGRESS to `lines` and read lines such as `progress 0.2500` from standard error.
class ProgressBar {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Style {
    none,
    bar,   ///< a line that is overwritten
    lines  ///< for programs
  };

  /// Writes to standard error in the appropriate style.
  explicit ProgressBar(std::string label);
  /// Writes to a given stream, for tests.
  ProgressBar(std::string label, std::ostream& out, Style style);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { clear(); }

  /// `done`: completed share of the work, 0 … 1. Prints at most ten times a second.
  void update(double done) { update(done, Clock::now()); }
  void update(double done, Clock::time_point now);

  /// Removes the line before other output.
  void clear();

  /// "LLaMA-13B  [#########          ]  45 %  0:12 elapsed, 0:15 left", shorter than `columns`, because a wrapped line
  /// cannot be removed. If it does not fit, these parts are dropped in order: some of the bar, the bar, the label, the
  /// times.
  static std::string line(const std::string& label, double done, double elapsed_s, std::size_t columns = 80);

 private:
  std::string label_;
  std::ostream& out_;
  Style style_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_;
};

}  // namespace anda::sim

#endif
