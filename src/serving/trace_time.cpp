// SPDX-License-Identifier: Apache-2.0
#include "serving/trace_time.h"

#include <array>
#include <cmath>

#include "text/scalar.h"

namespace anda::sim {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr double longest_ns = 4e18;

/// Consumes digits from the front of a text.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  bool take(std::size_t count, int& value) {
    if (text_.size() < count) return false;
    value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
      value = 10 * value + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return true;
  }
  bool take(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  /// Consumes all digits of a fraction of a second.
  std::int64_t fraction_ns() {
    std::int64_t ns = 0;
    std::int64_t place = ns_per_s / 10;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1)) {
      ns += (text_.front() - '0') * place;
      place /= 10;
    }
    return ns;
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

/// Returns the days from 1970-01-01 in the Gregorian calendar.
std::int64_t days_since_1970(int year, int month, int day) {
  // Years start in March, which puts the leap day last.
  const std::int64_t y = month > 2 ? year : year - 1;
  const std::int64_t months = (month + 9) % 12;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * months + 2) / 5 + day - 1 - 719468;
}

bool is_date(int year, int month, int day) {
  if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1) return false;
  static constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[static_cast<std::size_t>(month - 1)] + (leap && month == 2 ? 1 : 0);
}

}  // namespace

std::string parse_date(std::string_view text, std::int64_t& ns) {
  Digits rest(text);
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const bool reads = rest.take(4, year) && rest.take("-") && rest.take(2, month) && rest.take("-") &&
                     rest.take(2, day) && rest.take(" T") && rest.take(2, hour) && rest.take(":") &&
                     rest.take(2, minute) && rest.take(":") && rest.take(2, second);
  const std::int64_t fraction = reads && rest.take(".") ? rest.fraction_ns() : 0;
  const bool ends = rest.rest().empty() || rest.rest() == "Z" || rest.rest() == "+00:00";
  if (!reads || !ends || !is_date(year, month, day) || hour > 23 || minute > 59 || second > 60) {
    return "must be a date and time such as 2023-11-16 18:17:03.9799600, in UTC";
  }
  ns = (days_since_1970(year, month, day) * 86400 + hour * std::int64_t{3600} + minute * std::int64_t{60} + second) *
           ns_per_s +
       fraction;
  return "";
}

std::string parse_duration(std::string_view text, double unit_ns, std::int64_t& ns) {
  double value = 0;
  if (parse_number(text, value) != NumberSyntax::good) return "must be a number";
  if (value < 0) return "must not be negative";
  if (value * unit_ns > longest_ns) return "is too large for a time";
  ns = std::llround(value * unit_ns);
  return "";
}

}  // namespace anda::sim
