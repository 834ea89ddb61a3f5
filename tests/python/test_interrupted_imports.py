# SPDX-License-Identifier: Apache-2.0
"""Scripts that are interrupted while Python still imports what they need, or that have too little of the machine."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.mark.parametrize("script", ["dram_curves", "explore", "plot", "report", "reproduce_paper", "sweep"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_during_imports_is_one_line(script, number):
    # The first module that is imported after the handler sends the signal.
    code = ("import os, runpy, signal, sys\n"
            "class Finder:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name == 'anda_common.errors':\n"
            f"            os.kill(os.getpid(), {int(number)})\n"
            f"signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "sys.meta_path.insert(0, Finder())\n"
            f"sys.path.insert(0, {str(SCRIPTS)!r})\n"
            f"sys.argv = [{str(SCRIPTS / script)!r}, '--help']\n"
            f"runpy.run_path(sys.argv[0], run_name='__main__')\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"{script}: interrupted\n")


def test_what_the_machine_lacks_is_no_wrong_input(tmp_path):
    code = (f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})\n"
            "from anda_common.errors import guarded, read_error\n"
            "def full(_): raise MemoryError\n"
            "def files(_): raise read_error('x', OSError(24, 'Too many open files'))\n"
            "def missing(_): raise read_error('x', OSError(2, 'No such file or directory'))\n"
            "print([guarded('name', main, 'group') for main in (full, files, missing)])\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[1, 1, 2]\n"
    assert done.stderr.splitlines() == ["name: out of memory", "name: x: Too many open files",
                                        "name: x: No such file or directory"]
