// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_DESCRIBE_H
#define ANDA_BASE_DESCRIBE_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <anda/base/error.h>

// Self-description of configuration structs.
//
// Each struct has one static function template that names every parameter once:
//
//   struct MxuConfig {
//     std::uint32_t rows = 16;
//     template <class Self, class Visitor>
//     static void describe(Self& self, Visitor& visit) {
//       visit.number("rows", self.rows, Range<std::uint32_t>{1, 1024}, "APU rows");
//     }
//     void check(const std::string& path, Problems& problems) const;  // optional: rules between keys
//   };
//
// Reading a file, printing the effective configuration, writing the reference page and checking ranges are visitors of
// this function, so that key, default, range and meaning are defined in one place. A visitor has
//
//   number(key, T& value, Range<T>, meaning)         T: std::uint32_t, std::uint64_t, double
//   flag(key, bool& value, meaning)
//   text(key, std::string& value, meaning)
//   choice(key, E& value, const ChoiceTable<E, N>&, meaning)
//   section(key, S& value, meaning)                  S: a struct with describe()
//
// and, if the structs it visits need them,
//
//   path(key, std::string& value, meaning, kind)     the path of a file or, depending on kind, a folder; empty: none
//   optional(key, std::optional<T>&, Range<T>, meaning)         a number that may be left out
//   choices(key, std::vector<E>&, const ChoiceTable<E, N>&, meaning)    distinct words, at least one
//   numbered(key, std::map<std::uint32_t, S>&, Range<std::uint32_t>, meaning)   sections by number
//   file_section(key, S& value, meaning)             a section that may be in a separate file
//   word_or_section(key, V& value, meaning)          a word of V::words, or a V::Section, which may be in a file
//   words_or_sections(key, std::vector<V>&, meaning) a list of at least one such V, with distinct name()s
//
// A V that is a word or a section can be constructed from either, provides word(), section() (empty for a word) and
// name(), and names in V::folder the folder of configs/ that contains its files.
//
// Two static members of a struct tell file readers about its notation:
//
//   short_form    the keys set by a list of values, in order; a single value sets all of them
//   alternatives  mutually exclusive keys: giving one replaces another given by a lower layer
//
// Units are part of the key (clock_hz, word_bits).

namespace anda {

/// The kinds of paths.
enum class PathKind { file, file_or_folder };

/// Smallest and largest legal value, inclusive.
template <class T>
struct Range {
  T min;
  T max;
};

/// A legal word of a choice and its value.
template <class E>
struct Choice {
  const char* name;
  E value;
};
template <class E, std::size_t N>
using ChoiceTable = std::array<Choice<E>, N>;

template <class E, std::size_t N>
const char* name_of(const ChoiceTable<E, N>& table, E value) {
  for (const auto& choice : table) {
    if (choice.value == value) return choice.name;
  }
  return "?";
}

/// A problem of a configuration: the dotted key and the rule that its value breaks.
struct Problem {
  std::string key;
  std::string message;
};
using Problems = std::vector<Problem>;

template <class T, class = void>
struct HasCheck : std::false_type {};
template <class T>
struct HasCheck<T, std::void_t<decltype(std::declval<const T&>().check(
                       std::declval<const std::string&>(), std::declval<Problems&>()))>> : std::true_type {};

template <class T, class = void>
struct HasShortForm : std::false_type {};
template <class T>
struct HasShortForm<T, std::void_t<decltype(T::short_form)>> : std::true_type {};

template <class T, class = void>
struct HasAlternatives : std::false_type {};
template <class T>
struct HasAlternatives<T, std::void_t<decltype(T::alternatives)>> : std::true_type {};

/// "a.b" from "a" and "b"; "b" when the path is empty.
inline std::string join_key(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

/// A number in human notation: no trailing zeros, no exponent for whole numbers.
template <class T>
std::string number_text(T value) {
  std::ostringstream out;
  out.precision(17);
  if constexpr (std::is_floating_point_v<T>) {
    out.precision(15);
  }
  out << value;
  return out.str();
}

template <class T>
std::string range_text(Range<T> range) {
  return number_text(range.min) + " … " + number_text(range.max);
}

/// Visitor that collects violations of ranges and of the struct's own rules.
class Validator {
 public:
  explicit Validator(Problems& problems) : problems_(problems) {}

  template <class T>
  void number(const char* key, const T& value, Range<T> range, const char*) {
    if (!(value >= range.min && value <= range.max)) {
      problems_.push_back({join_key(path_, key), "is " + number_text(value) + ", must be " + range_text(range)});
    }
  }
  void flag(const char*, const bool&, const char*) {}
  void text(const char*, const std::string&, const char*) {}
  template <class E, std::size_t N>
  void choice(const char*, const E&, const ChoiceTable<E, N>&, const char*) {}
  template <class S>
  void section(const char* key, const S& value, const char*) {
    enter(key, value);
  }

  void path(const char*, const std::string&, const char*, PathKind = PathKind::file) {}
  template <class T>
  void optional(const char* key, const std::optional<T>& value, Range<T> range, const char* meaning) {
    if (value) number(key, *value, range, meaning);
  }
  template <class E, std::size_t N>
  void choices(const char* key, const std::vector<E>& values, const ChoiceTable<E, N>& table, const char*) {
    if (values.empty()) problems_.push_back({join_key(path_, key), "is empty, must have at least one word"});
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (values[i] == values[j]) {
          problems_.push_back({join_key(path_, key), std::string("has ") + name_of(table, values[i]) + " twice"});
        }
      }
    }
  }
  template <class V>
  void word_or_section(const char* key, const V& value, const char*) {
    if (value.section()) enter(key, *value.section());
  }
  template <class V>
  void words_or_sections(const char* key, const std::vector<V>& values, const char*) {
    if (values.empty()) problems_.push_back({join_key(path_, key), "is empty, must have at least one word"});
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string name = values[i].name();
      for (std::size_t j = 0; j < i; ++j) {
        if (name == values[j].name()) problems_.push_back({join_key(path_, key), "has " + name + " twice"});
      }
      if (values[i].section()) enter(join_key(key, std::to_string(i)), *values[i].section());
    }
  }
  template <class S>
  void numbered(const char* key, const std::map<std::uint32_t, S>& values, Range<std::uint32_t> range, const char*) {
    const std::string outer = path_;
    path_ = join_key(outer, key);
    for (const auto& [index, value] : values) {
      const std::string name = std::to_string(index);
      number(name.c_str(), index, range, "");
      enter(name, value);
    }
    path_ = outer;
  }
  template <class S>
  void file_section(const char* key, const S& value, const char*) {
    enter(key, value);
  }

  /// Checks ranges first; checks the rules between keys only if all ranges hold, so that these rules may divide.
  template <class S>
  void visit(const S& value) {
    const std::size_t before = problems_.size();
    S::describe(value, *this);
    if constexpr (HasCheck<S>::value) {
      if (problems_.size() == before) value.check(path_, problems_);
    }
  }

 private:
  template <class S>
  void enter(const std::string& key, const S& value) {
    const std::string outer = path_;
    path_ = join_key(outer, key);
    visit(value);
    path_ = outer;
  }

  Problems& problems_;
  std::string path_;
};

/// All problems of a configuration struct, in key order.
template <class S>
Problems problems_of(const S& config) {
  Problems problems;
  Validator(problems).visit(config);
  return problems;
}

/// Throws Error (input) if a configuration has problems. For users who fill structs in C++; for files, the error names
/// the line.
template <class S>
void validate(const S& config, const char* what) {
  const Problems problems = problems_of(config);
  if (problems.empty()) return;
  throw Error::input(std::string(what) + ": " + problems.front().key + " " + problems.front().message);
}

}  // namespace anda

#endif
