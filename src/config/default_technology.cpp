// SPDX-License-Identifier: Apache-2.0
#include "config/default_technology.h"

#include "config/embedded_technology.h"
#include "config/layers.h"

namespace anda::sim {
namespace {

anda::Technology read_embedded() {
  InputProblems problems;
  const Tree document =
      compose<anda::Technology>(parse_yaml_layers(embedded_technology, "16nm.yaml (built in)", problems), problems);
  anda::Technology technology;
  ReadContext context(document, problems, &catalogue_of<anda::Technology>, true);
  Reader(document, "", {document.place.file, 0, 0}, context).read(technology);
  problems.throw_if_any();
  return technology;
}

}  // namespace

anda::Technology default_technology() {
  static const anda::Technology technology = read_embedded();
  return technology;
}

}  // namespace anda::sim
