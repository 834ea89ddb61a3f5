// SPDX-License-Identifier: Apache-2.0
#include "config/layers.h"

#include <algorithm>
#include <filesystem>

#include "text/nearest.h"
#include "text/scalar.h"

namespace anda::sim {
namespace {

/// The parts of a text meant as a list, for a message.
std::string node_list(const std::string& text) {
  const std::size_t first = text.find_first_not_of("([{ ");
  const std::size_t last = text.find_last_not_of(")]} ");
  if (first == std::string::npos) return printable(text);
  return printable(joined(list_parts(text.substr(first, last - first + 1))), 200);
}

}  // namespace

void Expander::expand_short_form(TreeEntry& entry, const std::vector<std::string>& keys, const std::string& path) {
  Tree& node = entry.value;
  std::vector<Tree> items = list_items(node);
  if (node.kind == Tree::Kind::scalar && items.size() == keys.size()) {
    node.kind = Tree::Kind::list;
    node.items = std::move(items);
  }
  if (node.kind == Tree::Kind::list && node.items.size() != keys.size()) {
    problems_.add(entry.place, path,
                  "is a list of " + std::to_string(node.items.size()) + ", must have " + std::to_string(keys.size()) +
                      " values: [" + joined(keys) + "]");
    node.kind = Tree::Kind::broken;
  }
  if (node.kind != Tree::Kind::list && node.kind != Tree::Kind::scalar) return;
  if (node.kind == Tree::Kind::scalar && list_parts(node.text).size() > 1) {
    problems_.add(entry.place, path,
                  "is the text " + in_quotes(node.text) + ", must be a list in brackets, such as [" +
                      node_list(node.text) + "], or one value for all of [" + joined(keys) + "]");
    node.kind = Tree::Kind::broken;
    return;
  }
  Tree map;
  map.kind = Tree::Kind::map;
  map.place = node.place;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (node.kind == Tree::Kind::list) {
      map.entries.push_back({keys[i], node.items[i].place, node.items[i], {}});
    } else {
      map.entries.push_back({keys[i], entry.place, node, path});
    }
  }
  node = std::move(map);
}

std::vector<Tree> Expander::read(const Tree& node, const std::string& section, const std::string& key) {
  const std::string path = shown_path(node.text, node.place);
  const bool is_word = node.text.find_first_of("./") == std::string::npos;
  if (is_word) {
    if (const BuiltInFile* file = built_in_file(section, node.text)) {
      return parse_yaml_layers(file->text, std::string("configs/") + file->section + "/" + file->name + ".yaml",
                               problems_);
    }
    if (!std::filesystem::exists(path)) {
      const std::vector<std::string> names = built_in_names(section);
      problems_.add(node.place, key,
                    "is " + in_quotes(node.text) + ", must be one of " + joined(names) +
                        ", or the path of a YAML file" + did_you_mean(node.text, names));
      return {};
    }
  }
  return read_yaml_layers(path, {node.place, key}, problems_);
}

bool Expander::names_file(const std::string& text) {
  const std::string ending = std::filesystem::path(text).extension().string();
  return text.find('/') != std::string::npos || ending == ".yaml" || ending == ".yml";
}

std::string Expander::shown_path(const std::string& path, const Place& place) {
  const std::filesystem::path folder =
      place.line > 0 ? std::filesystem::path(place.file).parent_path() : std::filesystem::path();
  return (folder / path).lexically_normal().string();
}

void AlternativeRemover::remove(Tree& lower, const Tree& upper, const std::vector<std::string>& keys) {
  const bool gives_one = std::any_of(keys.begin(), keys.end(), [&upper](const std::string& key) {
    const TreeEntry* entry = upper.find(key);
    return entry != nullptr && !(entry->value.kind == Tree::Kind::scalar && entry->value.text.empty());
  });
  if (!gives_one) return;
  for (const std::string& key : keys) lower.remove(key);
}

}  // namespace anda::sim
