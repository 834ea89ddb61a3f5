// SPDX-License-Identifier: Apache-2.0
#include "config/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "config/catalogue.h"
#include "config/sha256.h"
#include "text/scalar.h"

namespace anda::sim {
namespace {

/// A text in double quotes, so that it is never read as another type.
std::string yaml_text(const std::string& text) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      result += "\\x";
      result += digits[byte / 16];
      result += digits[byte % 16];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

/// Visitor that writes block-style YAML.
class Writer {
 public:
  explicit Writer(bool keeps_folders) : keeps_folders_(keeps_folders) {}

  template <class T>
  void number(const char* key, const T& value, Range<T>, const char*) {
    line(key, value_text(value));
  }
  template <class T>
  void optional(const char* key, const std::optional<T>& value, Range<T>, const char*) {
    if (value) line(key, value_text(*value));
  }
  void flag(const char* key, const bool& value, const char*) { line(key, value ? "true" : "false"); }
  void text(const char* key, const std::string& value, const char*) { line(key, yaml_text(value)); }
  void path(const char* key, const std::string& value, const char*, PathKind = PathKind::file) {
    namespace fs = std::filesystem;
    const fs::path path(value);
    const fs::path shown = keeps_folders_ && !value.empty() ? fs::absolute(path).lexically_normal() : path.filename();
    line(key, yaml_text(shown.string()));
  }
  template <class E, std::size_t N>
  void choice(const char* key, const E& value, const ChoiceTable<E, N>& table, const char*) {
    line(key, name_of(table, value));
  }
  template <class E, std::size_t N>
  void choices(const char* key, const std::vector<E>& values, const ChoiceTable<E, N>& table, const char*) {
    std::vector<std::string> words;
    for (const E value : values) words.emplace_back(name_of(table, value));
    line(key, "[" + joined(words) + "]");
  }
  template <class V>
  void word_or_section(const char* key, const V& value, const char*) {
    line(key, item_text(value));
  }
  template <class V>
  void words_or_sections(const char* key, const std::vector<V>& values, const char*) {
    std::vector<std::string> items;
    for (const V& value : values) items.push_back(item_text(value));
    line(key, "[" + joined(items) + "]");
  }
  template <class S>
  void section(const char* key, const S& value, const char*) {
    enter(key, value);
  }
  template <class S>
  void file_section(const char* key, const S& value, const char*) {
    enter(key, value);
  }
  template <class S>
  void numbered(const char* key, const std::map<std::uint32_t, S>& values, Range<std::uint32_t>, const char*) {
    if (values.empty()) {
      line(key, "{}");
      return;
    }
    line(key, "");
    indent_ += 2;
    for (const auto& [index, value] : values) enter(std::to_string(index), value);
    indent_ -= 2;
  }

  std::string take() { return std::move(text_); }

 private:
  void line(const std::string& key, const std::string& value) {
    text_ += std::string(indent_, ' ') + key + ":" + (value.empty() ? "" : " " + value) + "\n";
  }

  /// A word, or a map on one line.
  template <class V>
  std::string item_text(const V& value) const {
    if (!value.section()) return value.name();
    Writer inner(keeps_folders_);
    V::Section::describe(*value.section(), inner);
    std::string lines = inner.take();
    lines.pop_back();
    std::string text = "{";
    for (const char c : lines) text += c == '\n' ? std::string(", ") : std::string(1, c);
    return text + "}";
  }

  template <class S>
  void enter(const std::string& key, const S& value) {
    const std::size_t start = text_.size();
    line(key, "");
    const std::size_t empty = text_.size();
    indent_ += 2;
    S::describe(value, *this);
    indent_ -= 2;
    if (text_.size() == empty) {  // nothing written inside: still a map
      text_.resize(start);
      line(key, "{}");
    }
  }

  bool keeps_folders_;
  std::size_t indent_ = 0;
  std::string text_;
};

template <class S>
std::string written(const S& config, bool keeps_folders) {
  Writer writer(keeps_folders);
  S::describe(config, writer);
  return writer.take();
}

}  // namespace

std::string to_yaml(const RunConfig& config) { return written(config, true); }

std::string to_yaml(const ServeConfig& config) { return written(config, true); }
std::string to_yaml(const FormatDescription& format) { return written(format, false); }

std::string config_hash(const RunConfig& config) { return sha256_hex(written(config, false)); }

std::string config_hash(const ServeConfig& config) { return sha256_hex(written(config, false)); }

std::string technology_hash(const anda::Technology& technology) { return sha256_hex(written(technology, false)); }

}  // namespace anda::sim
