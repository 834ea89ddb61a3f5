# SPDX-License-Identifier: Apache-2.0
"""Operand formats in use: in the key/value cache of the machine, in the evaluator, on the page; and what is refused."""

import json
import subprocess

import numpy as np
import pytest
from format_tools import SIM, dump, formats
from functional_tools import ROOT


def run(folder, *settings, status=0):
    folder.mkdir(exist_ok=True)
    command = [SIM, "run", "--quiet", "--fold-layers", "--out", folder / "out"]
    (folder / "run.yaml").write_text("workload: {model: OPT-1.3B, scope: layer, phase: decode, tokens: 512}\n")
    command = [str(part) for part in (*command, folder / "run.yaml", *(p for s in settings for p in ("--set", s)))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    return json.loads((folder / "out" / "report.json").read_text()) if status == 0 else done.stderr


def test_the_machine_stores_and_moves_them(tmp_path):
    reports = {name: run(tmp_path / name, f"kv_cache.k.format={name}", f"kv_cache.v.format={name}", "systems=[anda]")
               for name in ("fp16", "bf16", "mxfp8-e4m3", "mxfp4")}
    cache = {name: report["systems"][0]["kv_cache_bytes"] for name, report in reports.items()}
    assert cache["bf16"] == cache["fp16"]
    # 512 tokens and one more: values in groups of 32 tokens, of which the last waits in FP16.
    width, tokens = 2048, 513
    for name, bits in (("mxfp8-e4m3", 8), ("mxfp4", 4)):
        keys = tokens * width * (bits * 32 + 8) // 32 // 8
        values = 512 * width * (bits * 32 + 8) // 32 // 8 + width * 2
        assert cache[name] == keys + values, name
    read = {name: report["systems"][0]["dram_bytes"]["read"] for name, report in reports.items()}
    assert read["mxfp4"] < read["mxfp8-e4m3"] < read["fp16"]


@pytest.mark.parametrize("settings, message", [
    (("kv_cache.k.format=nf4",), "kv_cache.k.format: is nf4, with elements of 4 bits in groups of 64 that share 32 bits"),
    (("kv_cache.k.format=mxfp5",), "must be one of fp16, int, anda, anda-6-nearest"),
    (("kv_cache.v.format=int8-row",), "kv_cache.v.axis: is channel, must be token"),
    (("kv_cache.k.format={name: x, family: bfp}",), "kv_cache.k.format.mantissa_bits: is missing; family: bfp needs it"),
    (("kv_cache.k.format={name: x, family: table, bits: 2, table: 1 2 3}",), "table: has 3 numbers, must have 4 for 2 bits"),
    (("kv_cache.k.format={name: x, family: bfp, mantissa_bits: 3, terms: 2}",), "terms: is 2, must be left out with family: bfp"),
    (("kv_cache.k.format={name: x, family: anda, mantissa_bits: 3, scale: fp32}",), "scale: is fp32, must be left out with family: anda"),
    (("kv_cache.k.format={name: x, family: mx, exponent_bits: 2, mantissa_bits: 1, scale: power-of-two}",),
     "scale: is power-of-two, must be left out with family: mx"),
    (("kv_cache.k.format={name: x, family: int, bits: 4, specials: none}",), "specials: is none, must be left out with family: int"),
    (("kv_cache.k.format={name: int, family: int, bits: 4}",), "name: is int, which has a meaning of its own"),
    (("kv_cache.k.format={name: x, family: mx, exponent_bits: 8, mantissa_bits: 9}",), "elements of more than 16 bits"),
    (("workload.attention.unit=array", "kv_cache.k.format=mxfp4"), "do not multiply numbers of the format mxfp4"),
])
def test_refused_configurations(tmp_path, settings, message):
    assert message in run(tmp_path, *settings, status=2)
    assert not (tmp_path / "out").exists()


def test_values_that_a_format_has_no_code_for():
    wrong = np.array([[1, np.inf]], np.float32)
    dump("row", "int8-row", 2, wrong, error="value 1 of a group is NaN or infinite")
    dump("row", "int8-row", 2, np.array([[1, 1e30]], np.float32), error="beyond 65504")
    dump("row", "nope", 2, wrong, error="must be one of anda-6-nearest")
    dump("row", "{name: x, family: nope}", 2, wrong, error="family: is `nope`, must be one of float, mx")


# --- evaluator and page ----------------------------------------------------------------------------------------------

SMALL = ROOT / "tests" / "data" / "small_models"


def perplexities(tokens, *options):
    done = subprocess.run([str(part) for part in (SIM, "evaluate", SMALL / "opt", "--tokens", tokens, "--json", *options)],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [row["perplexity"] for row in json.loads(done.stdout)["results"]]


@pytest.fixture(scope="module")
def few_tokens(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokens") / "few.npy"
    np.save(path, np.load(SMALL / "held_out.npy").reshape(-1)[:384])
    return path


def test_the_evaluator_takes_formats_for_everything(few_tokens):
    """Formats that the evaluator has names for anyway give the same figures, the others their own."""
    anda = "{{name: a, family: anda, mantissa_bits: {}, group: 64, rounding: truncate}}"
    own, six, mx = perplexities(few_tokens, "--precision", 6, "--activations", anda.format(6), "--activations", "mxfp4")
    assert own == six and mx > own * 1.002
    assert perplexities(few_tokens, "--weights", "int4-group") == perplexities(few_tokens)
    assert perplexities(few_tokens, "--weights", "bf16") != perplexities(few_tokens, "--stored-weights")
    integers = "{name: i, family: int, bits: 3, group: 64}"
    assert perplexities(few_tokens, "--keys", "int3", "--values", "anda4") == \
        perplexities(few_tokens, "--keys", integers, "--values", anda.format(3))
    assert perplexities(few_tokens, "--values", "mxfp4/token") != perplexities(few_tokens, "--values", "mxfp4")


def test_options_that_are_refused(few_tokens):
    for options, message in ((["--weights", "nf4", "--stored-weights"], "mutually exclusive"),
                             (["--weights", "nf4", "--weight-bits", "4"], "mutually exclusive"),
                             (["--activations", "nope"], "option --activations: is `nope`, must be one of anda-6-nearest"),
                             (["--keys", "mxfp4/row"], "must be token or channel"), (["--values", "int8-row"], "whole rows")):
        done = subprocess.run([SIM, "evaluate", SMALL / "opt", "--tokens", few_tokens, *options], capture_output=True, text=True)
        assert done.returncode == 2 and message in done.stderr, done.stderr


def test_the_page_shows_the_committed_table_and_it_holds_here():
    from anda_sim.precision import formats as study

    rows = study.read_table(ROOT / "docs" / "precision" / "formats.csv")
    assert (ROOT / "docs" / "formats.md").read_text() == study.page(rows)
    listed = {entry["name"]: entry for entry in formats("--elements", study.ROW)}
    assert [row["format"] for row in rows] == list(listed)
    assert {row["format"]: float(row["bits_per_value"]) for row in rows} == \
        pytest.approx({name: entry["bits_per_value"] for name, entry in listed.items()}, rel=1e-5)
