# SPDX-License-Identifier: Apache-2.0
"""The first thing that a script imports: what Ctrl-C does while it imports the rest."""

import os
import signal
import sys


def _stop(*_):
    os.write(2, f"{os.path.basename(sys.argv[0])}: interrupted\n".encode())
    os._exit(1)


def tell_interrupts():
    """Until guarded() takes over, Ctrl-C and SIGTERM end the script with a line instead of a traceback of the imports."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # What runs scripts in the background may have them ignore SIGINT.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _stop)
