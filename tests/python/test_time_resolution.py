# SPDX-License-Identifier: Apache-2.0
"""Programs that use the models may choose SystemC's time resolution."""

import os
import subprocess
from pathlib import Path

import pytest

BUILD = Path(os.environ.get("ANDA_BUILD_DIR", Path(__file__).resolve().parents[2] / "build" / "release"))
QUIET = {**os.environ, "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1"}
CLOCK_HZ = 285e6


def probe(femtoseconds, *options):
    command = [str(BUILD / "tests" / "resolution_probe"), str(femtoseconds), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=QUIET)


def cycles_and_ns(femtoseconds, *options):
    result = probe(femtoseconds, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    return [(int(cycles), float(ns)) for cycles, ns in (line.split() for line in result.stdout.splitlines())]


@pytest.mark.parametrize("memory", ["fast", "detailed"])
@pytest.mark.parametrize("femtoseconds", [1, 10**4, 10**5])
def test_cycles_are_the_same_at_any_fine_resolution(femtoseconds, memory):
    usual = cycles_and_ns(1000, memory)  # 1 ps, the kernel's default
    finer = cycles_and_ns(femtoseconds, memory)
    assert len(usual) == 4
    assert [cycles for cycles, _ in finer] == [cycles for cycles, _ in usual]
    for cycles, ns in finer:
        assert abs(ns - cycles / CLOCK_HZ * 1e9) <= femtoseconds * 1e-6 + 1e-3  # one tick, and the three digits printed


def test_cycles_at_a_coarse_resolution_differ_by_little():
    """A cycle is 3.5 ns: edges are at the nearest tick, and the error does not accumulate."""
    for (exact, _), (cycles, ns) in zip(cycles_and_ns(1000), cycles_and_ns(10**6)):
        assert abs(cycles - exact) <= exact / 1000
        assert abs(ns - cycles / CLOCK_HZ * 1e9) <= 1


@pytest.mark.parametrize("femtoseconds, options, what", [
    (10**7, [], "accelerator.clock_hz"),
    (10**6, ["detailed"], "dram.data_rate_bit_per_s"),
])
def test_a_resolution_too_coarse_for_a_clock_is_refused(femtoseconds, options, what):
    result = probe(femtoseconds, *options)
    assert result.returncode == 2
    assert what in result.stdout and "too coarse" in result.stdout and "sc_set_time_resolution" in result.stdout
