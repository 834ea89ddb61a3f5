# SPDX-License-Identifier: Apache-2.0
"""How every Python script ends: one line per error, and death by the signal after an interruption."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from anda_sim.common.errors import InputError, RunError, guarded, read_error

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
SHEBANG = "#!/usr/bin/env -S --block-signal=INT /usr/bin/python3"
PYTHON = sorted(path.name for path in SCRIPTS.iterdir() if path.is_file() and "python" in path.read_text().split("\n")[0])


def test_these_are_the_scripts():
    assert set(PYTHON) >= {"sweep", "explore", "report", "plot", "reproduce_paper", "precision_study", "record_activations", "evaluate_torch",
                           "compare_levels", "dram_curves", "train_small_models", "bench", "bench_perplexity"}


@pytest.mark.parametrize("name", PYTHON)
def test_a_script_blocks_ctrl_c_until_it_can_handle_it(name):
    text = (SCRIPTS / name).read_text()
    assert text.startswith(f"{SHEBANG}\n")
    commands = (SCRIPTS / "anda_sim" / "commands.py").read_text()
    assert f'guarded("{name}", main' in text or (f"sys.exit({name}())" in text and f'_command("{name}", ' in commands)


def started(*command):
    """A script that gets SIGINT before Python has started."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=120)
    return process.returncode, out, error


@pytest.mark.parametrize("name", PYTHON)
def test_ctrl_c_while_python_starts_prints_one_line_and_ends_by_sigint(name):
    status, out, error = started(SCRIPTS / name, "--help")
    assert (status, out) == (-signal.SIGINT, "") and error.startswith(f"{name}: interrupted") and len(error.splitlines()) == 1


@pytest.mark.parametrize("name", PYTHON)
def test_an_unknown_option_is_refused_with_status_2(name):
    done = subprocess.run([SCRIPTS / name, "--no-such\x1b]0;option"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "Traceback" not in done.stderr and done.stdout == ""
    assert done.stderr.replace("\n", "").isprintable()


def ended(body, capsys):
    status = guarded("name", lambda _: body(), "sweep")
    return status, capsys.readouterr().err


def test_each_kind_of_failure_prints_one_line_and_has_its_status(capsys):
    def fails(error):
        def body():
            raise error
        return ended(body, capsys)

    assert fails(InputError("a", "b\nc\x1b")) == (2, "name: a\nb\\nc\\x1b\n")
    assert fails(RunError("a")) == (1, "name: a\n")
    assert fails(OSError(28, "No space left on device", "f\n")) == (1, "name: f\\n: No space left on device\n")
    assert fails(MemoryError()) == (1, "name: out of memory\n")
    assert fails(ModuleNotFoundError("No module", name="yaml")) == (
        1, "name: needs the Python module yaml; `scripts/install_dependencies sweep` installs it\n")
    status, error = fails(KeyError("x\ny"))
    assert status == 1 and error.startswith("name: internal error at ") and len(error.splitlines()) == 1
    assert fails(BrokenPipeError()) == (1, "")
    assert sys.stderr is not None and not hasattr(sys.stderr, "stream")


def test_exhausted_resources_are_not_an_input_error(capsys):
    def files():
        raise read_error("x", OSError(24, "Too many open files"))

    def missing():
        raise read_error("x", OSError(2, "No such file or directory"))

    assert ended(files, capsys) == (1, "name: x: cannot be read: Too many open files\n")
    assert ended(missing, capsys) == (2, "name: x: cannot be read: No such file or directory\n")


def test_output_of_a_script_is_printable_even_on_an_ascii_terminal():
    program = ("import sys; from anda_sim.common.errors import guarded; "
               "sys.exit(guarded('n', lambda _: print('\\x1b[2J é \\udcff'), 'sweep'))")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, cwd=SCRIPTS, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\\x1b[2J \\xe9 \\xff\n", b"")


def test_an_interruption_wrapped_by_a_library_is_still_an_interruption():
    program = """
import os, signal, sys
from anda_sim.common.errors import guarded
def main(_):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt:
        raise ImportError("initialisation failed")
sys.exit(guarded("n", main, "sweep"))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=SCRIPTS)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, "", "n: interrupted\n")


@pytest.mark.parametrize("where, said", [("| true", ""), ("> /dev/full", "sweep: No space left on device\n")])
def test_a_closed_output_gives_no_traceback(where, said):
    # The reader closes before the script writes.
    done = subprocess.run(["bash", "-c", f'set -o pipefail; {{ sleep 1; "$0" --help; }} {where}', SCRIPTS / "sweep"],
                          env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}, capture_output=True, text=True)
    assert (done.stderr, done.returncode) == (said, 1)
