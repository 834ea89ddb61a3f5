// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_BLAS_H
#define ANDA_SIM_LLM_BLAS_H

#include <cblas.h>

namespace anda::sim {

/// What is used of OpenBLAS.
struct Blas {
  decltype(&cblas_sgemm) sgemm;
  decltype(&openblas_set_num_threads) set_threads;
};

/// OpenBLAS, loaded at the first call: it starts its threads then, which costs a tenth of the time of a whole
/// simulation and nothing else needs. Throws Error (run) where it is not installed.
const Blas& blas();

}  // namespace anda::sim

#endif
