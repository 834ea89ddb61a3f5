// SPDX-License-Identifier: Apache-2.0
#include "llm/blas.h"

#include <anda/base/error.h>
#include <dlfcn.h>

#include <string>

namespace anda::sim {
namespace {

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) throw Error::run(std::string("OpenBLAS has no function ") + name);
}

Blas load() {
  // First by its system-wide name: the file used at build time belongs to the development package.
  void* library = nullptr;
  std::string problem;
  for (const char* file : {"libopenblas.so.0", ANDA_OPENBLAS_FILE}) {
    library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    if (problem.empty()) problem = dlerror();
  }
  if (library == nullptr) {
    throw Error::run("evaluating a model needs OpenBLAS (Debian's libopenblas0): " + problem);
  }
  Blas blas{};
  find(library, "cblas_sgemm", blas.sgemm);
  find(library, "openblas_set_num_threads", blas.set_threads);
  return blas;
}

}  // namespace

const Blas& blas() {
  static const Blas loaded = load();
  return loaded;
}

}  // namespace anda::sim
