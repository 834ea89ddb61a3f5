// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_CATALOGUE_H
#define ANDA_SIM_CONFIG_CATALOGUE_H

#include <anda/base/describe.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/built_in_files.h"
#include "text/scalar.h"

namespace anda::sim {

/// One key of a section, described by texts for people.
struct KeyInfo {
  std::string key;
  std::string type;
  std::string fallback;  ///< the default
  std::string legal;     ///< range or words
  std::string meaning;
};

struct SectionInfo {
  std::string path;  ///< dotted; empty for the top level
  std::string meaning;
  std::vector<KeyInfo> keys;
};

/// Every section, each before its subsections.
using Catalogue = std::vector<SectionInfo>;

inline std::string value_text(double value) { return exact_text(value); }
inline std::string value_text(std::uint32_t value) { return std::to_string(value); }
inline std::string value_text(std::uint64_t value) { return std::to_string(value); }

template <class T>
std::string exact_range_text(Range<T> range) {
  return value_text(range.min) + " … " + value_text(range.max);
}

template <class E, std::size_t N>
std::vector<std::string> words_of(const ChoiceTable<E, N>& table) {
  std::vector<std::string> words;
  for (const auto& choice : table) words.emplace_back(choice.name);
  return words;
}

/// "a, b, c"
std::string joined(const std::vector<std::string>& words, const char* separator = ", ");

/// "a whole number" or "a number".
template <class T>
const char* number_kind() {
  return std::is_floating_point_v<T> ? "number" : "whole number";
}

/// Visitor that records every key, with the value it finds as the default.
class CatalogueVisitor {
 public:
  template <class T>
  void number(const char* key, const T& value, Range<T> range, const char* meaning) {
    add({key, number_kind<T>(), value_text(value), exact_range_text(range), meaning});
  }
  template <class T>
  void optional(const char* key, const std::optional<T>& value, Range<T> range, const char* meaning) {
    add({key, number_kind<T>(), value ? value_text(*value) : "", exact_range_text(range), meaning});
  }
  void flag(const char* key, const bool& value, const char* meaning) {
    add({key, "truth value", value ? "true" : "false", "true, false", meaning});
  }
  void text(const char* key, const std::string& value, const char* meaning) { add({key, "text", value, "", meaning}); }
  void path(const char* key, const std::string& value, const char* meaning, PathKind kind = PathKind::file) {
    const char* legal = kind == PathKind::file ? "an existing file" : "an existing file or folder";
    add({key, "path", value, legal, meaning});
  }
  template <class E, std::size_t N>
  void choice(const char* key, const E& value, const ChoiceTable<E, N>& table, const char* meaning) {
    add({key, "word", name_of(table, value), joined(words_of(table)), meaning});
  }
  template <class E, std::size_t N>
  void choices(const char* key, const std::vector<E>& values, const ChoiceTable<E, N>& table, const char* meaning) {
    std::vector<std::string> words;
    for (const E value : values) words.emplace_back(name_of(table, value));
    add({key, "list of words", "[" + joined(words) + "]", joined(words_of(table)) + "; at least one, none twice",
         meaning});
  }
  template <class V>
  void word_or_section(const char* key, const V& value, const char* meaning) {
    add({key, "word, name, path or section", value.name(), words_or_files<V>(), meaning});
    // Only once: the next key of the same kind uses the same section.
    if (!described_.insert(V::folder).second) return;
    enter(key, typename V::Section{}, "the same as a section, or the keys of a file");
  }
  template <class V>
  void words_or_sections(const char* key, const std::vector<V>& values, const char* meaning) {
    std::vector<std::string> names;
    for (const V& value : values) names.emplace_back(value.name());
    add({key, "list of words, names, paths and sections", "[" + joined(names) + "]",
         words_or_files<V>() + "; at least one, no name twice", meaning});
    enter(std::string(key) + ".<number>", typename V::Section{}, "an item that is a section, or a file of one");
  }
  template <class S>
  void section(const char* key, const S& value, const char* meaning) {
    add({key, "section", "", "", meaning});
    enter(key, value, meaning);
  }
  template <class S>
  void file_section(const char* key, const S& value, const char* meaning) {
    add({key, "section, name or path", "", joined(built_in_names(key)) + "; or a YAML file that has all keys",
         meaning});
    enter(key, value, meaning);
  }
  template <class S>
  void numbered(const char* key, const std::map<std::uint32_t, S>&, Range<std::uint32_t> range, const char* meaning) {
    add({key, "sections by number", "", "numbers " + exact_range_text(range), meaning});
    enter(std::string(key) + ".<number>", S{}, meaning);
  }

  template <class S>
  void enter(const std::string& key, const S& value, const char* meaning) {
    const std::size_t outer = current_;
    const std::string path = sections_.empty() ? key : join_key(sections_[outer].path, key);
    current_ = sections_.size();
    sections_.push_back({path, meaning, {}});
    S::describe(value, *this);
    current_ = outer;
  }

  Catalogue take() { return std::move(sections_); }

 private:
  template <class V>
  static std::string words_or_files() {
    return joined(words_of(V::words)) + "; of configs/" + V::folder + ": " + joined(built_in_names(V::folder)) +
           "; a YAML file, or a map of its keys";
  }

  void add(KeyInfo info) { sections_[current_].keys.push_back(std::move(info)); }

  Catalogue sections_;
  std::size_t current_ = 0;
  std::set<std::string> described_;
};

/// All keys of a struct, with the values of `S{}` as defaults.
template <class S>
Catalogue catalogue_of() {
  CatalogueVisitor visitor;
  visitor.enter("", S{}, "");
  return visitor.take();
}

}  // namespace anda::sim

#endif
