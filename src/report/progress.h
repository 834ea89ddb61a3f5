// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_PROGRESS_H
#define ANDA_SIM_REPORT_PROGRESS_H

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>

namespace anda::sim {

/// A line on the terminal that says how far a run is and how long it will take; it is gone when the bar is. Where
/// standard error is no terminal, or knows no cursor movement, nothing is printed. Programs set the environment
/// variable ANDA_SIM_PROGRESS to `lines` and read lines such as `progress 0.2500` from standard error.
class ProgressBar {
 public:
  using Clock = std::chrono::steady_clock;

  enum class Style {
    none,
    bar,   ///< a line that is written over
    lines  ///< for programs
  };

  /// On standard error, in the style that fits it.
  explicit ProgressBar(std::string label);
  /// For tests: on a stream.
  ProgressBar(std::string label, std::ostream& out, Style style);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { clear(); }

  /// `done`: share of the work, 0 … 1. Prints at most ten times a second.
  void update(double done) { update(done, Clock::now()); }
  void update(double done, Clock::time_point now);

  /// Takes the line away, before other output.
  void clear();

  /// "LLaMA-13B  [#########          ]  45 %  0:12 elapsed, 0:15 left", shorter than a line of so many columns: a line
  /// that wraps cannot be taken away. What does not fit goes in this order: some of the bar, the bar, the label, the
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
