// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include "config/document_kind.h"
#include "config/layers.h"
#include "config/override.h"
#include "config/serve_config.h"
#include "config/writer.h"

namespace anda::sim {
namespace {

constexpr const char* defaults = "workload: {model: LLaMA-13B}";

template <class Config>
Config read(std::vector<Tree> layers, const std::vector<std::string>& overrides, InputProblems& problems) {
  const bool is_unreadable = layers.empty();
  for (const std::string& text : overrides) layers.push_back(parse_override(text, problems));
  // Without the file's keys, everything else would be reported as wrong too.
  if (is_unreadable) problems.throw_if_any();
  const Tree document = compose<Config>(layers, problems);
  Config config;
  ReadContext context(document, problems, &catalogue_of<Config>, false);
  Reader(document, "", {document.place.file, 0, 0}, context).read(config);
  problems.throw_if_any();
  return config;
}

template <class Config>
Config load(const std::string& path, DocumentKind kind, const std::vector<std::string>& overrides,
            std::vector<std::string>* files) {
  InputProblems problems;
  std::vector<Tree> layers = read_yaml_layers(path, {}, problems);
  refuse_other_kinds(path, layers, kind);
  Config config = read<Config>(std::move(layers), overrides, problems);
  if (files != nullptr) *files = problems.files();
  return config;
}

}  // namespace

RunConfig load_run_config(const std::string& path, const std::vector<std::string>& overrides,
                          std::vector<std::string>* files) {
  return load<RunConfig>(path, DocumentKind::run, overrides, files);
}

ServeConfig load_serve_config(const std::string& path, const std::vector<std::string>& overrides,
                              std::vector<std::string>* files) {
  return load<ServeConfig>(path, DocumentKind::serve, overrides, files);
}

RunConfig parse_run_config(const std::string& text, const std::string& name,
                           const std::vector<std::string>& overrides) {
  InputProblems problems;
  std::vector<Tree> layers = parse_yaml_layers(text, name, problems);
  return read<RunConfig>(std::move(layers), overrides, problems);
}

RunConfig default_run_config(const std::vector<std::string>& overrides) {
  return parse_run_config(defaults, "defaults", overrides);
}

std::string effective_config(const std::string& path, const std::vector<std::string>& overrides, bool of_server) {
  InputProblems problems;
  std::vector<Tree> layers =
      path.empty() ? parse_yaml_layers(defaults, "defaults", problems) : read_yaml_layers(path, {}, problems);
  const bool serves = of_server || (!layers.empty() && layers.back().find("serving") != nullptr);
  refuse_other_kinds(path, layers, serves ? DocumentKind::serve : DocumentKind::run);
  return serves ? to_yaml(read<ServeConfig>(std::move(layers), overrides, problems))
                : to_yaml(read<RunConfig>(std::move(layers), overrides, problems));
}

}  // namespace anda::sim
