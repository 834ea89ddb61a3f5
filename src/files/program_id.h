// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_PROGRAM_ID_H
#define ANDA_SIM_FILES_PROGRAM_ID_H

#include <string>

namespace anda::sim {

/// What tells this program from every other version of it: the linker's hash of all that is in it, as hexadecimal
/// digits. Empty where it was linked without one.
std::string program_id();

}  // namespace anda::sim

#endif
