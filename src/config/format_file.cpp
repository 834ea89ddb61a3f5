// SPDX-License-Identifier: Apache-2.0
#include "config/format_file.h"

#include <anda/numeric/cache_format.h>

#include "config/layers.h"
#include "config/yaml_parser.h"

namespace anda::sim {
namespace {

/// A document that contains only a format, to reuse the configuration reader.
struct FormatDocument {
  StoredNumber format;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.word_or_section("format", self.format, "an operand format");
  }
};

}  // namespace

std::vector<std::string> format_names() { return built_in_names(StoredNumber::folder); }

std::shared_ptr<const OperandFormat> load_format(const std::string& text, const std::string& what) {
  InputProblems problems;
  Tree map;
  map.kind = Tree::Kind::map;
  map.place = {what, 0, 0};
  map.entries.push_back({"format", map.place, parse_yaml(text, map.place, false, problems), {}});
  problems.throw_if_any();
  const Tree document = compose<FormatDocument>({map}, problems);
  problems.throw_if_any();
  FormatDocument read;
  ReadContext context(document, problems, &catalogue_of<FormatDocument>, false);
  if (document.entries.front().value.kind != Tree::Kind::map) {
    problems.add(map.place, "",
                 "is " + in_quotes(text) + ", must be one of " + joined(format_names()) +
                     ", the path of a YAML file, or a map with name and family" + did_you_mean(text, format_names()));
  } else {
    Reader(document, "", map.place, context).read(read);
  }
  problems.throw_if_any();
  return make_format(*read.format.section());
}

}  // namespace anda::sim
