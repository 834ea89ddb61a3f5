// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_INTERRUPT_H
#define ANDA_SIM_FILES_INTERRUPT_H

namespace anda::sim {

/// From now on Ctrl-C and SIGTERM are remembered instead of ending the process; the second one ends it.
void remember_interrupts();

/// Whether there was one.
bool interrupted();

}  // namespace anda::sim

#endif
