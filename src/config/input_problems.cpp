// SPDX-License-Identifier: Apache-2.0
#include "config/input_problems.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "text/characters.h"

namespace anda::sim {
namespace {

constexpr std::size_t longest_problem = std::size_t{1}
                                        << 14;  // in bytes: keys and paths of the user's may have any length
constexpr std::size_t most_kept = 10000;        // for files that are not configurations at all

}  // namespace

void InputProblems::add(const Place& place, const std::string& key, const std::string& message) {
  ++count_;
  if (lines_.size() >= most_kept) return;
  std::string text = key.empty() ? message : key + ": " + message;
  if (text.size() > longest_problem) {
    std::size_t end = longest_problem;
    while ((static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
    text.resize(end);
    text += "…";
  }
  lines_.push_back({place, for_terminal(text)});
}

void InputProblems::throw_if_any() const {
  if (lines_.empty()) return;
  std::map<std::string, std::size_t> rank;  // files in the order of their first problems
  for (const Line& line : lines_) rank.emplace(line.place.file, rank.size());
  std::vector<Line> sorted = lines_;
  std::stable_sort(sorted.begin(), sorted.end(), [&rank](const Line& a, const Line& b) {
    return std::make_tuple(rank.at(a.place.file), a.place.line, a.place.column) <
           std::make_tuple(rank.at(b.place.file), b.place.line, b.place.column);
  });
  constexpr std::size_t most_shown = 100;
  std::string text;
  std::set<std::string> seen;  // a value that stands for several keys is reported only once
  for (const Line& line : sorted) {
    const std::string place = to_string(line.place);
    std::string message = place.empty() ? line.text : place + ": " + line.text;
    if (!seen.insert(message).second) continue;
    if (seen.size() > most_shown) continue;
    if (!text.empty()) text += '\n';
    text += message;
  }
  if (seen.size() > most_shown)
    text += "\n… and " + std::to_string(seen.size() - most_shown + (count_ - lines_.size())) + " more problems";
  throw Error::input(text);
}

std::string printable(const std::string& text, std::size_t longest) {
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    if (shown.size() >= longest) {
      shown += "…";
      break;
    }
    const Character character = first_character(rest);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    const bool is_bad = character.bytes == 0 || is_control(character.code);
    shown += is_bad ? "?" : rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  }
  return shown;
}

std::string in_quotes(const std::string& text) { return "`" + printable(text) + "`"; }

}  // namespace anda::sim
