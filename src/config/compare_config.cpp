// SPDX-License-Identifier: Apache-2.0
#include "config/compare_config.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <anda/base/error.h>

#include "config/catalogue.h"
#include "config/document_kind.h"
#include "config/input_problems.h"
#include "config/layers.h"
#include "config/load.h"
#include "config/tree.h"
#include "config/writer.h"
#include "config/yaml_file.h"
#include "text/characters.h"
#include "text/nearest.h"

namespace anda::sim {
namespace {

constexpr std::size_t most_entries = 256;  // limit for systems, and for models

/// Parses "anda-0.1" as a system of the element anda; if several element names match, the longest. `described`:
/// elements in addition to those of pe_table.
std::optional<ComparedSystem> system_of(const std::string& name, const std::vector<Element>& described) {
  if (!is_plain_text(name)) return std::nullopt;
  std::vector<Element> elements = described;
  for (const auto& kind : pe_kinds) elements.emplace_back(kind.value);
  std::optional<ComparedSystem> found;
  std::size_t longest = 0;
  for (const Element& candidate : elements) {
    const std::string element = candidate.name();
    if (name == element) return ComparedSystem{name, candidate};
    const bool begins = name.size() > element.size() + 1 && name.compare(0, element.size() + 1, element + "-") == 0;
    if (begins && element.size() > longest) {
      longest = element.size();
      found = ComparedSystem{name, candidate};
    }
  }
  return found;
}

/// The list items that are not names, parsed like the systems of a run.
struct ElementItem {
  std::vector<Element> systems;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.words_or_sections("systems", self.systems, "systems that are compared");
  }
};

std::string system_rule(const std::string& name) {
  std::vector<std::string> words = words_of(pe_kinds);
  const std::vector<std::string> files = built_in_names(Element::folder);
  words.insert(words.end(), files.begin(), files.end());
  return "must be an element, one of " + joined(words) +
         ", or an element with a custom name after a hyphen (anda-0.1); or a map that describes one, or the path of a "
         "YAML file of such a map" +
         did_you_mean(name, words);
}

std::string path_at(const Tree& node) {
  return (std::filesystem::path(node.place.file).parent_path() / node.text).lexically_normal().string();
}

/// Reads the keys of the file; adds what is wrong to the problems.
class CompareReader {
 public:
  CompareReader(const std::vector<std::string>& overrides, InputProblems& problems)
      : overrides_(overrides), problems_(problems) {}

  CompareConfig read(const Tree& document) {
    static const std::vector<std::string> keys{"name", "systems", "models"};
    CompareConfig config;
    for (const TreeEntry& entry : document.entries) {
      if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
      problems_.add(entry.place, entry.key,
                    "is not a key; the keys of a comparison are " + joined(keys) + did_you_mean(entry.key, keys));
    }
    config.name = "comparison";
    if (const TreeEntry* entry = document.find("name")) read_text(*entry, config.name);
    const TreeEntry* systems = document.find("systems");
    if (systems != nullptr) read_systems(*systems, config);
    const TreeEntry* models = document.find("models");
    if (models == nullptr) {
      problems_.add(document.place, "models", "is missing, must be a map from models to configuration files");
    } else {
      read_models(*models, config);
    }
    if (systems == nullptr) config.systems = all_systems(config);
    return config;
  }

 private:
  bool read_text(const TreeEntry& entry, std::string& text) {
    if (entry.value.kind == Tree::Kind::broken) return false;
    if (entry.value.kind != Tree::Kind::scalar || entry.value.text.empty()) {
      problems_.add(entry.place, entry.key, "must be text");
      return false;
    }
    if (!is_plain_text(entry.value.text)) {
      problems_.add(entry.place, entry.key, "has a line break or a control character, must be text of one line");
      return false;
    }
    text = entry.value.text;
    return true;
  }

  void read_systems(const TreeEntry& entry, CompareConfig& config) {
    if (entry.value.kind == Tree::Kind::broken) return;
    const std::vector<Tree> items = list_or_word(entry.value);
    if (items.empty() || items.size() > most_entries) {
      problems_.add(entry.place, "systems", "must be a list of systems, such as [fp-fp, figna, anda]");
      return;
    }
    for (const Tree& item : items) {
      const std::size_t before = problems_.count();
      auto system = item.kind == Tree::Kind::scalar ? system_of(item.text, described_) : std::nullopt;
      if (!system) system = described_system(item);
      if (problems_.count() > before) continue;
      if (!system) {
        problems_.add(item.place, "systems", "has " + in_quotes(item.text) + "; each " + system_rule(item.text));
        continue;
      }
      if (std::any_of(config.systems.begin(), config.systems.end(),
                      [&](const ComparedSystem& earlier) { return earlier.name == system->name; })) {
        problems_.add(item.place, "systems", "has " + in_quotes(system->name) + " twice; name each once");
        continue;
      }
      if (system->element.section() && !system->has_own_config()) described_.push_back(system->element);
      config.systems.push_back(*system);
    }
  }

  /// Reads an item that is a map, or that names a file with one.
  std::optional<ComparedSystem> described_system(const Tree& item) {
    Tree list;
    list.kind = Tree::Kind::list;
    list.place = item.place;
    list.items = {item};
    Tree map;
    map.kind = Tree::Kind::map;
    map.place = item.place;
    map.entries.push_back({"systems", item.place, list, {}});
    const Tree document = compose<ElementItem>({map}, problems_);
    const Tree& composed = document.entries.front().value.items.front();
    if (composed.kind != Tree::Kind::map) return std::nullopt;
    ElementItem read;
    ReadContext context(document, problems_, &catalogue_of<ElementItem>, false);
    Reader(document, "", item.place, context).read(read);
    if (read.systems.empty()) return std::nullopt;
    return ComparedSystem{read.systems.front().name(), read.systems.front()};
  }

  void read_models(const TreeEntry& entry, CompareConfig& config) {
    if (entry.value.kind == Tree::Kind::broken) return;
    if (entry.value.kind != Tree::Kind::map || entry.value.entries.empty() ||
        entry.value.entries.size() > most_entries) {
      problems_.add(entry.place, "models", "must be a map from models to configuration files");
      return;
    }
    for (const TreeEntry& model_entry : entry.value.entries) {
      const std::string key = join_key("models", model_entry.key);
      const Tree& value = model_entry.value;
      if (!is_plain_text(model_entry.key)) {
        problems_.add(model_entry.place, key, "a model's name must be text of one line without control characters");
        continue;
      }
      ComparedModel model;
      model.name = model_entry.key;
      if (value.kind == Tree::Kind::scalar && !value.text.empty()) {
        add_run(model, "", key, value);
      } else if (value.kind == Tree::Kind::map && !value.entries.empty()) {
        for (const TreeEntry& run : value.entries) {
          const std::string run_key = join_key(key, run.key);
          const auto system = system_of(run.key, described_);
          if (!system) {
            problems_.add(run.place, run_key, "is not a system: " + system_rule(run.key));
          } else if (run.value.kind != Tree::Kind::scalar || run.value.text.empty()) {
            problems_.add(run.place, run_key, "must be the path of a configuration");
          } else {
            add_run(model, run.key, run_key, run.value);
          }
        }
      } else if (value.kind != Tree::Kind::broken) {
        problems_.add(model_entry.place, key,
                      "must be the path of a configuration, or a map from systems to such paths");
      }
      config.models.push_back(std::move(model));
    }
  }

  void add_run(ComparedModel& model, const std::string& system, const std::string& key, const Tree& node) {
    const std::string path = path_at(node);
    try {
      model.runs.push_back({system, path, load_run_config(path, overrides_)});
    } catch (const Error& error) {
      problems_.add(node.place, key, path + " is not a valid configuration:\n" + error.what());
    }
  }

  /// Every element, or instead of it the systems of that element for which models have configurations.
  std::vector<ComparedSystem> all_systems(const CompareConfig& config) const {
    std::vector<ComparedSystem> systems;
    for (const auto& kind : pe_kinds) {
      const std::size_t before = systems.size();
      for (const ComparedModel& model : config.models) {
        for (const ComparedModel::Run& run : model.runs) {
          const auto system = system_of(run.system, described_);
          if (!system || !system->element.is(kind.value)) continue;
          if (std::none_of(systems.begin(), systems.end(),
                           [&](const ComparedSystem& earlier) { return earlier.name == system->name; })) {
            systems.push_back(*system);
          }
        }
      }
      if (systems.size() == before) systems.push_back({kind.name, kind.value});
    }
    return systems;
  }

  const std::vector<std::string>& overrides_;
  InputProblems& problems_;
  std::vector<Element> described_;  ///< of the systems so far
};

/// The part of a configuration that `keep` selects, with defaults elsewhere, as text for comparison.
template <class Keep>
std::string part_of(const RunConfig& config, const Keep& keep) {
  RunConfig part;
  keep(config, part);
  return to_yaml(part);
}

/// A property in which configurations must agree to be comparable.
struct Same {
  const char* what;
  bool of_all;  ///< must agree over all runs; otherwise over those of one model
  std::string (*part)(const RunConfig&);
};

const Same must_be_same[] = {
    {"workload", false,
     [](const RunConfig& c) { return part_of(c, [](const RunConfig& f, RunConfig& t) { t.workload = f.workload; }); }},
    {"technology", true,
     [](const RunConfig& c) {
       return part_of(c, [](const RunConfig& f, RunConfig& t) { t.technology = f.technology; });
     }},
    {"accelerator", true,
     [](const RunConfig& c) {
       return part_of(c, [](const RunConfig& f, RunConfig& t) {
         t.accelerator = f.accelerator;
         t.accelerator.mxu.processing_element = PeKind::anda;  // systems differ in this key, so it is ignored
       });
     }},
    {"dram", true,
     [](const RunConfig& c) { return part_of(c, [](const RunConfig& f, RunConfig& t) { t.dram = f.dram; }); }},
    {"tiling", true,
     [](const RunConfig& c) { return part_of(c, [](const RunConfig& f, RunConfig& t) { t.tiling = f.tiling; }); }},
    {"precision.weight_bits", true,
     [](const RunConfig& c) {
       return part_of(c, [](const RunConfig& f, RunConfig& t) { t.precision.weight_bits = f.precision.weight_bits; });
     }},
};

void check_fairness(const CompareConfig& config) {
  const ComparedModel::Run& first = config.models.front().runs.front();
  for (const ComparedModel& model : config.models) {
    for (const ComparedModel::Run& run : model.runs) {
      for (const Same& same : must_be_same) {
        const ComparedModel::Run& other = same.of_all ? first : model.runs.front();
        if (same.part(run.config) != same.part(other.config)) {
          throw Error::input("model " + model.name + ": " + run.path + " has another `" + same.what + "` than " +
                             other.path + "; such runs cannot be compared");
        }
      }
    }
  }
}

/// Keeps the selected entries, in the order of the selection.
template <class Entry>
void select(const char* what, const std::vector<std::string>& wanted, std::vector<Entry>& entries) {
  if (wanted.empty()) return;
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  std::vector<Entry> selected;
  for (const std::string& name : wanted) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      throw Error::input(std::string("--") + what + ": " + in_quotes(name) + " is none of " + joined(names) +
                         did_you_mean(name, names));
    }
    if (std::count(wanted.begin(), wanted.end(), name) > 1) {
      throw Error::input(std::string("--") + what + ": " + in_quotes(name) + " is given more than once");
    }
    selected.push_back(entries[static_cast<std::size_t>(found - names.begin())]);
  }
  entries = std::move(selected);
}

}  // namespace

std::size_t ComparedModel::run_of(const ComparedSystem& system) const {
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].system == system.name) return i;
  }
  return system.has_own_config() ? runs.size() : 0;
}

CompareConfig load_compare_config(const std::string& path, const std::vector<std::string>& overrides,
                                  const CompareSelection& selection) {
  InputProblems problems;
  const std::vector<Tree> layers = read_yaml_layers(path, {}, problems);
  refuse_other_kinds(path, layers, DocumentKind::comparison);
  if (layers.empty()) problems.throw_if_any();
  Tree document;
  document.kind = Tree::Kind::map;
  document.place = {path, 0, 0};
  for (const Tree& layer : layers) overlay(document, layer);
  CompareConfig config = CompareReader(overrides, problems).read(document);
  problems.throw_if_any();

  select("systems", selection.systems, config.systems);
  select("models", selection.models, config.models);
  for (const ComparedModel& model : config.models) {
    for (const ComparedSystem& system : config.systems) {
      if (model.run_of(system) == model.runs.size()) {
        throw Error::input(path + ": models." + model.name + " has no configuration for the system " +
                           in_quotes(system.name));
      }
    }
  }
  check_fairness(config);
  return config;
}

}  // namespace anda::sim
