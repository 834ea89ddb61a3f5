# SPDX-License-Identifier: Apache-2.0
"""The RTL tests detect faults in the RTL, and the lists of the area study match the RTL."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from anda_sim.area import designs, synthesis, tables
from anda_sim.rtl.mutations import MUTATIONS, USUAL

SOURCE = Path(__file__).resolve().parents[2]


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


def test_the_smallest_design_that_meets_the_period_represents_an_element():
    flows = {"lookahead": {"area": 30, "period_ns": 9}, "ripple": {"area": 10, "period_ns": 26},
             "mixed": {"area": 20, "period_ns": 25}}
    assert tables.smallest(flows, 25)[0] == "mixed"
    assert tables.smallest(flows, 8)[0] == "lookahead"  # none does: the fastest


def test_the_tables_have_what_is_measured_and_no_ratio_to_what_is_not():
    core = {"Anda": {"ripple": {"area": 71777.0, "period_ns": 6.1}}}
    page = tables.page({"element": {}, "core": core, "part": {}}, synthesis.LIBRARIES["osu018"])
    assert "| Anda | – | 71777 | – | ripple | 6.1 | – | – | – | 0.23 |" in page and "### Element" not in page


def area_study(*options):
    done = subprocess.run([SOURCE / "scripts" / "area_study", *options], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_the_area_study_refuses_unknown_names_and_foreign_files(tmp_path):
    status, message = area_study("--only", "no such")
    assert status == 2 and "no design has this in its name" in message
    out = tmp_path / "areas.json"
    for text, expected in (("{", "is no JSON"), ("[]", "holds no results"),
                           (json.dumps({"library": "osu035", "element": {}, "core": {}, "part": {}}), "not of osu018")):
        out.write_text(text)
        status, message = area_study("--out", out)
        assert status == 2 and expected in message


RESULTS = SOURCE / "docs" / "area" / "osu018.json"


def test_the_technology_file_is_what_the_study_makes_of_its_results(tmp_path):
    made = tmp_path / "made.yaml"
    done = subprocess.run([SOURCE / "scripts" / "area_study", "--out", RESULTS, "--technology", made], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert made.read_text() == (SOURCE / "configs" / "technology" / "osu018-ratios.yaml").read_text()


def test_a_study_that_is_not_complete_makes_no_technology_file(tmp_path):
    out = tmp_path / "areas.json"
    out.write_text(json.dumps({"library": "osu018", "element": {}, "core": {}, "part": {}}))
    status, message = area_study("--out", out, "--technology", tmp_path / "made.yaml")
    assert status == 2 and "has not measured all of FP-FP, fused; " in message and not (tmp_path / "made.yaml").exists()


def test_a_run_with_the_ratios_of_the_study_has_its_areas(tmp_path):
    def run(*options):
        done = subprocess.run([os.environ["ANDA_BUILD_DIR"] + "/src/anda-sim", "run", SOURCE / "configs" / "llama-13b.yaml",
                               "--set", "workload.layers=1", "--out", tmp_path, "--quiet", *options],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / "report.json").read_text())

    def arrays(report):
        return [system["area_mm2"]["by_component"]["mxu"] for system in report["systems"]]

    published, studied = run(), run("--set", f"technology={SOURCE}/configs/technology/osu018-ratios.yaml")
    element = yaml.safe_load((SOURCE / "configs" / "technology" / "osu018-ratios.yaml").read_text())["processing_elements"]
    assert arrays(published) == pytest.approx([0.41 / 0.23, 0.41])
    assert arrays(studied) == pytest.approx([0.41 / element["anda"]["area"], 0.41])
    # Cycles and energy are the paper's, so only ratios to area change.
    for name in ("speedup", "energy_efficiency"):
        assert studied["ratios"][0][name] == published["ratios"][0][name]
    assert studied["ratios"][0]["area_efficiency"] < published["ratios"][0]["area_efficiency"] / 1.5
