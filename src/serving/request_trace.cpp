// SPDX-License-Identifier: Apache-2.0
#include "serving/request_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "serving/trace_time.h"
#include "text/nearest.h"
#include "text/strict_json.h"
#include "text/text.h"
#include "workload/csv.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t most_tokens = 1u << 24;
constexpr std::uint64_t most_priority = 1000;

/// Normalises the times of a trace: the first is 0, and none may decrease.
class TraceClock {
 public:
  explicit TraceClock(double rate_scale) : rate_scale_(rate_scale) {}

  /// Returns an error description, or an empty string on success with `arrival_s` set.
  std::string advance(std::int64_t ns, double& arrival_s) {
    if (!first_) first_ = last_ = ns;
    if (ns < last_) {
      return fmt::format("is {} s earlier than the request before; requests must be in order of arrival",
                         static_cast<double>(last_ - ns) * 1e-9);
    }
    last_ = ns;
    arrival_s = static_cast<double>(ns - *first_) * 1e-9 / rate_scale_;
    return "";
  }

 private:
  double rate_scale_;
  std::optional<std::int64_t> first_;
  std::int64_t last_ = 0;
};

/// Column names of a CSV format. The first three, time, prompt and answer, are required.
struct Columns {
  enum Place : std::size_t { time, prompt, output, priority };

  const char* format;
  std::vector<const char*> read;   ///< in the order of Place
  std::vector<const char*> known;  ///< other columns that a file may have
};

const Columns azure{"azure", {"TIMESTAMP", "ContextTokens", "GeneratedTokens", "Priority"}, {}};
const Columns burstgpt{"burstgpt",
                       {"Timestamp", "Request tokens", "Response tokens"},
                       {"Session ID", "Elapsed time", "Model", "Total tokens", "Log Type"}};

class CsvRequests : public RequestSource {
 public:
  CsvRequests(InputFile file, const Columns& columns, double rate_scale)
      : csv_(std::move(file)), columns_(columns), clock_(rate_scale) {
    csv_.expect_header(all_columns());
    read_header();
  }

  bool next(Request& request) override {
    while (csv_.next()) {
      csv_.expect_fields(fields_, all_columns());
      if (read(request)) return true;
      ++failures_;
    }
    return false;
  }

  std::string note() const override {
    if (failures_ == 0) return "";
    return fmt::format("{} requests of {} have no response tokens, which marks failures; they are left out", failures_,
                       csv_.name());
  }

 private:
  std::string all_columns() const {
    std::string names;
    for (const char* name : columns_.read) names += (names.empty() ? "" : ",") + std::string(name);
    return names;
  }

  void read_header() {
    fields_ = csv_.row().size();
    field_of_.fill(absent);
    for (std::size_t field = 0; field < fields_; ++field) {
      const std::string name(csv_.row()[field].text);
      const auto found = std::find(columns_.read.begin(), columns_.read.end(), name);
      if (found != columns_.read.end()) {
        std::size_t& place = field_of_[static_cast<std::size_t>(found - columns_.read.begin())];
        if (place != absent) throw Error::input(csv_.place(field), "column " + shown(name) + " is given twice");
        place = field;
      } else if (std::find(columns_.known.begin(), columns_.known.end(), name) == columns_.known.end()) {
        std::vector<std::string> names(columns_.read.begin(), columns_.read.end());
        names.insert(names.end(), columns_.known.begin(), columns_.known.end());
        throw Error::input(csv_.place(field),
                           fmt::format("unknown column {}{}; requests of format {} have {}", shown(name),
                                       did_you_mean(name, names), columns_.format, fmt::join(names, ",")));
      }
    }
    for (const Columns::Place place : {Columns::time, Columns::prompt, Columns::output}) {
      if (field_of_[place] != absent) continue;
      throw Error::input(csv_.place(), fmt::format("column {} is missing; requests of format {} have {}",
                                                   columns_.read[place], columns_.format, all_columns()));
    }
  }

  /// Reads the row into `request`; returns false if it records a failed request.
  bool read(Request& request) {
    const bool marks_failures = &columns_ == &burstgpt;
    const std::size_t time = field_of_[Columns::time];
    std::int64_t ns = 0;
    const std::string_view text = csv_.row()[time].text;
    std::string problem = marks_failures ? parse_duration(text, 1e9, ns) : parse_date(text, ns);
    if (problem.empty()) problem = clock_.advance(ns, request.arrival_s);
    if (!problem.empty()) throw csv_.field_error(time, columns_.read[Columns::time], problem);
    request.place = csv_.place();
    request.prompt = whole(Columns::prompt, 1, most_tokens);
    request.output = whole(Columns::output, marks_failures ? 0 : 1, most_tokens);
    request.hashes.clear();
    request.priority = 0;
    if (field_of_[Columns::priority] != absent) {
      request.priority = static_cast<std::uint32_t>(whole(Columns::priority, 0, most_priority));
    }
    return request.output > 0;
  }

  std::uint64_t whole(Columns::Place place, std::uint64_t least, std::uint64_t most) const {
    return csv_.whole_number(field_of_[place], columns_.read[place], least, most);
  }

  static constexpr std::size_t absent = ~std::size_t{0};

  CsvReader csv_;
  const Columns& columns_;
  TraceClock clock_;
  std::size_t fields_ = 0;
  std::array<std::size_t, 4> field_of_{};
  std::uint64_t failures_ = 0;
};

class MooncakeRequests : public RequestSource {
 public:
  MooncakeRequests(InputFile file, double rate_scale) : lines_(std::move(file)), clock_(rate_scale) {}

  bool next(Request& request) override {
    while (lines_.next()) {
      if (lines_.line().find_first_not_of(" \t") == std::string_view::npos) continue;
      read(parse_json<nlohmann::json>(lines_.line(), lines_.place()), request);
      return true;
    }
    return false;
  }

 private:
  void read(const nlohmann::json& object, Request& request) {
    if (!object.is_object()) refuse("a request must be an object {\"timestamp\": …, \"input_length\": …, …}");
    static const std::vector<std::string> keys{"timestamp", "input_length", "output_length", "hash_ids", "priority"};
    for (const auto& [key, value] : object.items()) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        refuse(fmt::format("unknown key {}{}; requests of format mooncake have {}", shown(key), did_you_mean(key, keys),
                           fmt::join(keys, ", ")));
      }
    }
    const auto time = object.find("timestamp");
    if (time == object.end() || !time->is_number()) refuse("timestamp must be a number of milliseconds");
    std::int64_t ns = 0;
    std::string problem = parse_duration(time->dump(), 1e6, ns);
    if (problem.empty()) problem = clock_.advance(ns, request.arrival_s);
    if (!problem.empty()) refuse("timestamp " + shown(time->dump()) + " " + problem);
    request.place = lines_.place();
    request.prompt = whole(object, "input_length", 1, most_tokens);
    request.output = whole(object, "output_length", 1, most_tokens);
    request.priority =
        object.contains("priority") ? static_cast<std::uint32_t>(whole(object, "priority", 0, most_priority)) : 0;
    request.hashes.clear();
    const auto hashes = object.find("hash_ids");
    if (hashes != object.end()) read_hashes(*hashes, request);
  }

  void read_hashes(const nlohmann::json& hashes, Request& request) {
    if (!hashes.is_array()) refuse("hash_ids must be a list of whole numbers");
    for (const nlohmann::json& hash : hashes) {
      if (!hash.is_number_unsigned()) refuse("hash_ids has " + shown(hash.dump()) + ", must be whole numbers");
      request.hashes.push_back(hash.get<std::uint64_t>());
    }
    const std::uint64_t blocks = (request.prompt + hash_tokens - 1) / hash_tokens;
    if (request.hashes.size() > blocks) {
      refuse(fmt::format("hash_ids has {} hashes, but {} tokens have {} blocks of {}", request.hashes.size(),
                         request.prompt, blocks, hash_tokens));
    }
  }

  std::uint64_t whole(const nlohmann::json& object, const char* key, std::uint64_t least, std::uint64_t most) const {
    const auto found = object.find(key);
    if (found == object.end()) refuse(fmt::format("{} is missing", key));
    const bool good =
        found->is_number_unsigned() && found->get<std::uint64_t>() >= least && found->get<std::uint64_t>() <= most;
    if (!good) refuse(fmt::format("{} is {}, must be a whole number, {} … {}", key, shown(found->dump()), least, most));
    return found->get<std::uint64_t>();
  }

  [[noreturn]] void refuse(const std::string& problem) const { throw Error::input(lines_.place(), problem); }

  LineReader lines_;
  TraceClock clock_;
};

/// Detects the format from the first line that is neither blank nor a comment.
RequestFormat format_of(const std::string& path) {
  LineReader lines{InputFile(path)};
  while (lines.next()) {
    const std::string_view line = lines.line();
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos || line[start] == '#') continue;
    if (line[start] == '{') return RequestFormat::mooncake;
    if (line.find("Request tokens") != std::string_view::npos) return RequestFormat::burstgpt;
    if (line.find("ContextTokens") != std::string_view::npos) return RequestFormat::azure;
    throw Error::input(lines.place(),
                       "is the start of none of the formats: azure has the columns TIMESTAMP,ContextTokens,"
                       "GeneratedTokens, burstgpt Timestamp,Request tokens,Response tokens, mooncake JSON lines");
  }
  throw Error::input(path + ": has no request");
}

}  // namespace

std::unique_ptr<RequestSource> open_request_trace(const std::string& path, RequestFormat format, double rate_scale) {
  if (format == RequestFormat::automatic) format = format_of(path);
  if (format == RequestFormat::mooncake) return std::make_unique<MooncakeRequests>(InputFile(path), rate_scale);
  return std::make_unique<CsvRequests>(InputFile(path), format == RequestFormat::azure ? azure : burstgpt, rate_scale);
}

}  // namespace anda::sim
