// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_TREE_H
#define ANDA_SIM_CONFIG_TREE_H

#include <anda/base/error.h>

#include <string>
#include <vector>

namespace anda::sim {

struct TreeEntry;

/// What a YAML document says, with the place of every key; independent of what the keys mean.
struct Tree {
  /// `broken`: already reported, readers pass over it.
  enum class Kind { null, scalar, list, map, broken };

  Kind kind = Kind::null;
  std::string text;                ///< of a scalar
  bool is_quoted = false;          ///< a scalar in quotes or a block scalar: text, whatever it looks like
  Place place;                     ///< of the value
  std::vector<Tree> items;         ///< of a list
  std::vector<TreeEntry> entries;  ///< of a map; no key twice

  const TreeEntry* find(const std::string& key) const;
  TreeEntry* find(const std::string& key);
  /// Takes the key out of a map; nothing happens if it is not there.
  void remove(const std::string& key);
};

struct TreeEntry {
  std::string key;
  Place place;  ///< of the key
  Tree value;
  std::string shown_as;  ///< dotted key to name in messages when the user wrote a short form; empty: the key itself
};

/// The items of a list; also of one that is written without brackets, as shells like it: fp-fp,anda.
std::vector<Tree> list_items(const Tree& node);
/// The same where nothing but a list is meant: one word is a list of one.
std::vector<Tree> list_or_word(const Tree& node);

/// Puts `upper` over `lower`: maps are merged key by key, anything else is replaced.
void overlay(Tree& lower, const Tree& upper);

/// Place of the dotted key, or of the nearest parent that is there; the root's place when nothing is.
Place place_of(const Tree& root, const std::string& dotted_key);

}  // namespace anda::sim

#endif
