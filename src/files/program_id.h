// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_PROGRAM_ID_H
#define ANDA_SIM_FILES_PROGRAM_ID_H

#include <string>

namespace anda::sim {

/// Identifies this build of the program: the linker's hash of its contents (build ID) in hexadecimal digits. Empty if
/// it was linked without one.
std::string program_id();

}  // namespace anda::sim

#endif
