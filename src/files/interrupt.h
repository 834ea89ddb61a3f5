// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_INTERRUPT_H
#define ANDA_SIM_FILES_INTERRUPT_H

namespace anda::sim {

/// From now on, the first Ctrl-C or SIGTERM is recorded instead of ending the process; the second ends it.
void remember_interrupts();

/// Whether an interrupt was recorded.
bool interrupted();

}  // namespace anda::sim

#endif
