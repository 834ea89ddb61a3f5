// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_parser.h"

#include <anda/base/describe.h>
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "text/characters.h"

namespace anda::sim {
namespace {

std::string_view line_of(std::string_view text, int line) {
  std::size_t begin = 0;
  for (; line > 0 && begin < text.size(); --line) begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

/// Advice on a syntax error, from its line, for common mistakes.
std::string syntax_hint(std::string_view line) {
  const std::size_t text = std::min(line.find_first_not_of(" \t"), line.size());
  if (line.substr(0, text).find('\t') != std::string_view::npos) {
    return "; the line is indented by a tab, YAML takes spaces only";
  }
  std::string space = space_hint(line);
  if (!space.empty()) return space;
  const std::size_t quotes = line.find("\"\"");
  if (quotes != std::string_view::npos) {
    return "; two quotes in a row: write 4096 for a number and \"4096\" for a text";
  }
  return {};
}

/// Thrown to leave the parser; the problem has already been added.
struct Stop {};

/// Builds the tree from parser events. YAML::Node would lose duplicate keys and the places of keys without values.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const Place& origin, bool line_numbers, InputProblems& problems)
      : text_(text), origin_(origin), line_numbers_(line_numbers), problems_(problems) {}

  Place place(const YAML::Mark& mark) const {
    if (!line_numbers_ || mark.is_null()) return origin_;
    return {origin_.file, mark.line + 1, mark.column + 1};
  }

  Tree take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // At a stray token, yaml-cpp starts one empty document after another without advancing.
    if (++documents_ > max_documents) {
      problems_.add(place(mark), "", "not valid YAML: does not continue the preceding text" + hint(mark));
      throw Stop{};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (documents_ > 1 && frames_.empty()) return;  // ignore everything after the first document
    Tree node;
    node.place = place(mark);
    put(std::move(node), mark, "", anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse_second_document(mark);
    problems_.add(place(mark), path(),
                  "aliases (*name) are not supported; write the value out, or share it through `base:`");
    Tree node;
    node.kind = Tree::Kind::broken;
    node.place = place(mark);
    put(std::move(node), mark, "", 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_second_document(mark);
    Tree node;
    node.kind = Tree::Kind::scalar;
    node.text = value;
    node.is_quoted = tag == "!";
    node.place = place(mark);
    put(std::move(node), mark, tag, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Tree::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Tree::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  std::string hint(const YAML::Mark& mark) const { return syntax_hint(line_of(text_, mark.line)); }

  /// Dotted key of the value being read.
  std::string path() const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (!frame.entry.key.empty()) path = join_key(path, printable(frame.entry.key));
    }
    return path;
  }

  /// A list or map under construction; in a map, keys and values alternate.
  struct Frame {
    Tree node;
    bool has_key = false;
    bool drops_value = false;  ///< the key is unusable, so its value is dropped
    TreeEntry entry;
    std::unordered_map<std::string, Place> seen;
  };

  void open(Tree::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_second_document(mark);
    if (frames_.size() >= max_yaml_depth) {
      problems_.add(place(mark), "", "nested more than " + std::to_string(max_yaml_depth) + " levels deep");
      throw Stop{};
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.place = place(mark);
    refuse_decoration(frame.node, mark, tag, anchor);
    frames_.push_back(std::move(frame));
  }

  void refuse_second_document(const YAML::Mark& mark) {
    if (documents_ < 2) return;
    problems_.add(place(mark), "", "a second document starts here; a file holds one" + hint(mark));
    throw Stop{};
  }

  void close() {
    Tree node = std::move(frames_.back().node);
    frames_.pop_back();
    attach(std::move(node));
  }

  void put(Tree node, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    refuse_decoration(node, mark, tag, anchor);
    attach(std::move(node));
  }

  void refuse_decoration(Tree& node, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) {
      problems_.add(place(mark), path(),
                    "anchors (&name) are not supported; write the value out, or share it through `base:`");
    } else if (!tag.empty() && tag != "?" && tag != "!") {
      problems_.add(place(mark), path(), "tags (" + in_quotes(tag) + ") are not supported; leave it out");
      // A broken list or map would lose its type while being built; only scalars need to be replaced.
      if (node.kind == Tree::Kind::scalar) node.kind = Tree::Kind::broken;
    }
  }

  void attach(Tree node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.kind == Tree::Kind::list) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      take_key(frame, node);
    } else {
      if (!frame.drops_value) {
        frame.entry.value = std::move(node);
        frame.node.entries.push_back(std::move(frame.entry));
      }
      frame.entry = TreeEntry{};
      frame.has_key = false;
    }
  }

  void take_key(Frame& frame, const Tree& node) {
    frame.has_key = true;
    frame.drops_value = true;
    if (node.kind == Tree::Kind::broken) return;
    if (node.kind != Tree::Kind::scalar || node.text.empty()) {
      problems_.add(node.place, path(), "a key must be a word");
      return;
    }
    if (node.text == "<<" && !node.is_quoted) {
      problems_.add(node.place, path(), "merge keys (<<) are not supported; share keys through `base:`");
      return;
    }
    const auto [first, is_new] = frame.seen.emplace(node.text, node.place);
    if (!is_new) {
      problems_.add(node.place, join_key(path(), printable(node.text)),
                    std::string("is given twice") + (line_numbers_ ? "; first at " + to_string(first->second) : ""));
      return;
    }
    frame.drops_value = false;
    frame.entry.key = node.text;
    frame.entry.place = node.place;
  }

  static constexpr int max_documents = 4;  // including the empty ones that --- and ... produce

  std::string_view text_;
  Place origin_;
  bool line_numbers_;
  InputProblems& problems_;
  int documents_ = 0;
  std::vector<Frame> frames_;
  Tree root_;
};

struct BadCharacter {
  int line = 1;
  int column = 1;
  std::string problem;
};

/// The first character that is illegal in a configuration; yaml-cpp accepts any.
std::optional<BadCharacter> find_bad_character(std::string_view text) {
  BadCharacter bad;
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    const bool is_layout = code == '\t' || code == '\n' || code == '\r';
    if (bytes == 0 || (is_control(code) && code < 0x80 && !is_layout)) {
      bad.problem = fmt::format("is not UTF-8 text (byte 0x{:x})", static_cast<unsigned char>(text.front()));
      return bad;
    }
    if (is_control(code) && !is_layout) {
      bad.problem = fmt::format("holds the control character U+{:04X}; delete it", code);
      return bad;
    }
    bad.column = code == '\n' ? 1 : bad.column + 1;
    bad.line += code == '\n' ? 1 : 0;
    text.remove_prefix(bytes);
  }
  return std::nullopt;
}

}  // namespace

Tree parse_yaml(const std::string& text, const Place& origin, bool line_numbers, InputProblems& problems) {
  Tree broken;
  broken.kind = Tree::Kind::broken;
  broken.place = origin;

  if (const auto bad = find_bad_character(text)) {
    problems.add(line_numbers ? Place{origin.file, bad->line, bad->column} : origin, "", bad->problem);
    return broken;
  }
  TreeBuilder builder(text, origin, line_numbers, problems);
  try {
    // yaml-cpp silently closes an open quote at the end of the text; a document end marker makes it report the error.
    const bool ends_line = !text.empty() && text.back() == '\n';
    std::istringstream in(text + (ends_line ? "...\n" : "\n...\n"));
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return broken;
  } catch (const YAML::Exception& error) {
    problems.add(builder.place(error.mark), "",
                 "not valid YAML: " + error.msg + syntax_hint(line_of(text, error.mark.line)));
    return broken;
  }
  return builder.take();
}

}  // namespace anda::sim
