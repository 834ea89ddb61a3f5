# SPDX-License-Identifier: Apache-2.0
"""docs/precision.md: its tables are what anda-sim says, and the script that writes it works."""

import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).resolve().parents[2]
SCRIPT = SOURCE / "scripts" / "precision_study"
DOCS = SOURCE / "docs"
MODELS = SOURCE / "tests" / "data" / "small_models"
FAMILIES = ["opt", "llama"]
WINDOW = 128


def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return Path(build) / "src" / "anda-sim"


def rows(folder, name):
    with open(folder / "precision" / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def evaluate(family, tokens, precisions, *options):
    words = [word for precision in precisions for word in ("--precision", str(precision))]
    done = subprocess.run([program(), "evaluate", MODELS / family, "--tokens", tokens, "--json", *words, *options],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [result["loss"] for result in json.loads(done.stdout)["results"]]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The page on four windows, without plots."""
    out = tmp_path_factory.mktemp("docs")
    for name in ("held_out", "calibration"):
        np.save(out / f"{name}.npy", np.load(MODELS / f"{name}.npy")[: 4 * WINDOW])
    done = subprocess.run([SCRIPT, "--out", out, "--no-plots", "--program", program(), "--tokens", out / "held_out.npy",
                           "--calibration", out / "calibration.npy"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return out


def test_the_script_tabulates_what_evaluate_says(made):
    tokens = made / "held_out.npy"
    for family in FAMILIES:
        uniform = {int(row["mantissa_bits"]): row for row in rows(made, "uniform") if row["model"] == family}
        groups = [row for row in rows(made, "groups") if (row["model"], row["group_size"]) == (family, "32")]
        alone = [row for row in rows(made, "tensors") if (row["model"], row["tensor"]) == (family, "A_u")]
        # Losses of a hundredth of a percent hang on the last bits of FP32 sums.
        near = {"abs": 1e-4, "rel": 1e-3}
        assert float(uniform[4]["loss"]) == pytest.approx(evaluate(family, tokens, [4])[0], **near)
        assert float(groups[0]["loss"]) == pytest.approx(
            evaluate(family, tokens, [groups[0]["mantissa_bits"]], "--group-size", "32")[0], **near)
        assert float(alone[1]["loss"]) == pytest.approx(
            evaluate(family, tokens, [f"16,16,{alone[1]['mantissa_bits']},16"])[0], **near)
        for row in rows(made, "search"):
            if row["model"] != family:
                continue
            combination = ",".join(str(bits) for bits in json.loads(row["combination"]))
            calibration, = evaluate(family, made / "calibration.npy", [combination])
            assert float(row["loss_calibration"]) == pytest.approx(calibration, **near)
            assert (row["met"] == "True") == (float(row["loss_calibration"]) <= float(row["tolerance"]))
            assert float(row["loss_held_out"]) == pytest.approx(evaluate(family, tokens, [combination])[0], **near)


def test_the_committed_tables_hold_on_this_machine():
    """A few entries of the page, measured again on the whole held-out text."""
    uniform = {(row["model"], row["mantissa_bits"]): float(row["loss"]) for row in rows(DOCS, "uniform")}
    for family in FAMILIES:
        for bits, again in zip("36", evaluate(family, MODELS / "held_out.npy", [3, 6])):
            assert again == pytest.approx(uniform[family, bits], rel=0.02, abs=5e-4)


def test_the_page_shows_the_committed_tables():
    page = (DOCS / "precision.md").read_text()
    for row in rows(DOCS, "uniform"):
        if row["model"] == "opt" and row["mantissa_bits"] in "345":
            assert f"| {row['mantissa_bits']} | {100 * float(row['loss']):.2f} % |" in page
    for row in rows(DOCS, "search"):
        assert f"| {row['combination']}" in page
        saved = [float(row[key]) for key in ("layers_bops_saving", "bops_saving", "uniform_bops_saving")]
        assert saved[0] >= saved[1] >= saved[2] and saved[0] > saved[2]
        assert float(row["layers_loss_calibration"]) <= float(row["tolerance"])
    for name in ("uniform", "groups", "tensors", "search"):
        assert (DOCS / "precision" / f"{name}.svg").exists() and f"(precision/{name}.svg)" in page


def test_a_failed_program_ends_the_script_with_its_message(tmp_path):
    done = subprocess.run([SCRIPT, "--out", tmp_path, "--no-plots", "--program", program(), "--tokens", tmp_path / "none.npy"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "none.npy: cannot open the file" in done.stderr and "Traceback" not in done.stderr
