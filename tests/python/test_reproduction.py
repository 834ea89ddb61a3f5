# SPDX-License-Identifier: Apache-2.0
"""docs/reproduction.md agrees with the simulator, and the simulator with the publication."""

import csv
import os
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
SCRIPT = SOURCE / "scripts" / "reproduce_paper"
DOCS = SOURCE / "docs"


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The page and its tables, regenerated without plots."""
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    out = tmp_path_factory.mktemp("docs")
    done = subprocess.run([SCRIPT, "--out", out, "--no-plots", "--program", Path(build) / "src" / "anda-sim"],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return out


def rows(name):
    return list(csv.DictReader((DOCS / "reproduction" / f"{name}.csv").open()))


def test_the_committed_page_is_what_the_script_writes(made):
    page = (DOCS / "reproduction.md").read_text()
    without_plots = "".join(line for line in page.splitlines(True) if not line.startswith("!["))
    again = (made / "reproduction.md").read_text()
    assert again.split() == without_plots.split(), "run scripts/reproduce_paper and commit what it writes"


def test_the_committed_tables_are_what_the_script_writes(made):
    tables = sorted(path.name for path in (made / "reproduction").iterdir())
    assert tables == ["anda_energy.csv", "area_power.csv", "bops.csv", "breakdown.csv", "elements.csv", "models.csv", "sensitivity.csv",
                      "systems.csv"]
    for name in tables:
        assert (made / "reproduction" / name).read_text() == (DOCS / "reproduction" / name).read_text(), name


def test_bit_operations_are_exact():
    """Published with two decimals, two of the eighteen truncated instead of rounded."""
    table = rows("bops")
    assert len(table) == 18
    rounded = [row for row in table if f"{float(row['ours']):.2f}" == f"{float(row['paper']):.2f}"]
    cut_off = [row for row in table if int(float(row["ours"]) * 100) == round(float(row["paper"]) * 100)]
    assert len(rounded) == 16
    assert all(row in rounded or row in cut_off for row in table)


def test_elements_and_area_are_within_two_percent():
    for row in rows("elements"):
        assert float(row["ours"]) == pytest.approx(float(row["paper"]), rel=0.02), row
    for row in rows("area_power"):
        for quantity in ("area_mm2", "power_mw"):
            assert float(row[f"{quantity}_ours"]) == pytest.approx(float(row[f"{quantity}_paper"]), rel=0.02, abs=0.0005)


def test_systems_are_within_tolerance_except_as_the_page_explains():
    outside = []
    for row in rows("systems"):
        if row["paper"]:
            tolerance = 0.15 if row["metric"] == "energy_efficiency" else 0.05
            if float(row["ours"]) != pytest.approx(float(row["paper"]), rel=tolerance):
                outside.append((row["system"], row["metric"]))
    assert outside == [("anda-1", "energy_efficiency")]
    page = (DOCS / "reproduction.md").read_text()
    assert [line for line in page.splitlines() if "**no**" in line] == [
        line for line in page.splitlines() if line.startswith("| Anda (1 % loss) | energy efficiency")]


def test_pictures_are_there():
    page = (DOCS / "reproduction.md").read_text()
    for name in ("systems", "elements", "bops", "breakdown"):
        assert f"(reproduction/{name}.svg)" in page
        assert (DOCS / "reproduction" / f"{name}.svg").read_text().startswith("<?xml")


def test_the_script_has_help_and_names_a_failure(tmp_path):
    helped = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True)
    assert helped.returncode == 0 and helped.stdout.startswith("usage: scripts/reproduce_paper")
    failed = subprocess.run([SCRIPT, "--no-plots", "--program", "/bin/false", "--out", tmp_path / "out"], capture_output=True, text=True)
    assert failed.returncode == 1 and "anda-sim compare ended with 1" in failed.stderr
    assert not (tmp_path / "out").exists()


def test_an_unwritable_folder_is_reported_before_the_work(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "reproduction").write_text("x")
    for out, words in (("file/docs", "file: Not a directory"), ("docs", "docs/reproduction: Not a directory")):
        refused = subprocess.run([SCRIPT, "--no-plots", "--program", "/bin/false", "--out", tmp_path / out],
                                 capture_output=True, text=True)
        assert refused.returncode == 1 and words in refused.stderr
        assert "Traceback" not in refused.stderr and "/bin/false" not in refused.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["docs", "file", "reproduction"]
