// SPDX-License-Identifier: Apache-2.0
#include "text/strict_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

/// Scans a text token by token for what the library would not reject. The library checks the syntax: for text that is
/// not JSON, the result here is arbitrary.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<JsonProblem> problem() {
    while (at_ < text_.size() && !problem_) token();
    return problem_;
  }

 private:
  struct Level {
    bool is_object = false;
    std::unordered_set<std::string> keys{};
  };

  void token() {
    const char c = text_[at_];
    if (c == '"') return string();
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    if (c == '\0') return refuse(at_, "holds a NUL byte");
    if (c == '{' || c == '[') {
      if (levels_.size() == max_json_depth) {
        return refuse(at_, fmt::format("is nested more than {} levels deep", max_json_depth));
      }
      levels_.push_back({c == '{'});
    }
    if ((c == '}' || c == ']') && !levels_.empty()) levels_.pop_back();
    const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!is_blank) before_ = c;
    ++at_;
  }

  void string() {
    const std::size_t first = at_++;
    bool has_escape = false;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\0') return refuse(at_, "holds a NUL byte");
      const bool is_escape = text_[at_] == '\\';
      has_escape = has_escape || is_escape;
      at_ += is_escape ? 2 : 1;
    }
    at_ = std::min(at_ + 1, text_.size());
    const bool is_key = !levels_.empty() && levels_.back().is_object && (before_ == '{' || before_ == ',');
    before_ = '"';
    if (!is_key) return;
    const std::string_view token = text_.substr(first, at_ - first);
    std::string key(token);
    if (has_escape) {
      const nlohmann::json unescaped = nlohmann::json::parse(token, nullptr, false);
      if (!unescaped.is_string()) return;  // the library reports the error
      key = '"' + unescaped.get<std::string>() + '"';
    }
    if (!levels_.back().keys.insert(std::move(key)).second) {
      refuse(first, fmt::format("has the key {} twice", shown(token.substr(1, token.size() - 2))));
    }
  }

  void number() {
    const std::size_t first = at_;
    at_ = std::min(text_.find_first_not_of("+-.0123456789eE", at_), text_.size());
    before_ = '0';
    const std::string_view token = text_.substr(first, at_ - first);
    double value = 0;
    if (parse_number(token, value) == NumberSyntax::out_of_range) {
      refuse(first, fmt::format("has the number {}, which a 64-bit floating-point number cannot hold", shown(token)));
    }
  }

  void refuse(std::size_t byte, std::string what) { problem_ = JsonProblem{byte, std::move(what)}; }

  std::string_view text_;
  std::size_t at_ = 0;
  char before_ = '\0';  ///< first character of the previous token, ignoring whitespace
  std::vector<Level> levels_;
  std::optional<JsonProblem> problem_;
};

/// Shortens "[json.exception…] parse error at line 1, column 2: syntax error …": drops what is reported in our own
/// format and limits the length, because the library repeats the offending text.
std::string words_of(const nlohmann::json::exception& error) {
  std::string_view what = error.what();
  const std::size_t colon = what.find(": ");
  if (colon != std::string_view::npos) what.remove_prefix(colon + 2);
  constexpr std::size_t longest = 160;
  const std::string words = shown(what, longest);
  return words.substr(1, words.size() - 2);
}

/// Returns line and column of a byte, counted from the start of the text.
Place place_of(std::string_view text, std::size_t byte, const Place& start) {
  const std::string_view before = text.substr(0, byte);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  Place place{start.file, std::max(start.line, 1), 1};
  place.line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  for (const char c : before.substr(line_start)) {
    if ((static_cast<unsigned char>(c) & 0xC0u) != 0x80u) ++place.column;
  }
  return place;
}

}  // namespace

template <class Json>
std::optional<JsonProblem> read_json(std::string_view text, Json& value) {
  // Must precede the library, which would build excessive nesting and silently take the last of two equal keys.
  if (auto problem = Scanner(text).problem()) return problem;
  try {
    value = Json::parse(text);
    return std::nullopt;
  } catch (const nlohmann::json::parse_error& error) {
    return JsonProblem{error.byte == 0 ? 0 : error.byte - 1, "this is not JSON: " + words_of(error)};
  } catch (const nlohmann::json::exception& error) {
    return JsonProblem{0, "this is not JSON: " + words_of(error)};
  }
}

template <class Json>
Json parse_json(std::string_view text, const Place& start) {
  Json value;
  if (const auto problem = read_json(text, value)) {
    throw Error::input(place_of(text, problem->byte, start), problem->what);
  }
  return value;
}

template std::optional<JsonProblem> read_json(std::string_view, nlohmann::json&);
template std::optional<JsonProblem> read_json(std::string_view, nlohmann::ordered_json&);
template nlohmann::json parse_json(std::string_view, const Place&);
template nlohmann::ordered_json parse_json(std::string_view, const Place&);

}  // namespace anda::sim
