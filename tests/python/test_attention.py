# SPDX-License-Identifier: Apache-2.0
"""Keys, values, queries and probabilities rounded: the C++ library, anda-sim evaluate and PyTorch against numpy.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_attention.py

Formats and attention are written here once more, with numpy, in doubles, floor() and lists of groups.
"""

import csv
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from anda_sim.precision import kv_cache as study
from anda_sim.pytorch import attention, gated_models, models

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ANDA_BUILD_DIR", ROOT / "build" / "release"))
MODELS = ROOT / "tests" / "data" / "small_models"
DOCS = ROOT / "docs" / "precision"
WINDOW = 128
torch.set_num_threads(1)  # more are slower on so small a model


# --- the formats, written once more ----------------------------------------------------------------------------------


def rounded_group(group, number, bits):
    """Of a group along the last dimension, doubles that are FP16 numbers."""
    largest = np.abs(group).max(-1, keepdims=True)
    if number == "anda":
        unit = 2.0 ** (np.floor(np.log2(np.maximum(largest, 2.0**-14))) + 2 - bits)
        return np.copysign(np.floor(np.abs(group) / unit) * unit, group)
    high = 2 ** (bits - 1) - 1
    scale = (largest / high).astype(np.float16).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.floor(np.abs(group) / scale)
        twice = 2 * (np.abs(group) - below * scale)
        up = (twice > scale) | ((twice == scale) & (below % 2 == 1))
        codes = np.where(scale == 0, 0, np.minimum(below + up, high))
    return (np.where(group < 0, -codes, codes) * scale + 0.0).astype(np.float32).astype(np.float64)


def rounded(values, number, bits=4, group=64, axis="token"):
    """[…, tokens, head size], as a cache has them."""
    halves = values.astype(np.float16).astype(np.float64)
    if number == "fp16":
        return halves
    if axis == "channel":
        for first in range(0, halves.shape[-2] // group * group, group):
            part = halves[..., first : first + group, :].swapaxes(-1, -2)
            halves[..., first : first + group, :] = rounded_group(part, number, bits).swapaxes(-1, -2)
        return halves
    for first in range(0, halves.shape[-1], group):
        halves[..., first : first + group] = rounded_group(halves[..., first : first + group], number, bits)
    return halves


def dump(values, number, bits, group, axis):
    tokens, head = values.shape
    done = subprocess.run([BUILD / "tests" / "numeric_dump", "cache", number, *map(str, (bits, group)), axis, str(head)],
                          input=values.astype(np.float16).tobytes(), capture_output=True)
    assert done.returncode == 0, done.stderr
    return np.frombuffer(done.stdout[: 4 * tokens * head], np.float32).reshape(tokens, head), done.stdout[4 * tokens * head :]


def every_pattern():
    patterns = np.arange(0x10000, dtype=np.uint32).astype(np.uint16).view(np.float16)
    patterns = patterns[np.isfinite(patterns)]
    mixed = np.random.default_rng(5).permutation(patterns)
    return np.concatenate([patterns, mixed])[: 40 * 3174].reshape(-1, 40)


def same_bits(a, b):
    return np.array_equal(a.astype(np.float32).view(np.uint32), b.astype(np.float32).view(np.uint32))


@pytest.mark.parametrize("axis", ["token", "channel"])
@pytest.mark.parametrize("number, bits", [("fp16", 4), *[(n, b) for n in ("int", "anda") for b in (2, 3, 4, 8, 11, 16)]])
def test_library_numpy_and_pytorch_agree_on_every_pattern(number, bits, axis):
    values = every_pattern()
    assert len(values) % 16 != 0  # there is a tail
    decoded, encoded = dump(values, number, bits, 16, axis)
    assert same_bits(decoded, rounded(values, number, bits, 16, axis))
    form = attention.CacheFormat(number, bits, 16, axis)
    assert same_bits(decoded, attention.to_cache(torch.from_numpy(values.astype(np.float32)), form).numpy())
    tokens, head = values.shape
    whole = tokens if axis == "token" else tokens // 16 * 16
    groups = whole * 3 if axis == "token" else whole // 16 * head  # the third one of a token has 8
    shared = {"fp16": 0, "int": 16, "anda": 5}[number] * groups
    width = 16 if number == "fp16" else bits
    assert len(encoded) == -(-(whole * head * width + shared) // 8) + (tokens - whole) * head * 2


# --- the attention, written once more ----------------------------------------------------------------------------------


class Attention:
    """In place of models.attention: rounds by the functions above. `wrong` names what is done wrong on purpose."""

    def __init__(self, keys=None, values=None, queries=None, probabilities=None, wrong=None):
        self.keys, self.values, self.queries, self.probabilities, self.wrong = keys, values, queries, probabilities, wrong

    def __call__(self, query, key, value, *_):
        query, key, value = (x.numpy().astype(np.float64) for x in (query, key, value))
        length = query.shape[-2]
        if self.queries and self.wrong != "queries as they are":
            query = rounded(query, "anda", self.queries + 1, 64)
        if self.keys:
            key = rounded(key, *self.keys)
        if self.values:
            value = self.rounded_values(value)
        scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
        scores[..., np.triu_indices(length, 1)[0], np.triu_indices(length, 1)[1]] = -np.inf
        powers = np.exp(scores - scores.max(-1, keepdims=True))
        p = powers / powers.sum(-1, keepdims=True)
        if self.probabilities:
            p = rounded(powers if self.wrong == "not normalised" else p, "anda", self.probabilities + 1, 64)
            if self.wrong == "not normalised":
                p = p / powers.sum(-1, keepdims=True)
        return torch.from_numpy((p @ value).astype(np.float32))

    def rounded_values(self, value):
        number, bits, group, axis = self.values
        if self.wrong == "the tail too":
            padded = np.concatenate([value, np.zeros_like(value[..., : -value.shape[-2] % group, :])], -2)
            return rounded(padded, number, bits, group, axis)[..., : value.shape[-2], :]
        return rounded(value, number, bits, group, "token" if self.wrong == "the other axis" else axis)


def evaluate(*words, status=0):
    command = [BUILD / "src" / "anda-sim", "evaluate", *words]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokens") / "tokens.npy"
    np.save(path, np.load(MODELS / "held_out.npy")[: 3 * WINDOW])
    return path


def logits_of(family, tokens, length, replaced, monkeypatch):
    for module in (models, gated_models):
        monkeypatch.setattr(module, "attention", replaced)
    model = models.load(MODELS / family)
    windows = torch.from_numpy(np.load(tokens).astype(np.int64))
    with torch.no_grad():
        return model(windows[: len(windows) // length * length].view(-1, length)).numpy()


CASES = {
    "int": ({"keys": ("int", 4, 64, "token"), "values": ("int", 4, 32, "channel"), "queries": 6, "probabilities": 5},
            ["--keys", "int4", "--values", "int4/32", "--queries", 6, "--probabilities", 5]),
    "anda": ({"keys": ("anda", 5, 16, "channel"), "values": ("anda", 4, 32, "channel"), "queries": 8, "probabilities": 4},
             ["--keys", "anda5/16/channel", "--values", "anda4/32", "--queries", 8, "--probabilities", 4]),
}


WRONG = {"opt": ("queries as they are", "the tail too"), "llama": ("not normalised", "the other axis")}


@pytest.mark.parametrize("family", ["opt", "llama"])
@pytest.mark.parametrize("case", CASES)
def test_logits_are_those_of_an_attention_in_numpy(tmp_path, tokens, monkeypatch, family, case):
    """In windows of 120, so that values of the last 24 tokens have no whole group."""
    formats, words = CASES[case]
    evaluate(MODELS / family, "--tokens", tokens, "--length", 120, "--stored-weights", "--precision", "fp32", "--logits",
             tmp_path / "logits.npy", *words)
    found = np.load(tmp_path / "logits.npy")
    difference = lambda **changed: np.abs(
        found - logits_of(family, tokens, 120, Attention(**{**formats, **changed}), monkeypatch)).mean()
    # FP32 sums in another order put a few numbers on the other side of a step.
    ours = difference()
    assert ours < 0.1 * difference(keys=None, values=None, queries=None, probabilities=None)
    for wrong in WRONG[family]:
        assert ours < 0.5 * difference(wrong=wrong), wrong


# --- PyTorch and anda-sim ------------------------------------------------------------------------------------------------


def ask(family, tokens, *questions, words=()):
    done = subprocess.run([str(word) for word in (ROOT / "scripts" / "evaluate_torch", MODELS / family, "--tokens", tokens, "--threads", 1,
                                                  *words)],
                          input="".join(json.dumps(question) + "\n" for question in questions), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_evaluators_agree(tokens):
    four = {"A_qkv": 7, "A_o": 6, "A_u": 6, "A_d": 6}
    words = ["--keys", "int4", "--values", "anda5/32", "--queries", 5, "--probabilities", 6]
    own = ask("llama", tokens, {"combination": None}, {"combination": four}, {"combination": {**four, "K": 3, "A_p": 3}},
              {"combination": {**four, "V": 1}}, words=words)
    base = json.loads(evaluate(MODELS / "llama", "--tokens", tokens, "--precision", "7,6,6,6", "--json", *words))
    changed = json.loads(evaluate(MODELS / "llama", "--tokens", tokens, "--precision", "7,6,6,6", "--json", "--keys", "int3", *words[2:6],
                                  "--probabilities", 3))
    expected = [base["baseline"], base["results"][0]["perplexity"], changed["results"][0]["perplexity"]]
    assert [answer["perplexity"] for answer in own[:3]] == pytest.approx(expected, rel=1e-3)
    assert abs(expected[2] / expected[1] - 1) > 5e-3
    assert own[3] == {"error": "V is 1, must be 2 … 16"}
    with pytest.raises(ValueError, match="--keys gives no format"):
        attention.Rounding().with_lengths({"K": 4})


def test_a_schedule_changes_what_comes_after(tmp_path, tokens):
    text = ("workload: {model: OPT-1.3B}\nprecision: {A_qkv: 9, A_o: 9, A_u: 9, A_d: 9, A_q: 9, A_p: 9%s}\n"
            "kv_cache: {k: {format: int, bits: 8}, v: {format: anda, bits: 8, group: 32}}\n")
    later = "A_qkv: 4, A_o: 4, A_u: 4, A_d: 4, A_q: 4, A_p: 4, K: 4, V: 4"
    logits = {}
    for name, schedule in {"none": "", "late": f", schedule: {{64: {{{later}}}}}", "all": f", schedule: {{0: {{{later}}}}}"}.items():
        (tmp_path / f"{name}.yaml").write_text(text % schedule)
        size = 1 if name == "all" else 50
        report = json.loads(evaluate(MODELS / "llama", "--tokens", tokens, "--precision", tmp_path / f"{name}.yaml", "--json",
                                     "--positions", size, "--logits", tmp_path / "logits.npy"))
        logits[name] = np.load(tmp_path / "logits.npy").astype(np.float64)
        # Perplexities by position are those of the logits.
        ids = np.load(tokens).reshape(-1, WINDOW)[:, 1:]
        shifted = logits[name][:, :-1] - logits[name][:, :-1].max(-1, keepdims=True)
        surprise = np.log(np.exp(shifted).sum(-1)) - np.take_along_axis(shifted, ids[..., None].astype(int), -1)[..., 0]
        parts = report["results"][0]["positions"]
        places = [(first, first) for first in range(1, 128)] if size == 1 else [(0, 49), (50, 99), (100, 127)]  # token 0 is not predicted
        assert [(part["from"], part["to"]) for part in parts] == places
        expected = [np.exp(surprise[:, max(first - 1, 0) : last].mean()) for first, last in places]
        assert [part["perplexity"] for part in parts] == pytest.approx(expected, rel=1e-5)
    assert np.array_equal(logits["none"][:, :64], logits["late"][:, :64])
    assert not np.array_equal(logits["none"][:, 64:], logits["late"][:, 64:])
    options = ["--precision", "4", "--queries", 4, "--probabilities", 4, "--keys", "int4", "--values", "anda4/32"]
    evaluate(MODELS / "llama", "--tokens", tokens, *options, "--logits", tmp_path / "logits.npy")
    assert np.array_equal(np.load(tmp_path / "logits.npy"), logits["all"])


def test_the_evaluators_agree_on_a_schedule(tmp_path, tokens):
    """Of lengths and of keys and values in groups along the tokens, of which one spans two parts."""
    four, later, last = ({name: bits for name in ("A_qkv", "A_o", "A_u", "A_d")} for bits in (9, 4, 6))
    attended = {"A_q": 4, "A_p": 5, "K": 3, "V": 3}
    text = (f"workload: {{model: OPT-1.3B}}\nprecision: {json.dumps({**four, 'A_q': 9, 'A_p': 9, 'schedule': 0})}\n"
            "kv_cache: {k: {format: int, bits: 8, axis: channel, group: 32}, v: {format: anda, bits: 8, group: 32}}\n")
    (tmp_path / "schedule.yaml").write_text(text.replace('"schedule": 0', "schedule: " + f"{{40: {json.dumps({**later, **attended})}, "
                                                         f"96: {json.dumps(last)}}}"))
    cache = tmp_path / "cache"
    words = ["--keys", "int8/32/channel", "--values", "anda8/32", "--queries", 9, "--probabilities", 9, "--cache", cache]
    question = {"combination": four, "schedule": {"40": {**later, **attended}, "96": last}, "positions": [40, 96]}
    constant = {"combination": four, "positions": [40, 96]}
    (base, own, plain), again = (ask("llama", tokens, {"combination": None, "positions": [64]}, question, constant, words=words)
                                 for _ in range(2))
    assert again == [base, own, plain] and len(cache.read_text().splitlines()) == 4
    assert len(base["perplexities"]) == 2
    # Not equal: the group of tokens 32 … 63 has later tokens in it.
    assert plain["perplexities"][0] == pytest.approx(own["perplexities"][0], rel=1e-3)
    measured = json.loads(evaluate(MODELS / "llama", "--tokens", tokens, "--precision", tmp_path / "schedule.yaml", "--json", "--positions", 8))
    (result,) = measured["results"]
    assert own["perplexity"] == pytest.approx(result["perplexity"], rel=1e-3)
    assert base["perplexity"] == pytest.approx(measured["baseline"], rel=1e-5)
    logs = [np.log(part["perplexity"]) * (part["to"] - max(part["from"], 1) + 1) for part in result["positions"]]
    expected = [np.exp(sum(logs[first:end]) / count) for first, end, count in ((0, 5, 39), (5, 12, 56), (12, 16, 32))]
    assert own["perplexities"] == pytest.approx(expected, rel=2e-3)
    assert abs(own["perplexities"][1] / plain["perplexities"][1] - 1) > 1e-2
    wrong = ask("llama", tokens, {**constant, "positions": [1]}, {**constant, "positions": [128]}, {**constant, "schedule": [4]},
                {**constant, "schedule": {"40": {"A_o": 4}}}, {**constant, "schedule": {"40": {**later, "K": 1}}}, words=words)
    assert [answer["error"].split(":")[0] for answer in wrong] == [
        "positions are [1], must be whole numbers from 2 on, ascending", "position 128 is behind the last one of the windows, 127",
        "schedule is [4], must have lengths by position", 'a combination must have A_qkv, A_o, A_u, A_d, not {"A_o"', "K is 1, must be 2 … 16"]


def test_wrong_formats_are_refused(tmp_path, tokens):
    for words, message in [
        (["--keys", "int1"], 'option --keys: "int1" must be fp16, int2 … int16 or anda2 … anda16'),
        (["--values", "int4/12"], "has a group that is 12, must be a power of two"),
        (["--keys", "int4/32/row"], 'has the axis "row", must be token or channel'),
        (["--queries", "0"], "option --queries"),
        (["--positions", "0"], "option --positions"),
    ]:
        assert message in evaluate(MODELS / "opt", "--tokens", tokens, *words, status=2)
        if words[0] == "--values":
            done = subprocess.run([ROOT / "scripts" / "evaluate_torch", MODELS / "opt", "--tokens", tokens, *words], capture_output=True,
                                  text=True)
            assert done.returncode == 2 and "argument --values: `int4/12` must be fp16" in done.stderr
    (tmp_path / "wrong.yaml").write_text("workload: {model: OPT-1.3B}\nprecision: {schedule: {8: {K: 3}}}\n")
    message = evaluate(MODELS / "opt", "--tokens", tokens, "--precision", tmp_path / "wrong.yaml", status=2)
    assert "wrong.yaml:2:28: precision.schedule.8.K: is 3, must be left out with kv_cache.k.format = fp16" in message
    (tmp_path / "good.yaml").write_text("workload: {model: OPT-1.3B}\nprecision: {schedule: {8: {A_q: 3}}}\n")
    message = evaluate(MODELS / "opt", "--tokens", tokens, "--keys", "int4", "--precision", tmp_path / "good.yaml", status=2)
    assert "--keys and a --precision FILE.yaml are mutually exclusive" in message
    done = subprocess.run([BUILD / "src" / "anda-sim", "run", tmp_path / "good.yaml", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr  # a machine follows the schedule, too


# --- docs/precision/kv_cache.md ------------------------------------------------------------------------------------------


def test_the_page_shows_the_committed_tables():
    assert (DOCS / "kv_cache.md").read_text() == study.page(study.read_tables(DOCS))


def test_the_committed_tables_hold_on_this_machine():
    with open(DOCS / "kv_cache.csv", newline="") as file:
        rows = {(row["model"], row["tensor"], row["format"]): row for row in csv.DictReader(file)}
    report = json.loads(evaluate(MODELS / "llama", "--tokens", MODELS / "held_out.npy", "--precision", "fp16", "--keys", "int3", "--json"))
    assert report["results"][0]["loss"] == pytest.approx(float(rows["llama", "keys", "int3"]["loss"]), rel=0.02, abs=5e-4)


def test_the_study_asks_for_what_its_tables_say(tmp_path, tokens, monkeypatch):
    """Two formats of each kind, on three windows."""
    for name, value in {"FORMATS": ["int3"], "OTHER_AXIS": {"keys": ["int3/64/channel"], "values": []}, "LENGTHS": [4],
                        "TOGETHER": [("int3", "anda4", 5, 6)], "FAMILIES": {"opt": "OPT"}}.items():
        monkeypatch.setattr(study, name, value)
    monkeypatch.setattr(study, "page", lambda tables: "")
    study.main(["--out", str(tmp_path), "--program", str(BUILD / "src" / "anda-sim"), "--tokens", str(tokens)])
    tables = study.read_tables(tmp_path)
    loss = lambda *words: json.loads(evaluate(MODELS / "opt", "--tokens", tokens, "--precision", "fp16", "--json", *words))["results"][0]["loss"]
    found = [float(row["loss"]) for name in ("kv_cache", "kv_lengths", "kv_together") for row in tables[name]]
    expected = [loss("--keys", "int3"), loss("--keys", "int3/64/channel"), loss("--values", "int3"), loss("--queries", 4),
                loss("--probabilities", 4), loss("--keys", "int3", "--values", "anda4", "--queries", 5, "--probabilities", 6)]
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert [(row["precision"], row["from"], row["to"]) for row in tables["kv_schedule"][10:]] == [
        ("schedule", *part) for part in (("0", "31"), ("32", "63"), ("64", "95"), ("96", "127"), ("0", "127"))]
