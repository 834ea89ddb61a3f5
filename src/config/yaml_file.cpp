// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_file.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "config/config_path.h"
#include "config/yaml_parser.h"
#include "files/input_file.h"

namespace anda::sim {
namespace {

namespace fs = std::filesystem;

/// Adds a problem with a file that another file or the command line names.
void complain(const std::string& path, const Mention& mention, const std::string& message, InputProblems& problems) {
  if (mention.key.empty()) {
    problems.add({path, 0, 0}, "", message);
  } else {
    problems.add(mention.place, mention.key, path + " " + message);
  }
}

std::optional<std::string> read_file(const std::string& path, const Mention& mention, InputProblems& problems) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    complain(path, mention, "is a directory, must be a YAML file", problems);
    return std::nullopt;
  }
  std::string text(max_yaml_bytes + 1, '\0');
  try {
    InputFile in(path);
    std::size_t size = 0;
    while (const std::size_t bytes = size < text.size() ? in.read(text.data() + size, text.size() - size) : 0)
      size += bytes;
    text.resize(size);
  } catch (const Error& failure) {
    if (failure.kind() == Error::Kind::run) throw;
    const std::string what = failure.what();
    complain(path, mention, "cannot be opened: " + what.substr(what.rfind(": ") + 2), problems);
    return std::nullopt;
  }
  if (text.size() > max_yaml_bytes) {
    complain(path, mention,
             "is larger than " + std::to_string(max_yaml_bytes) + " bytes, too large for a configuration", problems);
    return std::nullopt;
  }
  return text;
}

/// Reads a file, then its base file, and so on.
class LayerReader {
 public:
  explicit LayerReader(InputProblems& problems) : problems_(problems) {}

  void read(const std::string& path, const Mention& mention) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(path, error);
    if (std::find(visited_.begin(), visited_.end(), real) != visited_.end()) {
      is_good_ = false;
      complain(path, mention, "is based on itself", problems_);
      return;
    }
    visited_.push_back(real);
    const std::optional<std::string> text = read_file(path, mention, problems_);
    if (!text) {
      is_good_ = false;
      return;
    }
    problems_.has_read(path);
    add(*text, path == standard_input ? "standard input" : path);
  }

  void add(const std::string& text, const std::string& name) {
    const Place origin{name, 0, 0};
    Tree tree = parse_yaml(text, origin, true, problems_);
    if (tree.kind == Tree::Kind::broken) {
      is_good_ = false;
      return;
    }
    if (tree.kind != Tree::Kind::map) {
      is_good_ = false;
      const bool is_empty = tree.kind == Tree::Kind::null;
      problems_.add(is_empty ? origin : tree.place, "",
                    is_empty ? "is empty, must be a map of keys" : "is not a map of keys (`key: value` in each line)");
      return;
    }
    std::optional<TreeEntry> base;
    if (const TreeEntry* entry = tree.find("base")) base = *entry;
    tree.remove("base");
    layers_.insert(layers_.begin(), std::move(tree));
    if (base) follow(*base);
  }

  std::vector<Tree> take() {
    if (!is_good_) layers_.clear();
    return std::move(layers_);
  }

 private:
  void follow(const TreeEntry& base) {
    if (base.value.kind == Tree::Kind::broken) return;
    if (base.value.kind != Tree::Kind::scalar || base.value.text.empty()) {
      is_good_ = false;
      problems_.add(base.place, "base", "must be the path of a YAML file");
      return;
    }
    const fs::path folder = fs::path(base.place.file).parent_path();
    read((folder / base.value.text).lexically_normal().string(), {base.place, "base"});
  }

  InputProblems& problems_;
  std::vector<fs::path> visited_;
  std::vector<Tree> layers_;
  bool is_good_ = true;
};

}  // namespace

std::vector<Tree> read_yaml_layers(const std::string& path, const Mention& mention, InputProblems& problems) {
  LayerReader reader(problems);
  reader.read(path, mention);
  return reader.take();
}

std::vector<Tree> parse_yaml_layers(const std::string& text, const std::string& name, InputProblems& problems) {
  LayerReader reader(problems);
  reader.add(text, name);
  return reader.take();
}

}  // namespace anda::sim
