# SPDX-License-Identifier: Apache-2.0
"""Faults in the RTL are seen by its tests, the lists of the area study fit the RTL, and its technology is a whole one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SOURCE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "scripts"), str(SOURCE / "tests" / "rtl")]

from anda_area import designs, tables  # noqa: E402
from mutations import MUTATIONS, USUAL  # noqa: E402

RTL = SOURCE / "models" / "rtl"


@pytest.mark.skipif(shutil.which("verilator") is None, reason="Verilator is not installed: no faults are put into the RTL")
@pytest.mark.parametrize("name", USUAL)
def test_a_fault_in_the_rtl_is_seen(name):
    done = subprocess.run([SOURCE / "scripts" / "rtl_mutations", "--only", name, "--build", os.environ["ANDA_BUILD_DIR"]],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith("seen: "), done.stdout + done.stderr


def test_every_fault_changes_one_place():
    for mutation in MUTATIONS:
        assert (RTL / mutation.file).read_text().count(mutation.old) == 1, mutation.name
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
    assert set(USUAL) <= {mutation.name for mutation in MUTATIONS}


def test_a_module_is_a_file_of_its_name():
    for path in RTL.rglob("*.sv"):
        assert re.findall(r"^module (\w+)", path.read_text(), re.MULTILINE) == [path.stem]


def test_the_area_study_names_modules_and_parameters_of_the_rtl():
    for design in designs.ELEMENTS + designs.CORES + designs.PARTS:
        text = next(RTL.rglob(f"{design.top}.sv")).read_text()
        for parameter in design.parameters:
            assert f"parameter {parameter} =" in text, design.name
    assert set(designs.SHARED) <= {design.name for design in designs.ELEMENTS}


def test_the_smallest_design_that_reaches_the_period_stands_for_an_element():
    flows = {"lookahead": {"area": 30, "period_ns": 9}, "ripple": {"area": 10, "period_ns": 26},
             "mixed": {"area": 20, "period_ns": 25}}
    assert tables.smallest(flows, 25)[0] == "mixed"
    assert tables.smallest(flows, 8)[0] == "lookahead"  # none does: the fastest
