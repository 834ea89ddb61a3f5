// SPDX-License-Identifier: Apache-2.0
#include "config/input_problems.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace anda::sim {

void InputProblems::add(const Place& place, const std::string& key, const std::string& message) {
  lines_.push_back({place, key.empty() ? message : key + ": " + message});
}

void InputProblems::throw_if_any() const {
  if (lines_.empty()) return;
  std::map<std::string, std::size_t> rank;  // files in the order in which they first have a problem
  for (const Line& line : lines_) rank.emplace(line.place.file, rank.size());
  std::vector<Line> sorted = lines_;
  std::stable_sort(sorted.begin(), sorted.end(), [&rank](const Line& a, const Line& b) {
    return std::make_tuple(rank.at(a.place.file), a.place.line, a.place.column) <
           std::make_tuple(rank.at(b.place.file), b.place.line, b.place.column);
  });
  constexpr std::size_t most_shown = 100;
  std::string text;
  std::set<std::string> seen;  // a value that stands for several keys is wrong only once
  for (const Line& line : sorted) {
    const std::string place = to_string(line.place);
    std::string message = place.empty() ? line.text : place + ": " + line.text;
    if (!seen.insert(message).second) continue;
    if (seen.size() > most_shown) continue;
    if (!text.empty()) text += '\n';
    text += message;
  }
  if (seen.size() > most_shown) text += "\n… and " + std::to_string(seen.size() - most_shown) + " more problems";
  throw Error::input(text);
}

std::string printable(const std::string& text, std::size_t longest) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (shown.size() >= longest && (byte & 0xC0u) != 0x80u) {  // never in the middle of a UTF-8 sequence
      shown += "…";
      break;
    }
    shown += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return shown;
}

std::string in_quotes(const std::string& text) { return "`" + printable(text) + "`"; }

}  // namespace anda::sim
