# SPDX-License-Identifier: Apache-2.0
"""anda-sim search on real small models with its built-in evaluator."""

import json
import signal
import subprocess
import time

import numpy as np
import pytest

from search_tools import HANGS, SOURCE, log_of, program, result_of, wait_for

MODELS = SOURCE / "tests" / "data" / "small_models"


@pytest.fixture
def some_tokens(tmp_path):
    """The first 512 held-out tokens: enough to show a difference, few enough to be fast."""
    np.save(tmp_path / "tokens.npy", np.load(MODELS / "held_out.npy")[:512])
    return tmp_path / "tokens.npy"


def built_in(folder, tokens, *args, model=MODELS / "llama", status=0):
    words = [program(), "search", "--model-dir", model, "--tokens", tokens, "--threads", "1", "--out", "out", *args]
    done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.parametrize("family", ["opt", "llama"])
def test_the_built_in_evaluator_searches_a_real_model(tmp_path, some_tokens, family):
    built_in(tmp_path, some_tokens, "--tolerance", "1%", "--per-layer", "--layer-iterations", 3,
             model=MODELS / family)
    visits = log_of(tmp_path)
    (found,) = result_of(tmp_path)["results"]
    assert found["meets_tolerance"] and found["best"]["bops"] <= found["best_uniform"]["bops"]
    modules = [v for v in visits if v["stage"] == "modules"]
    words = [program(), "evaluate", MODELS / family, "--tokens", some_tokens, "--threads", "1", "--json"]
    for visit in modules:
        words += ["--precision", ",".join(map(str, visit["combination"]))]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)["results"]
    assert [v["perplexity"] for v in modules] == [m["perplexity"] for m in measured]
    assert [v["loss"] for v in modules] == pytest.approx([m["loss"] for m in measured], abs=1e-12)
    shapes = json.loads((MODELS / family / "config.json").read_text())
    assert all(len(v["layers"]) == shapes["num_hidden_layers"] for v in visits if v["stage"] == "layers")


def test_logs_of_another_model_or_other_tokens_or_formats(tmp_path, some_tokens):
    args = ["--iterations", 2, "--tolerance", "50%"]
    built_in(tmp_path, some_tokens, *args)
    done = built_in(tmp_path, some_tokens, *args)
    assert "0 of them new" in done.stdout
    raw = tmp_path / "tokens.bin"
    np.load(some_tokens).astype("<i4").tofile(raw)
    for kind, status in (("int32", 0), ("uint16", 2)):  # the same bytes, but other tokens
        done = built_in(tmp_path, raw, *args, "--token-type", kind, "--log", "raw.jsonl", status=status)
    assert "is the log of another search" in done.stderr
    np.save(tmp_path / "other.npy", np.load(some_tokens)[::-1])
    (tmp_path / "llama").mkdir()
    for file in ("config.json", "model.safetensors"):
        data = bytearray((MODELS / "llama" / file).read_bytes())
        if file == "model.safetensors":
            data[-1] ^= 1
        (tmp_path / "llama" / file).write_bytes(data)
    for change in [dict(tokens=tmp_path / "other.npy"), dict(model=tmp_path / "llama"),
                   dict(args=["--length", 64]), dict(args=["--stored-weights"]),
                   dict(args=["--set", "precision.weight_bits=3"]),
                   dict(args=["--set", "accelerator.format.group_size=32"])]:
        done = built_in(tmp_path, change.get("tokens", some_tokens), *args, *change.get("args", []),
                        model=change.get("model", MODELS / "llama"), status=2)
        assert "is the log of another search" in done.stderr


def test_a_model_that_cannot_be_run(tmp_path, some_tokens):
    done = built_in(tmp_path, some_tokens, model=tmp_path / "none", status=2)
    assert "none/config.json" in done.stderr and not (tmp_path / "out").exists()
    done = built_in(tmp_path, tmp_path / "none.npy", status=2)
    assert "none.npy" in done.stderr and not (tmp_path / "out").exists()
    np.save(tmp_path / "few.npy", np.zeros(5, np.uint8))
    done = built_in(tmp_path, tmp_path / "few.npy", status=2)
    assert "holds 5 tokens" in done.stderr


def test_interruption_in_the_middle_of_a_built_in_evaluation(tmp_path):
    """An evaluation takes many passes; it must stop at a layer, not at its end."""
    np.save(tmp_path / "tokens.npy", np.tile(np.load(MODELS / "held_out.npy"), 40))
    words = [program(), "search", "--model-dir", MODELS / "opt", "--tokens", "tokens.npy", "--out", "out", "--threads", "2"]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_for((tmp_path / "out" / "log.jsonl").exists, "the log")
    time.sleep(0.5)  # into the evaluation, not that it matters
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=HANGS)
    assert process.returncode == 1 and "interrupted" in error
    # The baseline alone takes longer than all this: nothing was evaluated.
    assert (tmp_path / "out" / "log.jsonl").read_bytes() == b""


def test_a_wrong_token_file_leaves_no_log(tmp_path):
    words = [program(), "search", "--model-dir", MODELS / "opt", "--tokens", "tokens.npy", "--out", "out", "--iterations", "1",
             "--tolerance", "5%"]
    tokens = np.load(MODELS / "held_out.npy")[:512].astype(np.int32)
    for wrong in (256, -1):
        np.save(tmp_path / "tokens.npy", np.where(np.arange(512) == 77, wrong, tokens))
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS)
        assert done.returncode == 2 and "token 77 is" in done.stderr and "goes on" not in done.stderr
    np.save(tmp_path / "tokens.npy", tokens)
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS)
    assert done.returncode in (0, 1) and len(log_of(tmp_path)) == 1, done.stderr
