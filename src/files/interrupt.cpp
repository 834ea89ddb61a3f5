// SPDX-License-Identifier: Apache-2.0
#include "files/interrupt.h"

#include <csignal>

namespace anda::sim {

namespace {

// The only global state: a signal handler cannot report in any other way.
volatile std::sig_atomic_t seen = 0;

extern "C" void remember(int signal) {
  seen = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void remember_interrupts() {
  // Without SA_RESTART: blocking system calls return, and their callers check interrupted().
  struct sigaction action {};
  action.sa_handler = remember;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return seen != 0; }

}  // namespace anda::sim
