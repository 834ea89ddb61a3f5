// SPDX-License-Identifier: Apache-2.0
#include "config/document_kind.h"

#include <anda/base/error.h>

#include <array>

namespace anda::sim {
namespace {

/// A key that only files of this kind have.
struct Mark {
  const char* key;
  DocumentKind kind;
  const char* message;
};

constexpr std::array<Mark, 6> marks{
    {{"serving", DocumentKind::serve, "is the configuration of a server; `anda-sim serve` runs it"},
     {"parameters", DocumentKind::sweep, "is a sweep file; `scripts/sweep` or `scripts/explore` runs it"},
     {"linked", DocumentKind::sweep, "is a sweep file; `scripts/sweep` or `scripts/explore` runs it"},
     {"models", DocumentKind::comparison, "is a comparison; `anda-sim compare` runs it"},
     {"workload", DocumentKind::run, "is the configuration of a run; `anda-sim run` runs it"},
     {"precision", DocumentKind::run, "is the configuration of a run; `anda-sim run` runs it"}}};

}  // namespace

void refuse_other_kinds(const std::string& path, const std::vector<Tree>& layers, DocumentKind wanted) {
  if (layers.empty()) return;
  const Tree& own = layers.back();  // the layers below are its base files
  const auto has = [&](const Mark& mark) { return own.find(mark.key) != nullptr; };
  const bool serves = has(marks.front());  // in addition to the keys of a run
  if (wanted == DocumentKind::serve && serves) return;
  for (const Mark& mark : marks) {
    const bool is_wanted = mark.kind == wanted || (wanted == DocumentKind::serve && mark.kind == DocumentKind::run);
    if (is_wanted && !serves && has(mark)) return;
  }
  for (const Mark& mark : marks) {
    if (has(mark)) throw Error::input(path + ": " + mark.message);
  }
}

}  // namespace anda::sim
