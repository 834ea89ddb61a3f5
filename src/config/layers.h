// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_LAYERS_H
#define ANDA_SIM_CONFIG_LAYERS_H

#include <anda/base/describe.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/built_in_files.h"
#include "config/catalogue.h"
#include "config/config_path.h"
#include "config/input_problems.h"
#include "config/reader.h"
#include "config/section_visitor.h"
#include "config/tree.h"
#include "config/yaml_file.h"

namespace anda::sim {

template <class S>
Tree compose(const std::vector<Tree>& layers, InputProblems& problems);

/// Expands the abbreviations of a layer, so that layers can be merged key by key: short forms become maps, and the
/// paths of file sections become the contents of the files.
class Expander : public SectionVisitor {
 public:
  Expander(Tree& map, const std::string& path, InputProblems& problems) : map_(map), path_(path), problems_(problems) {}

  template <class S>
  void section(const char* key, const S& value, const char*) {
    if (TreeEntry* entry = map_.find(key)) expand(*entry, value, path_);
  }

  template <class S>
  void numbered(const char* key, const std::map<std::uint32_t, S>&, Range<std::uint32_t>, const char*) {
    TreeEntry* entry = map_.find(key);
    if (entry == nullptr || entry->value.kind != Tree::Kind::map) return;
    for (TreeEntry& inner : entry->value.entries) expand(inner, S{}, join_key(path_, key));
  }

  template <class V>
  void word_or_section(const char* key, const V&, const char*) {
    TreeEntry* entry = map_.find(key);
    if (entry != nullptr) load_word<V>(entry->value, join_key(path_, key));
  }

  template <class V>
  void words_or_sections(const char* key, const std::vector<V>&, const char*) {
    TreeEntry* entry = map_.find(key);
    if (entry == nullptr) return;
    Tree& node = entry->value;
    std::vector<Tree> items = list_or_word(node);
    for (Tree& item : items) load_word<V>(item, join_key(path_, key));
    if (items.empty()) return;
    node.kind = Tree::Kind::list;
    node.items = std::move(items);
  }

  template <class S>
  void file_section(const char* key, const S& value, const char*) {
    TreeEntry* entry = map_.find(key);
    if (entry == nullptr) return;
    Tree& node = entry->value;
    const bool is_path = node.kind == Tree::Kind::scalar && (node.is_quoted || !looks_like_number_or_flag(node.text));
    if (is_path) {
      load<S>(node, key, join_key(path_, key));
    } else {
      expand(*entry, value, path_);
    }
  }

 private:
  /// Whether a word that is not one of a choice's words is meant as a path.
  static bool names_file(const std::string& text);

  template <class S>
  void expand(TreeEntry& entry, const S& value, const std::string& outer) {
    const std::string path = join_key(outer, entry.key);
    if constexpr (HasShortForm<S>::value) {
      const std::vector<std::string> keys(S::short_form.begin(), S::short_form.end());
      expand_short_form(entry, keys, path);
    }
    if (entry.value.kind != Tree::Kind::map) return;
    Expander inner(entry.value, path, problems_);
    S::describe(value, inner);
  }

  void expand_short_form(TreeEntry& entry, const std::vector<std::string>& keys, const std::string& path);

  /// Replaces a path, or the name of a built-in file, by the contents of the file, which must be valid and complete on
  /// their own.
  template <class S>
  void load(Tree& node, const std::string& section, const std::string& key) {
    load_file<S>(node, read(node, section, key), true);
  }

  /// Replaces a scalar that names a file, rather than being one of the words, by the file's section. Leaves other
  /// scalars for the reader to report.
  template <class V>
  void load_word(Tree& node, const std::string& key) {
    if (node.kind != Tree::Kind::scalar) return;
    for (const auto& word : V::words) {
      if (node.text == word.name) return;
    }
    if (!names_file(node.text) && built_in_file(V::folder, node.text) == nullptr) return;
    load_file<typename V::Section>(node, read(node, V::folder, key), false);
  }

  template <class S>
  void load_file(Tree& node, const std::vector<Tree>& layers, bool is_complete) {
    const std::size_t before = problems_.count();
    Tree document = compose<S>(layers, problems_);
    if (!layers.empty()) {
      S read{};
      ReadContext context(document, problems_, &catalogue_of<S>, is_complete);
      Reader(document, "", {document.place.file, 0, 0}, context).read(read);
    }
    if (layers.empty() || problems_.count() > before) document.kind = Tree::Kind::broken;
    node = document;
  }

  std::vector<Tree> read(const Tree& node, const std::string& section, const std::string& key);

  /// A path as messages show it: relative if the user gave a relative one.
  static std::string shown_path(const std::string& path, const Place& place);

  Tree& map_;
  std::string path_;
  InputProblems& problems_;
};

/// Removes from a lower layer the keys for which the upper layer gives an alternative.
class AlternativeRemover : public SectionVisitor {
 public:
  AlternativeRemover(Tree& lower, const Tree& upper) : lower_(lower), upper_(upper) {}

  template <class S>
  void section(const char* key, const S& value, const char*) {
    TreeEntry* below = lower_.find(key);
    const TreeEntry* above = upper_.find(key);
    if (below == nullptr || above == nullptr) return;
    if constexpr (HasAlternatives<S>::value) {
      const std::vector<std::string> keys(S::alternatives.begin(), S::alternatives.end());
      remove(below->value, above->value, keys);
    }
    AlternativeRemover inner(below->value, above->value);
    S::describe(value, inner);
  }
  template <class S>
  void file_section(const char* key, const S& value, const char* meaning) {
    section(key, value, meaning);
  }
  template <class... Arguments>
  void numbered(const Arguments&...) {}

 private:
  static void remove(Tree& lower, const Tree& upper, const std::vector<std::string>& keys);

  Tree& lower_;
  const Tree& upper_;
};

/// Merges layers, lowest first, into one document.
template <class S>
Tree compose(const std::vector<Tree>& layers, InputProblems& problems) {
  const S schema{};
  Tree document;
  document.kind = Tree::Kind::map;
  for (Tree layer : layers) {
    Expander expander(layer, "", problems);
    S::describe(schema, expander);
    AlternativeRemover remover(document, layer);
    S::describe(schema, remover);
    overlay(document, layer);
  }
  return document;
}

}  // namespace anda::sim

#endif
