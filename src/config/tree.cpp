// SPDX-License-Identifier: Apache-2.0
#include "config/tree.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "text/scalar.h"

namespace anda::sim {

const TreeEntry* Tree::find(const std::string& key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&key](const TreeEntry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

TreeEntry* Tree::find(const std::string& key) { return const_cast<TreeEntry*>(std::as_const(*this).find(key)); }

void Tree::remove(const std::string& key) {
  entries.erase(std::remove_if(entries.begin(), entries.end(), [&key](const TreeEntry& e) { return e.key == key; }),
                entries.end());
}

void overlay(Tree& lower, const Tree& upper) {
  if (lower.kind != Tree::Kind::map || upper.kind != Tree::Kind::map) {
    lower = upper;
    return;
  }
  lower.place = upper.place;
  // precision.layers may have tens of thousands of keys: calling find() for each would take quadratic time.
  std::unordered_map<std::string, std::size_t> where;
  for (std::size_t i = 0; i < lower.entries.size(); ++i) where.emplace(lower.entries[i].key, i);
  for (const TreeEntry& entry : upper.entries) {
    const auto found = where.find(entry.key);
    if (found == where.end()) {
      lower.entries.push_back(entry);
      continue;
    }
    TreeEntry& below = lower.entries[found->second];
    below.place = entry.place;
    below.shown_as = entry.shown_as;
    overlay(below.value, entry.value);
  }
}

std::vector<Tree> list_or_word(const Tree& node) {
  std::vector<Tree> items = list_items(node);
  if (items.empty() && node.kind == Tree::Kind::scalar && !node.text.empty()) items.push_back(node);
  return items;
}

std::vector<Tree> list_items(const Tree& node) {
  const bool is_list_text = node.kind == Tree::Kind::scalar && !node.is_quoted &&
                            node.text.find(',') != std::string::npos &&
                            node.text.find_first_of("()[]{}") == std::string::npos;
  if (!is_list_text) return node.items;
  std::vector<Tree> items;
  for (const std::string& word : list_parts(node.text)) {
    Tree item;
    item.kind = Tree::Kind::scalar;
    item.text = word;
    item.place = node.place;
    items.push_back(std::move(item));
  }
  return items;
}

Place place_of(const Tree& root, const std::string& dotted_key) {
  const Tree* node = &root;
  Place place{root.place.file, 0, 0};
  std::size_t begin = 0;
  while (begin <= dotted_key.size()) {
    const std::size_t end = std::min(dotted_key.find('.', begin), dotted_key.size());
    const std::string part = dotted_key.substr(begin, end - begin);
    std::uint64_t index = 0;
    if (node->kind == Tree::Kind::list && parse_number(part, index) == NumberSyntax::good &&
        index < node->items.size()) {
      node = &node->items[index];
      if (node->place.line > 0) place = node->place;
    } else {
      const TreeEntry* entry = node->find(part);
      if (entry == nullptr) break;
      place = entry->place;
      node = &entry->value;
    }
    begin = end + 1;
  }
  return place;
}

}  // namespace anda::sim
