// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_BLAS_H
#define ANDA_SIM_LLM_BLAS_H

#include <cblas.h>

namespace anda::sim {

/// The functions used from OpenBLAS.
struct Blas {
  decltype(&cblas_sgemm) sgemm;
  decltype(&openblas_set_num_threads) set_threads;
};

/// OpenBLAS, loaded on the first call: loading starts its threads, which takes a tenth of the time of a whole
/// simulation and which nothing else needs. Throws Error (run) if it is not installed.
const Blas& blas();

}  // namespace anda::sim

#endif
