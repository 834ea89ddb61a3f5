// SPDX-License-Identifier: Apache-2.0
#include "config/override.h"

#include <algorithm>

#include "config/yaml_parser.h"
#include "files/input_file.h"

namespace anda::sim {

Tree parse_override(const std::string& text, InputProblems& problems) {
  const Place place{"--set " + printable(text, 200), 0, 0};
  Tree nothing;
  nothing.kind = Tree::Kind::map;
  nothing.place = place;

  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    problems.add(place, "", "must be key=value, such as accelerator.mxu.rows=32");
    return nothing;
  }
  const std::string key = text.substr(0, equals);
  if (key == "base") {
    problems.add(place, "base", "can only be given in a file");
    return nothing;
  }
  if (static_cast<std::size_t>(std::count(key.begin(), key.end(), '.')) >= max_yaml_depth) {
    problems.add(place, "", "nested more than " + std::to_string(max_yaml_depth) + " levels deep");
    return nothing;
  }
  const std::string given = text.substr(equals + 1);
  Tree value;
  if (given == standard_input) {  // which YAML reads as the start of a list
    value.kind = Tree::Kind::scalar;
    value.text = given;
    value.place = place;
  } else {
    value = parse_yaml(given, place, false, problems);
  }
  std::size_t end = key.size();
  while (true) {  // wraps the value in maps, from the last part of the key to the first
    const std::size_t dot = end == 0 ? std::string::npos : key.rfind('.', end - 1);
    const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
    if (begin == end) {
      problems.add(place, "", "the key has an empty part between its dots");
      return nothing;
    }
    Tree map = nothing;
    map.entries.push_back({key.substr(begin, end - begin), place, std::move(value), {}});
    value = std::move(map);
    if (dot == std::string::npos) return value;
    end = dot;
  }
}

}  // namespace anda::sim
