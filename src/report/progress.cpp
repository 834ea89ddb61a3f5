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

bool is_terminal() {
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

}  // namespace

ProgressBar::ProgressBar(std::string label) : ProgressBar(std::move(label), std::cerr, is_terminal()) {}

ProgressBar::ProgressBar(std::string label, std::ostream& out, bool terminal)
    : label_(std::move(label)), out_(out), terminal_(terminal) {}

void ProgressBar::update(double done, Clock::time_point now) {
  if (!terminal_ || now < next_) return;
  next_ = now + period;
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
