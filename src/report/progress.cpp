// SPDX-License-Identifier: Apache-2.0
#include "report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "report/human.h"
#include "report/text_grid.h"
#include "text/characters.h"

namespace anda::sim {
namespace {

constexpr std::chrono::milliseconds period{100};
constexpr std::size_t bar_columns = 30;
constexpr std::size_t label_columns = 24;
constexpr const char* clear_line = "\r\x1b[K";

/// A share so small that an estimate of the time left would be noise.
constexpr double least_share = 0.002;

ProgressBar::Style usual_style() {
  const char* wanted = std::getenv("ANDA_SIM_PROGRESS");
  if (wanted != nullptr && std::strcmp(wanted, "lines") == 0) return ProgressBar::Style::lines;
  const char* terminal = std::getenv("TERM");
  const bool moves = ::isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
  return moves ? ProgressBar::Style::bar : ProgressBar::Style::none;
}

}  // namespace

ProgressBar::ProgressBar(std::string label) : ProgressBar(std::move(label), std::cerr, usual_style()) {}

ProgressBar::ProgressBar(std::string label, std::ostream& out, Style style)
    : label_(std::move(label)), out_(out), style_(style) {}

void ProgressBar::update(double done, Clock::time_point now) {
  if (style_ == Style::none || now < next_) return;
  next_ = now + period;
  if (style_ == Style::lines) {
    out_ << fmt::format("progress {:.4f}\n", std::clamp(done, 0.0, 1.0)) << std::flush;
    return;
  }
  out_ << clear_line << line(label_, done, std::chrono::duration<double>(now - start_).count()) << std::flush;
  shown_ = true;
}

void ProgressBar::clear() {
  if (!shown_) return;
  out_ << clear_line << std::flush;
  shown_ = false;
}

std::string ProgressBar::line(const std::string& label, double done, double elapsed_s) {
  done = std::clamp(done, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(done * bar_columns);
  std::string text =
      fmt::format("{}  [{}{}] {:3.0f} %  {} elapsed", shortened(for_terminal(label), label_columns),
                  std::string(full, '#'), std::string(bar_columns - full, ' '), done * 100, clock_text(elapsed_s));
  if (done >= least_share) text += fmt::format(", {} left", clock_text(elapsed_s * (1 - done) / done));
  return text;
}

}  // namespace anda::sim
