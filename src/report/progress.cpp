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
#include "text/terminal.h"

namespace anda::sim {
namespace {

constexpr std::chrono::milliseconds period{100};
constexpr std::size_t bar_columns = 30;
constexpr std::size_t least_bar = 5;
constexpr std::size_t label_columns = 24;
constexpr std::size_t usual_columns = 80;
constexpr const char* clear_line = "\r\x1b[K";

/// Below this share, an estimate of the time left would be noise.
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
  const std::size_t columns = terminal_columns(STDERR_FILENO).value_or(usual_columns);
  out_ << clear_line << line(label_, done, std::chrono::duration<double>(now - start_).count(), columns) << std::flush;
  shown_ = true;
}

void ProgressBar::clear() {
  if (!shown_) return;
  out_ << clear_line << std::flush;
  shown_ = false;
}

std::string ProgressBar::line(const std::string& label, double done, double elapsed_s, std::size_t columns) {
  done = std::clamp(done, 0.0, 1.0);
  const std::string name = shortened(for_terminal(label), label_columns);
  const std::string share = fmt::format("{:3.0f} %", done * 100);
  std::string times = clock_text(elapsed_s) + " elapsed";
  if (done >= least_share) times += fmt::format(", {} left", clock_text(elapsed_s * (1 - done) / done));
  // The last column stays empty, since some terminals start a new line there.
  const std::size_t room = columns == 0 ? 0 : columns - 1;
  const std::size_t others = columns_of(name) + columns_of(share) + columns_of(times) + 7;
  const std::size_t bar = room > others ? std::min(bar_columns, room - others) : 0;
  if (bar >= least_bar) {
    const auto full = static_cast<std::size_t>(done * static_cast<double>(bar));
    return fmt::format("{}  [{}{}] {}  {}", name, std::string(full, '#'), std::string(bar - full, ' '), share, times);
  }
  for (const std::string& text : {name + "  " + share + "  " + times, share + "  " + times, share}) {
    if (columns_of(text) <= room) return text;
  }
  return "";
}

}  // namespace anda::sim
