// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "config/config_path.h"
#include "files/input_file.h"
#include "text/characters.h"

namespace anda::sim {
namespace {

constexpr std::size_t most_unknown_keys = 100;  // per map; more would not help the user

}  // namespace

const Catalogue& ReadContext::catalogue() {
  if (!catalogue_) catalogue_ = catalogue_source_();
  return *catalogue_;
}

const TreeEntry* Reader::take(const char* key) {
  known_.emplace_back(key);
  const TreeEntry* entry = map_.find(key);
  if (entry == nullptr) {
    if (context_.is_complete) {
      context_.problems.add(place_, join_key(path_, key), "is missing; a file of this kind has every key");
    }
    return nullptr;
  }
  return entry->value.kind == Tree::Kind::broken ? nullptr : entry;
}

std::string Reader::unit_hint(const std::string& key) {
  return takes_unit(key) ? fmt::format(", in {} or with a unit", unit_of_key(key)) : "";
}

std::string Reader::is_text(const Tree& node) {
  switch (node.kind) {
    case Tree::Kind::null:
      return "has no value";
    case Tree::Kind::list:
      return "is a list";
    case Tree::Kind::map:
      return "is a map";
    default:
      break;
  }
  if (node.is_quoted) return "is the text " + in_quotes(node.text);
  return looks_like_number_or_flag(node.text) && node.text.size() <= 60 ? "is " + node.text
                                                                        : "is " + in_quotes(node.text);
}

void Reader::wrong(const TreeEntry& entry, const std::string& right) {
  if (entry.value.kind == Tree::Kind::broken) return;
  complain(entry, is_text(entry.value) + ", must be " + right + space_hint(entry.value.text));
}

std::string Reader::hint(const Tree& node, std::string (*about)(std::string_view)) {
  if (node.kind != Tree::Kind::scalar) return {};
  if (node.is_quoted) return looks_like_number_or_flag(node.text) ? "; write it without quotes" : "";
  return about(node.text);
}

void Reader::flag(const char* key, bool& value, const char*) {
  const TreeEntry* entry = take(key);
  if (entry == nullptr) return;
  const Tree& node = entry->value;
  if (node.kind != Tree::Kind::scalar || node.is_quoted || !parse_flag(node.text, value)) {
    wrong(*entry, "true or false" + hint(node, flag_hint));
  }
}

bool Reader::read_text(const TreeEntry& entry, std::string& value) {
  const Tree& node = entry.value;
  if (node.kind != Tree::Kind::scalar) {
    wrong(entry, "text");
    return false;
  }
  if (!node.is_quoted && looks_like_number_or_flag(node.text)) {
    wrong(entry, "text; put it in quotes if it is meant as such");
    return false;
  }
  if (!is_plain_text(node.text)) {
    complain(entry,
             "has a line break or a control character, must be text of one line (folded text is written with >-)");
    return false;
  }
  value = node.text;
  return true;
}

void Reader::text(const char* key, std::string& value, const char*) {
  if (const TreeEntry* entry = take(key)) read_text(*entry, value);
}

void Reader::path(const char* key, std::string& value, const char*, PathKind kind) {
  const TreeEntry* entry = take(key);
  std::string text;
  if (entry == nullptr || !read_text(*entry, text)) return;
  if (text.empty() || text == standard_input) {
    value = text;
    return;
  }
  const std::string what = kind == PathKind::file ? "file" : "file or folder";
  const std::filesystem::path resolved = resolve_path(text, entry->value.place);
  std::error_code error;
  const auto status = std::filesystem::status(resolved, error);
  if (!std::filesystem::exists(status)) {
    complain(*entry, "is " + in_quotes(text) + ", must be an existing " + what + "; there is no " + resolved.string());
  } else if (kind == PathKind::file && std::filesystem::is_directory(status)) {
    complain(*entry, "is " + in_quotes(text) + ", must be a file; " + resolved.string() + " is a directory");
  } else {
    value = resolved.string();
  }
}

void Reader::report_unknown_keys() {
  if (path_.empty()) known_.emplace_back("base");  // legal in every file; removed before
  std::size_t unknown = 0;
  for (const TreeEntry& entry : map_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    if (++unknown > most_unknown_keys) continue;
    std::string message =
        "is not a key; the keys of " + (path_.empty() ? "the top level" : path_) + " are " + joined(known_);
    std::vector<std::string> homes;
    for (const SectionInfo& section : context_.catalogue()) {
      const auto is_it = [&entry](const KeyInfo& info) { return info.key == entry.key; };
      if (section.path != path_ && std::any_of(section.keys.begin(), section.keys.end(), is_it)) {
        homes.push_back(section.path.empty() ? "the top level" : section.path);
      }
    }
    constexpr std::size_t most_homes = 4;
    if (!homes.empty()) {
      const bool is_cut = homes.size() > most_homes;
      if (is_cut) homes.resize(most_homes);
      message += "; `" + entry.key + "` is a key of " + joined(homes) + (is_cut ? " and others" : "");
    } else if (entry.key.find('.') != std::string::npos) {
      message += "; dotted keys are for --set, a file nests maps instead";
    }
    const std::string space = space_hint(entry.key);
    message += space.empty() ? did_you_mean(entry.key, known_) : space;
    context_.problems.add(entry.place, join_key(path_, printable(entry.key)), message);
  }
  if (unknown > most_unknown_keys) {
    context_.problems.add(place_, path_,
                          fmt::format("has {} more keys that do not exist", unknown - most_unknown_keys));
  }
}

}  // namespace anda::sim
