// SPDX-License-Identifier: Apache-2.0
#include "config/document_kind.h"

#include <anda/base/error.h>

#include <array>

namespace anda::sim {
namespace {

/// A key that files of this kind alone have.
struct Mark {
  const char* key;
  DocumentKind kind;
  const char* message;
};

constexpr std::array<Mark, 5> marks{
    {{"parameters", DocumentKind::sweep, "is a sweep file; `scripts/sweep` or `scripts/explore` runs it"},
     {"linked", DocumentKind::sweep, "is a sweep file; `scripts/sweep` or `scripts/explore` runs it"},
     {"models", DocumentKind::comparison, "is a comparison; `anda-sim compare` runs it"},
     {"workload", DocumentKind::run, "is the configuration of a run; `anda-sim run` runs it"},
     {"precision", DocumentKind::run, "is the configuration of a run; `anda-sim run` runs it"}}};

}  // namespace

void refuse_other_kinds(const std::string& path, const std::vector<Tree>& layers, DocumentKind wanted) {
  if (layers.empty()) return;
  const Tree& own = layers.back();  // below it are the files that it is based on
  for (const Mark& mark : marks) {
    if (mark.kind == wanted && own.find(mark.key) != nullptr) return;
  }
  for (const Mark& mark : marks) {
    if (own.find(mark.key) != nullptr) throw Error::input(path + ": " + mark.message);
  }
}

}  // namespace anda::sim
