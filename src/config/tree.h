// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_TREE_H
#define ANDA_SIM_CONFIG_TREE_H

#include <anda/base/error.h>

#include <string>
#include <vector>

namespace anda::sim {

struct TreeEntry;

/// Contents of a YAML document with the place of every key, regardless of what the keys mean.
struct Tree {
  /// `broken`: already reported; readers skip it.
  enum class Kind { null, scalar, list, map, broken };

  Kind kind = Kind::null;
  std::string text;                ///< text of a scalar
  bool is_quoted = false;          ///< a quoted scalar or a block scalar: always a text, whatever it looks like
  Place place;                     ///< of the value
  std::vector<Tree> items;         ///< of a list
  std::vector<TreeEntry> entries;  ///< of a map; keys are unique

  const TreeEntry* find(const std::string& key) const;
  TreeEntry* find(const std::string& key);
  /// Removes the key from a map, if present.
  void remove(const std::string& key);
};

struct TreeEntry {
  std::string key;
  Place place;  ///< of the key
  Tree value;
  std::string shown_as;  ///< dotted key that messages name if the user wrote a short form; empty: the key itself
};

/// The items of a list, which may also be written without brackets, as is convenient in a shell: fp-fp,anda.
std::vector<Tree> list_items(const Tree& node);
/// The same where only a list is legal: a single word is a list of one item.
std::vector<Tree> list_or_word(const Tree& node);

/// Merges `upper` into `lower`: maps key by key; anything else in `upper` replaces the lower value.
void overlay(Tree& lower, const Tree& upper);

/// Place of the dotted key, or of its nearest existing parent; the root's place if there is none.
Place place_of(const Tree& root, const std::string& dotted_key);

}  // namespace anda::sim

#endif
