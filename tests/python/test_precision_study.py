# SPDX-License-Identifier: Apache-2.0
"""docs/precision.md: its tables agree with anda-sim, and the script that writes it works."""

import csv
import itertools
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from anda_sim.precision import measures as precision_measures
from anda_sim.simulator import Simulator

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
    done = subprocess.run([program(), "evaluate", MODELS / family, "--tokens", tokens, "--json", "--threads", "1", *words, *options],
                          capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    return [result["loss"] for result in json.loads(done.stdout)["results"]]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The page on two windows, without plots."""
    out = tmp_path_factory.mktemp("docs")
    for name in ("held_out", "calibration"):
        np.save(out / f"{name}.npy", np.load(MODELS / f"{name}.npy")[: 2 * WINDOW])
    done = subprocess.run([SCRIPT, "--out", out, "--no-plots", "--program", program(), "--threads", "1",
                           "--tokens", out / "held_out.npy", "--calibration", out / "calibration.npy"], capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    return out


def test_the_tables_of_the_script_agree_with_evaluate(made):
    tokens = made / "held_out.npy"
    for family in FAMILIES:
        uniform = {int(row["mantissa_bits"]): row for row in rows(made, "uniform") if row["model"] == family}
        groups = [row for row in rows(made, "groups") if (row["model"], row["group_size"]) == (family, "32")]
        alone = [row for row in rows(made, "tensors") if (row["model"], row["tensor"]) == (family, "A_u")]
        # Losses of a hundredth of a percent depend on the last bits of FP32 sums.
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
    """An entry of the page for each model, measured again on the whole held-out text."""
    uniform = {(row["model"], row["mantissa_bits"]): float(row["loss"]) for row in rows(DOCS, "uniform")}
    for family, bits in zip(FAMILIES, "36"):
        again, = evaluate(family, MODELS / "held_out.npy", [bits])
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
        around = [f"within 2 bits of {row['combination']} that cost less" in page, saved[1] == saved[2]]
        assert around[0] == around[1], "what is no better than one length for all is looked at more closely"
        assert float(row["layers_loss_calibration"]) <= float(row["tolerance"])
    for name in ("uniform", "groups", "tensors", "search"):
        assert (DOCS / "precision" / f"{name}.svg").exists() and f"(precision/{name}.svg)" in page


def test_a_failed_program_ends_the_script_with_its_message(tmp_path):
    done = subprocess.run([SCRIPT, "--out", tmp_path, "--no-plots", "--program", program(), "--tokens", tmp_path / "none.npy"],
                          capture_output=True, text=True, timeout=1800)
    assert done.returncode == 2
    assert "none.npy: cannot open the file" in done.stderr and "Traceback" not in done.stderr


class MadeUp:
    """A simulator whose models have a loss per tensor type that halves with each bit."""

    def __init__(self, weights):
        self.weights, self.asked = weights, []

    def multiplications(self, family):
        return precision_measures.SmallModels(Simulator(program()), ".").multiplications(family)

    def loss(self, combination):
        return sum(weight * 2.0**-bits for weight, bits in zip(self.weights, combination))

    def evaluate(self, family, tokens, precisions):
        combinations = [tuple(map(int, precision.split(","))) for precision in precisions]
        self.asked += combinations
        return 2.0, [2.0 * (1 + self.loss(combination)) for combination in combinations]


@pytest.mark.parametrize("weights, within", [([0.25, 0.02, 0.02, 0.02], True), ([0.11, 0.037, 0.074, 0.074], False)])
def test_cheaper_combinations_around_a_result_are_found(weights, within):
    """By the multiplications of the OPT model: three of eight are of A_qkv, one of A_o, two each of A_u and A_d."""
    made_up = MadeUp(weights)
    rows = [("opt", 0.01, True, [5, 5, 5, 5], 0, 0, 3.2, 6, 5, 3.2), ("opt", 0.05, True, [4, 3, 4, 4], 0, 0, 4.1, 6, 4, 4.0)]
    ((_, _, combination, cheaper, evaluated, best, least, loss),) = precision_measures.around_study(made_up, None, rows)
    cost = lambda c: 3 * c[0] + c[1] + 2 * c[2] + 2 * c[3]
    near = [c for c in itertools.product(range(3, 8), repeat=4) if cost(c) < cost(combination)]
    assert combination == [5, 5, 5, 5] and cheaper == len(near)
    assert len(set(made_up.asked)) == len(made_up.asked) == evaluated < cheaper
    meeting = [c for c in near if made_up.loss(c) <= 0.01]
    assert bool(meeting) == within and (best is not None) == within
    if within:
        assert cost(best) == min(map(cost, meeting)) and made_up.loss(best) <= 0.01
    assert loss == pytest.approx(min(map(made_up.loss, near))) == pytest.approx(made_up.loss(least))
