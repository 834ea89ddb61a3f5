// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_PROCESS_H
#define ANDA_BASE_PROCESS_H

/// Stands before SC_METHOD and SC_THREAD in a constructor, for every version of SystemC: those before 3.0 need
/// SC_HAS_PROCESS there, which later ones deprecate.
#define ANDA_HAS_PROCESS(module) using SC_CURRENT_USER_MODULE [[maybe_unused]] = module

#endif
