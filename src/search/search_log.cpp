// SPDX-License-Identifier: Apache-2.0
#include "search/search_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <anda/base/error.h>
#include <array>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>
#include <system_error>

#include "text/strict_json.h"
#include "text/text.h"

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* version_key = "anda_sim_search";
constexpr std::size_t largest_log_bytes = std::size_t{1} << 28;  // enough for a million iterations of a large model
/// Tolerated difference between a loss and perplexity / baseline − 1, as both went through decimal text.
constexpr double loss_margin = 1e-9;

Error os_error(const std::string& path, const char* what) {
  return Error::run(path + ": " + what + ": " + std::generic_category().message(errno));
}

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::optional<double> perplexity_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return std::isfinite(value) && value > 0 ? std::optional<double>(value) : std::nullopt;
}

/// Reads ascending positions from 1 on; nothing if the list is anything else.
std::optional<std::vector<std::uint32_t>> positions_of(const Json& list) {
  std::vector<std::uint32_t> positions;
  if (!list.is_array() || list.empty()) return std::nullopt;
  for (const Json& entry : list) {
    const std::uint64_t position = entry.is_number_unsigned() ? entry.get<std::uint64_t>() : 0;
    if (position > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    if (position <= (positions.empty() ? 0 : positions.back())) return std::nullopt;
    positions.push_back(static_cast<std::uint32_t>(position));
  }
  return positions;
}

std::optional<std::vector<double>> perplexities_of(const Json& json) {
  const auto list = json.find("perplexities");
  if (list == json.end() || !list->is_array()) return std::nullopt;
  std::vector<double> perplexities;
  for (const Json& entry : *list) {
    if (!entry.is_number() || !(entry.get<double>() > 0)) return std::nullopt;
    perplexities.push_back(entry.get<double>());
  }
  return perplexities;
}

}  // namespace

SearchLog::SearchLog(const std::string& path, const Json& subject) : path_(path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) throw Error::run(folder.string() + ": cannot create the folder: " + error.message());
  file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (file_.get() < 0) throw os_error(path_, "cannot open the log");
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) throw Error::run(path_ + ": another search is writing this log");
    throw os_error(path_, "cannot lock the log");
  }

  const std::string text = read_back();
  int number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (++number == 1) {
      check_subject(line, subject);
    } else {
      take(line, number);
    }
  }
  if (number == 0) {
    Json header;
    header[version_key] = search_log_version;
    header.update(subject);
    header_ = line_of(header) + "\n";
  }
}

std::string SearchLog::read_back() {
  std::string text;
  std::array<char, 1u << 16> part{};
  for (;;) {
    const ssize_t bytes = ::read(file_.get(), part.data(), part.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) throw os_error(path_, "cannot read the log");
    if (bytes == 0) break;
    text.append(part.data(), static_cast<std::size_t>(bytes));
    if (text.size() > largest_log_bytes) {
      throw Error::input({path_, 0, 0}, fmt::format("is larger than {} bytes, the limit for a log", largest_log_bytes));
    }
  }
  const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (whole == text.size()) return text;
  // A file that is not a log must not lose its only line.
  if (whole == 0 && text.compare(0, 2, "{\"") != 0) throw Error::input({path_, 1, 0}, "this is not a search log");
  if (::ftruncate(file_.get(), static_cast<off_t>(whole)) != 0) throw os_error(path_, "cannot remove a partial line");
  return text.substr(0, whole);
}

void SearchLog::check_subject(const std::string& line, const Json& subject) const {
  const Place place{path_, 1, 0};
  Json header;
  if (read_json(line, header) || !header.is_object() || header.find(version_key) == header.end()) {
    throw Error::input(place, "this is not a search log");
  }
  if (header[version_key] != search_log_version) {
    throw Error::input(place, fmt::format("is a log of version {}, this anda-sim writes version {}; give another --log",
                                          line_of(header[version_key]), search_log_version));
  }
  for (const auto& [key, value] : subject.items()) {
    const auto found = header.find(key);
    if (found != header.end() && *found == value) continue;
    throw Error::input(place, fmt::format("is the log of another search: its {} is {}, now it is {}; give another "
                                          "--log or --out, or remove the log",
                                          key, found == header.end() ? "missing" : line_of(*found), line_of(value)));
  }
}

void SearchLog::take(const std::string& line, int number) {
  const Place place{path_, number, 0};
  const auto json = parse_json<Json>(line, place);
  if (!json.is_object()) throw Error::input(place, "is not a JSON object: " + shown(line));
  if (json.find("baseline") != json.end()) {
    const std::optional<double> baseline = perplexity_in(json, "baseline");
    if (!baseline) throw Error::input(place, "baseline must be a positive number: " + shown(line));
    if (baseline_.value_or(*baseline) != *baseline) {
      throw Error::input(place, fmt::format("says that the baseline's perplexity is {}, an earlier line that it is {}; "
                                            "remove the wrong one",
                                            *baseline, *baseline_));
    }
    baseline_ = baseline;
    take_parts(json, baseline_parts_, line, place);
  } else if (json.find("stopped_after") != json.end()) {
    take_stopped(json, line, place);
  } else {
    const std::optional<Precisions> precisions = precisions_of(json);
    const std::optional<double> perplexity = perplexity_in(json, "perplexity");
    if (!precisions || !perplexity) {
      throw Error::input(place,
                         "must have a combination of four lengths of 1 … 16 and a positive perplexity: " + shown(line));
    }
    const auto [known, is_new] = perplexities_.emplace(*precisions, *perplexity);
    if (known->second != *perplexity) {
      throw Error::input(place,
                         fmt::format("says that the perplexity of {} is {}, an earlier line that it is {}; remove "
                                     "the wrong one",
                                     lengths_text(*precisions), *perplexity, known->second));
    }
    check_loss(json, *perplexity, place);
    take_parts(json, parts_[*precisions], line, place);
  }
  lines_.insert(line);
}

void SearchLog::take_parts(const Json& json, PartsByPositions& parts, const std::string& line, const Place& place) {
  const auto at = json.find("positions");
  if (at == json.end()) return;
  const std::optional<std::vector<std::uint32_t>> positions = positions_of(*at);
  const std::optional<std::vector<double>> perplexities = perplexities_of(json);
  if (!positions || !perplexities || perplexities->size() != positions->size() + 1) {
    throw Error::input(place,
                       "must have ascending positions and a positive number in perplexities for what is before, "
                       "between and behind them: " +
                           shown(line));
  }
  parts[*positions] = *perplexities;
}

void SearchLog::take_stopped(const Json& json, const std::string& line, const Place& place) {
  const std::optional<Precisions> precisions = precisions_of(json);
  const std::optional<double> estimate = perplexity_in(json, "estimate");
  const std::optional<double> share = perplexity_in(json, "stopped_after");
  const auto tolerance = json.find("tolerance");
  if (!precisions || !estimate || !share || *share >= 1 || tolerance == json.end() || !tolerance->is_number()) {
    throw Error::input(place,
                       "must have a combination of four lengths of 1 … 16, a positive estimate, a tolerance and "
                       "stopped_after between 0 and 1: " +
                           shown(line));
  }
  check_loss(json, *estimate, place);
  stopped_[*precisions].emplace(tolerance->get<double>(), Evaluated{*estimate, *share});
}

void SearchLog::check_loss(const Json& json, double perplexity, const Place& place) const {
  const auto found = json.find("loss");
  if (found == json.end()) return;
  if (!found->is_number()) throw Error::input(place, "loss must be a number");
  if (!baseline_) throw Error::input(place, "has a loss, but no line before it has the baseline's perplexity");
  const double loss = (perplexity - *baseline_) / *baseline_;
  if (std::fabs(found->get<double>() - loss) <= loss_margin * std::max(1.0, std::fabs(loss))) return;
  throw Error::input(place,
                     fmt::format("says that the loss is {}, but its perplexity, {}, is {} above the baseline's, {}",
                                 found->get<double>(), perplexity, loss, *baseline_));
}

std::optional<double> SearchLog::perplexity(const Precisions& precisions) const {
  const auto found = perplexities_.find(precisions);
  return found == perplexities_.end() ? std::nullopt : std::optional<double>(found->second);
}

std::optional<Evaluated> SearchLog::stopped(const Precisions& precisions, double tolerance) const {
  const auto found = stopped_.find(precisions);
  if (found == stopped_.end()) return std::nullopt;
  const auto at = found->second.lower_bound(tolerance);
  return at == found->second.end() ? std::nullopt : std::optional<Evaluated>(at->second);
}

std::optional<PositionPerplexities> SearchLog::by_position(const Precisions* precisions,
                                                           const std::vector<std::uint32_t>& positions) const {
  const std::optional<double> all = precisions != nullptr ? perplexity(*precisions) : baseline_;
  const PartsByPositions* parts = &baseline_parts_;
  if (precisions != nullptr) {
    const auto known = parts_.find(*precisions);
    if (known == parts_.end()) return std::nullopt;
    parts = &known->second;
  }
  const auto found = parts->find(positions);
  if (!all || found == parts->end()) return std::nullopt;
  return PositionPerplexities{*all, found->second};
}

void SearchLog::set_baseline(double perplexity) {
  write(line_of({{"baseline", perplexity}}));
  baseline_ = perplexity;
}

void SearchLog::set_baseline(const std::vector<std::uint32_t>& positions, const std::vector<double>& perplexities) {
  write(line_of({{"baseline", baseline_.value()}, {"positions", positions}, {"perplexities", perplexities}}));
  baseline_parts_[positions] = perplexities;
}

void SearchLog::add(const Json& iteration) {
  const std::string line = line_of(iteration);
  if (lines_.insert(line).second) write(line);
  const Precisions precisions = precisions_of(iteration).value();
  if (iteration.find("stopped_after") == iteration.end()) {
    perplexities_.emplace(precisions, iteration.at("perplexity").get<double>());
    if (iteration.find("positions") != iteration.end()) {
      parts_[precisions][iteration.at("positions").get<std::vector<std::uint32_t>>()] =
          iteration.at("perplexities").get<std::vector<double>>();
    }
    return;
  }
  stopped_[precisions].emplace(
      iteration.at("tolerance").get<double>(),
      Evaluated{iteration.at("estimate").get<double>(), iteration.at("stopped_after").get<double>()});
}

void SearchLog::write(const std::string& line) {
  const std::string text = header_ + line + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t bytes = ::write(file_.get(), text.data() + done, text.size() - done);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) throw os_error(path_, "cannot write the log");
    done += static_cast<std::size_t>(bytes);
  }
  header_.clear();
  if (::fdatasync(file_.get()) != 0 && errno != EINVAL) throw os_error(path_, "cannot write the log");
}

}  // namespace anda::sim
