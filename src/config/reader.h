// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_READER_H
#define ANDA_SIM_CONFIG_READER_H

#include <anda/base/describe.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/catalogue.h"
#include "config/input_problems.h"
#include "config/tree.h"
#include "text/nearest.h"
#include "text/quantity.h"
#include "text/scalar.h"

namespace anda::sim {

/// State shared by all readers of one document.
class ReadContext {
 public:
  using CatalogueSource = Catalogue (*)();

  ReadContext(const Tree& root, InputProblems& problem_list, CatalogueSource all_keys, bool wants_all_keys)
      : document(root), problems(problem_list), is_complete(wants_all_keys), catalogue_source_(all_keys) {}

  const Catalogue& catalogue();

  const Tree& document;
  InputProblems& problems;
  const bool is_complete;  ///< every key must be given

 private:
  CatalogueSource catalogue_source_;
  std::optional<Catalogue> catalogue_;
};

/// Visitor that fills a struct from a map. Invalid values are added to the problems and leave the default.
class Reader {
 public:
  Reader(const Tree& map, const std::string& path, const Place& place, ReadContext& context)
      : map_(map), path_(path), place_(place), context_(context) {}

  /// Reads the keys first; checks the rules between keys only if all keys are valid.
  template <class S>
  void read(S& value) {
    const std::size_t before = context_.problems.count();
    S::describe(value, *this);
    report_unknown_keys();
    if constexpr (HasCheck<S>::value) {
      if (context_.problems.count() == before) {
        Problems broken_rules;
        value.check(path_, broken_rules);
        for (const Problem& problem : broken_rules) {
          context_.problems.add(place_of(context_.document, problem.key), problem.key, problem.message);
        }
      }
    }
  }

  template <class T>
  void number(const char* key, T& value, Range<T> range, const char*) {
    if (const TreeEntry* entry = take(key)) read_number(*entry, value, range);
  }
  template <class T>
  void optional(const char* key, std::optional<T>& value, Range<T> range, const char*) {
    known_.emplace_back(key);
    const TreeEntry* entry = map_.find(key);
    T read{};
    if (entry != nullptr && read_number(*entry, read, range)) value = read;
  }
  void flag(const char* key, bool& value, const char*);
  void text(const char* key, std::string& value, const char*);
  void path(const char* key, std::string& value, const char*, PathKind kind = PathKind::file);

  template <class E, std::size_t N>
  void choice(const char* key, E& value, const ChoiceTable<E, N>& table, const char*) {
    const TreeEntry* entry = take(key);
    if (entry != nullptr) read_word(shown(*entry), entry->place, entry->value, value, table);
  }

  template <class E, std::size_t N>
  void choices(const char* key, std::vector<E>& values, const ChoiceTable<E, N>& table, const char*) {
    const TreeEntry* entry = take(key);
    if (entry == nullptr) return;
    const std::vector<Tree> items = list_or_word(entry->value);
    if (entry->value.kind != Tree::Kind::list && items.empty()) {
      wrong(*entry, "a list, such as [" + joined(words_of(table)) + "]");
      return;
    }
    if (items.empty()) {
      complain(*entry, "is empty, must have at least one of " + joined(words_of(table)));
      return;
    }
    std::vector<E> read;
    bool is_good = true;
    for (const Tree& item : items) {
      E word{};
      if (!read_word(shown(*entry), item.place, item, word, table)) {
        is_good = false;
        continue;
      }
      for (const E earlier : read) {
        if (earlier != word) continue;
        context_.problems.add(item.place, shown(*entry), "has " + in_quotes(item.text) + " twice; name each once");
        is_good = false;
      }
      read.push_back(word);
    }
    if (is_good) values = read;
  }

  template <class V>
  void word_or_section(const char* key, V& value, const char*) {
    if (const TreeEntry* entry = take(key)) read_word_or_section(*entry, join_key(path_, key), entry->value, value);
  }

  template <class V>
  void words_or_sections(const char* key, std::vector<V>& values, const char*) {
    const TreeEntry* entry = take(key);
    if (entry == nullptr) return;
    if (entry->value.kind != Tree::Kind::list) {
      wrong(*entry, "a list, such as [" + joined(words_of(V::words)) + "]");
      return;
    }
    if (entry->value.items.empty()) {
      complain(*entry, "is empty, must have at least one of " + joined(words_of(V::words)));
      return;
    }
    std::vector<V> read;
    const std::size_t before = context_.problems.count();
    for (std::size_t i = 0; i < entry->value.items.size(); ++i) {
      const Tree& item = entry->value.items[i];
      V value;
      if (!read_word_or_section(*entry, join_key(join_key(path_, key), std::to_string(i)), item, value)) continue;
      const std::string name = value.name();
      for (const V& earlier : read) {
        if (name != earlier.name()) continue;
        context_.problems.add(item.place, shown(*entry), "has " + in_quotes(name) + " twice; name each once");
      }
      read.push_back(std::move(value));
    }
    if (context_.problems.count() == before) values = std::move(read);
  }

  template <class S>
  void section(const char* key, S& value, const char*) {
    read_section(take(key), key, value, "a map of keys");
  }
  template <class S>
  void file_section(const char* key, S& value, const char*) {
    read_section(take(key), key, value, "a map of keys, or the path of a YAML file");
  }

  template <class S>
  void numbered(const char* key, std::map<std::uint32_t, S>& values, Range<std::uint32_t> range, const char*) {
    const TreeEntry* entry = take(key);
    if (entry == nullptr) return;
    if (entry->value.kind != Tree::Kind::map) {
      wrong(*entry, "a map from numbers, " + exact_range_text(range) + ", to keys");
      return;
    }
    for (const TreeEntry& numbered_entry : entry->value.entries) {
      std::uint32_t index = 0;
      const NumberSyntax syntax = parse_number(numbered_entry.key, index);
      if (syntax != NumberSyntax::good || index < range.min || index > range.max) {
        context_.problems.add(
            numbered_entry.place, shown(*entry),
            "has the key " + in_quotes(numbered_entry.key) + ", must be a number, " + exact_range_text(range));
        continue;
      }
      const std::string inner = join_key(join_key(path_, key), numbered_entry.key);
      if (numbered_entry.value.kind == Tree::Kind::broken) continue;
      if (numbered_entry.value.kind != Tree::Kind::map) {
        context_.problems.add(numbered_entry.place, inner, is_text(numbered_entry.value) + ", must be a map of keys");
        continue;
      }
      Reader(numbered_entry.value, inner, numbered_entry.place, context_).read(values[index]);
    }
  }

 private:
  /// The entry of a legal key; nothing if it is missing or already reported.
  const TreeEntry* take(const char* key);

  /// Describes a node for messages: "is a list".
  static std::string is_text(const Tree& node);
  /// ", in ns or with a unit" for a key that has a unit in its name.
  static std::string unit_hint(const std::string& key);
  /// Advice for a scalar that is not a number or not a truth value.
  static std::string hint(const Tree& node, std::string (*about)(std::string_view));
  std::string shown(const TreeEntry& entry) const {
    return entry.shown_as.empty() ? join_key(path_, entry.key) : entry.shown_as;
  }
  void complain(const TreeEntry& entry, const std::string& message) {
    context_.problems.add(entry.place, shown(entry), message);
  }
  void wrong(const TreeEntry& entry, const std::string& right);

  /// Reads the text of an entry. Adds a problem and returns false if it is not a text.
  bool read_text(const TreeEntry& entry, std::string& value);

  template <class T>
  bool read_number(const TreeEntry& entry, T& value, Range<T> range) {
    const Tree& node = entry.value;
    T read{};
    NumberSyntax syntax =
        node.kind == Tree::Kind::scalar && !node.is_quoted ? parse_number(node.text, read) : NumberSyntax::not_a_number;
    if (syntax == NumberSyntax::not_a_number && node.kind == Tree::Kind::scalar && !node.is_quoted) {
      if (const auto number = quantity_text(node.text, entry.key)) syntax = parse_number(*number, read);
    }
    if (syntax == NumberSyntax::not_a_number) {
      wrong(entry, std::string("a ") + number_kind<T>() + ", " + exact_range_text(range) + unit_hint(entry.key) +
                       hint(node, number_hint));
      return false;
    }
    if (syntax == NumberSyntax::out_of_range || !(read >= range.min && read <= range.max)) {
      complain(entry, is_text(node) + ", must be " + exact_range_text(range));
      return false;
    }
    value = read;
    return true;
  }

  template <class E, std::size_t N>
  bool read_word(const std::string& key, const Place& place, const Tree& node, E& value, const ChoiceTable<E, N>& table,
                 const std::vector<std::string>& more_words = {}, const char* or_else = "") {
    if (node.kind == Tree::Kind::broken) return false;
    if (node.kind == Tree::Kind::scalar) {
      for (const auto& choice : table) {
        if (node.text != choice.name) continue;
        value = choice.value;
        return true;
      }
    }
    std::vector<std::string> words = words_of(table);
    words.insert(words.end(), more_words.begin(), more_words.end());
    context_.problems.add(place, key,
                          is_text(node) + ", must be " + (N > 1 ? "one of " : "") + joined(words) + or_else +
                              did_you_mean(node.text, words));
    return false;
  }

  /// Returns false with a problem, or if one was reported before. `path` is that of the section's keys.
  template <class V>
  bool read_word_or_section(const TreeEntry& entry, const std::string& path, const Tree& node, V& value) {
    if (node.kind == Tree::Kind::broken) return false;
    const std::size_t before = context_.problems.count();
    if (node.kind == Tree::Kind::map) {
      typename V::Section section;
      Reader(node, path, node.place.line > 0 ? node.place : entry.place, context_).read(section);
      if (context_.problems.count() == before) value = V(std::move(section));
    } else {
      typename V::Word word{};
      read_word(shown(entry), node.place.line > 0 ? node.place : entry.place, node, word, V::words,
                built_in_names(V::folder), "; or a map that describes one, or the path of a YAML file of such a map");
      value = V(word);
    }
    return context_.problems.count() == before;
  }

  template <class S>
  void read_section(const TreeEntry* entry, const char* key, S& value, const char* right) {
    static const Tree nothing{Tree::Kind::map, {}, false, {}, {}, {}};
    const bool is_map = entry != nullptr && entry->value.kind == Tree::Kind::map;
    if (entry != nullptr && !is_map) {
      wrong(*entry, right);
      return;
    }
    const bool is_reported = entry == nullptr && (context_.is_complete || map_.find(key) != nullptr);
    if (is_reported) return;
    Reader(is_map ? entry->value : nothing, join_key(path_, key), is_map ? entry->place : place_, context_).read(value);
  }

  void report_unknown_keys();

  const Tree& map_;
  std::string path_;
  Place place_;
  ReadContext& context_;
  std::vector<std::string> known_;
};

}  // namespace anda::sim

#endif
