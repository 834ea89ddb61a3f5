// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <csignal>

namespace anda::sim {

namespace {

// The one piece of global state: a signal handler has no other place to leave word.
volatile std::sig_atomic_t seen = 0;

extern "C" void remember(int signal) {
  seen = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void remember_interrupts() {
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
}

bool interrupted() { return seen != 0; }

}  // namespace anda::sim
