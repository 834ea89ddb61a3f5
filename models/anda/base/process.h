// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_PROCESS_H
#define ANDA_BASE_PROCESS_H

/// Goes before SC_METHOD and SC_THREAD in a constructor and works with every version of SystemC: versions before 3.0
/// need SC_HAS_PROCESS there, later ones deprecate it.
#define ANDA_HAS_PROCESS(module) using SC_CURRENT_USER_MODULE [[maybe_unused]] = module

#endif
