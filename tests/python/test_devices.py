# SPDX-License-Identifier: Apache-2.0
"""Where scripts/evaluate_torch computes: devices, types, batches, its cache of evaluations, and evaluations that end early. What needs
a GPU is marked `device`."""

import argparse
import json
import math
import random
import statistics

import numpy as np
import pytest
import torch
from test_torch import LLAMA, ROOT, combination

from anda_sim.common.errors import InputError
from anda_sim.pytorch import attention, early_stop, evaluate, evaluations, loading, models, placement, rounding

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@pytest.fixture
def folder(tmp_path):
    """A small model, and a text of 40 windows of 16 tokens."""
    torch.manual_seed(2)
    model = models.make_model({**LLAMA, "vocab_size": 61})
    for name, parameter in model.named_parameters():
        parameter.data.uniform_(0.5, 1.5) if "norm" in name else parameter.data.normal_(0, 0.2)
    models.save(model, tmp_path / "model")
    np.save(tmp_path / "tokens.npy", np.random.default_rng(3).integers(0, 61, 40 * 16).astype(np.uint8))
    return tmp_path


@pytest.fixture
def trained(tmp_path):
    """The same windows of a small trained model, which bits matter to."""
    small = ROOT / "tests" / "data" / "small_models"
    (tmp_path / "model").symlink_to(small / "llama")
    np.save(tmp_path / "tokens.npy", np.load(small / "held_out.npy")[: 40 * 16])
    return tmp_path


def options_of(folder, *more):
    parser = argparse.ArgumentParser()
    evaluate.add_options(parser)
    return parser.parse_args([str(word) for word in (folder / "model", "--tokens", folder / "tokens.npy", "--length", 16, *more)])


class Session:
    """evaluate_torch's parts without its pipes; counts the windows that run."""

    def __init__(self, folder, *more):
        options = options_of(folder, *more)
        self.prepared, self.ran, self.largest = loading.Prepared(options), 0, 10**9
        cache = evaluations.Cache(options.cache, evaluations.identity_of(options, self.prepared.windows) if options.cache else None)
        self.runs = evaluations.Evaluations(self.forward, self.prepared.windows, self.prepared.placement.first, options.batch or 16, cache)
        self.answers = evaluate.Answers(self.prepared, self.runs, attention.rounding_of(options))

    def forward(self, windows):
        if len(windows) > self.largest:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        self.ran += len(windows)
        return self.prepared.forward(windows)

    def ask(self, bits, **more):
        question = {"combination": bits and combination(*bits), **more}
        with torch.no_grad():
            return self.answers.of(json.dumps(question))


# --- rounding --------------------------------------------------------------------------------------------------------


def values():
    """Every finite FP16 number in groups of 64, and random ones over many orders of magnitude."""
    patterns = torch.from_numpy(np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32))
    patterns = patterns[torch.isfinite(patterns)]
    generator = torch.Generator().manual_seed(5)
    wide = torch.randn(64 * 256, generator=generator) * 2.0 ** torch.randint(-20, 12, (64 * 256,), generator=generator)
    return torch.cat((patterns[torch.randperm(len(patterns), generator=generator)], wide)).view(1, -1)


def by_hand(x, bits, group):
    halves = x.numpy().astype(np.float16).astype(np.float64)
    halves = np.pad(halves, ((0, 0), (0, -halves.shape[1] % group))).reshape(-1, group)
    _, power = np.frexp(np.abs(halves).max(1, keepdims=True))
    unit = 2.0 ** (np.maximum(power, -13) - bits)
    return (np.trunc(halves / unit) * unit).reshape(1, -1)[:, : x.shape[1]].astype(np.float32)


@pytest.mark.parametrize("bits", [1, 4, 7, 11, 16])
def test_exponents_by_bits_are_those_of_frexp(bits):
    x = values()
    assert np.array_equal(rounding.to_anda(x, bits).numpy(), by_hand(x, bits, 64))


@needs_gpu
@pytest.mark.device
@pytest.mark.parametrize("bits", [1, 4, 7, 11, 16])
def test_a_gpu_rounds_to_the_same_bits(bits):
    x = values()
    on_gpu = rounding.to_anda(x.cuda(), bits).cpu()
    assert torch.equal(on_gpu.view(torch.int32), rounding.to_anda(x, bits).view(torch.int32))
    for text in ("fp16", f"int{max(bits, 2)}/32/token", f"anda{max(bits, 2)}/64/channel"):
        form = attention.cache_format("token")(text)
        cache = x[0, : 128 * 96].view(1, 128, 96)
        assert torch.equal(attention.to_cache(cache.cuda(), form).cpu(), attention.to_cache(cache, form))


@needs_gpu
@pytest.mark.device
def test_a_gpu_gives_the_perplexity_of_the_cpu(folder):
    found = [Session(folder, "--device", device).ask((7, 6, 5, 4))["perplexity"] for device in ("cpu", "cuda")]
    assert found[0] == pytest.approx(found[1], rel=1e-3)


# --- devices and types -----------------------------------------------------------------------------------------------


def test_other_types(folder):
    exact = Session(folder).ask((9, 9, 9, 9))["perplexity"]
    found = Session(folder, "--dtype", "bfloat16").ask((9, 9, 9, 9))["perplexity"]
    assert found != exact and found == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("arguments, message", [
    (("--device", "tpu"), "--device tpu: must be cpu, mps, cuda or cuda:N"),
    (("--device", "cpu,cpu"), "several devices must be GPUs"),
    (("--dtype", "float16"), "does not compute in it on a CPU"),
])
def test_wrong_devices(folder, arguments, message):
    with pytest.raises(InputError, match=message):
        loading.Prepared(options_of(folder, *arguments))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu(folder):
    with pytest.raises(InputError, match="--device cuda:1: this PyTorch finds no GPU"):
        loading.Prepared(options_of(folder, "--device", "cuda:1"))


def test_layers_are_shared_among_devices():
    """In order, as evenly as whole layers are; the ends with their neighbours."""
    shared = placement.Placement(["first", "second", "third"])
    assert [shared.device_of(f"model.layers.{layer}.mlp.up_proj.weight", 7) for layer in range(7)] == [
        "first", "first", "first", "second", "second", "third", "third"]
    assert shared.device_of("model.embed_tokens.weight", 7) == "first"
    assert shared.device_of("model.norm.weight", 7) == shared.device_of("lm_head.weight", 7) == "third"


def test_values_follow_from_device_to_device():
    model = models.make_model({**LLAMA, "num_hidden_layers": 4})
    shared, moves = placement.Placement(["first", "second"]), []

    class Value:
        def to(self, device):
            moves.append(device)
            return self

    shared.follow(model, 4)
    modules = dict(model.named_modules())
    for name in [*(f"model.layers.{layer}" for layer in range(4)), "model.norm", "lm_head"]:
        for hook in modules[name]._forward_pre_hooks.values():
            hook(modules[name], (Value(),))
    assert moves == ["first", "first", "second", "second", "second", "second"]
    assert not modules["model.layers.0.input_layernorm"]._forward_pre_hooks


def test_batches_halve_until_they_fit(folder):
    expected = Session(folder).ask((5, 5, 5, 5))
    session = Session(folder)
    session.largest = 3
    assert session.ask((5, 5, 5, 5))["perplexity"] == pytest.approx(expected["perplexity"], rel=1e-6)
    assert session.runs.batch <= 3 and session.ran == 40
    session.largest = 0
    assert "out of memory" in session.ask((4, 4, 4, 4))["error"]


# --- the cache -------------------------------------------------------------------------------------------------------


def test_an_interrupted_evaluation_goes_on(folder):
    cache = folder / "cache.jsonl"
    whole = [Session(folder, "--batch", 8).ask(bits) for bits in (None, (6, 5, 5, 4))]
    session = Session(folder, "--batch", 8, "--cache", cache)
    assert session.ask(None) == whole[0]
    usual = session.prepared.forward
    session.prepared.forward = lambda windows: usual(windows) if session.ran <= 56 else 1 / 0
    with pytest.raises(ZeroDivisionError):
        session.ask((6, 5, 5, 4))
    with open(cache, "a") as file:
        file.write('{"of": "cut o')  # an interrupted write
    again = Session(folder, "--batch", 8, "--cache", cache)
    assert [again.ask(bits) for bits in (None, (6, 5, 5, 4))] == whole
    assert again.ran == 24  # two batches of five were there
    third = Session(folder, "--batch", 8, "--cache", cache)
    assert [third.ask(bits) for bits in (None, (6, 5, 5, 4))] == whole and third.ran == 0
    other = Session(folder, "--batch", 8, "--cache", cache, "--weight-bits", 3)
    assert other.ask(None) != whole[0] and other.ran == 40  # other weights are another evaluation


@pytest.mark.parametrize("text, message", [
    ("hello\n", "is not a cache of evaluations"),
    ('{"anda_sim_evaluations": 2}\n', ":1: is a cache of another version"),
    ('{"anda_sim_evaluations": 1}\n{"of": "a", "surprises": {"0": "much"}}\n', ":2: must have `of` and the surprises"),
    ('{"anda_sim_evaluations": 1}\n[1\n', "cache.jsonl"),
])
def test_what_is_no_cache(folder, text, message):
    (folder / "cache.jsonl").write_text(text)
    with pytest.raises(InputError) as error:
        Session(folder, "--cache", folder / "cache.jsonl")
    assert message in str(error.value) and (folder / "cache.jsonl").read_text() == text


# --- evaluations that end early ----------------------------------------------------------------------------------------


def test_evaluations_end_early_only_beyond_the_tolerance(trained):
    session = Session(trained, "--batch", 4)
    base = session.ask(None)["perplexity"]
    whole = session.ask((1, 1, 1, 1))["perplexity"]
    assert whole > 1.5 * base
    fresh = Session(trained, "--batch", 4)
    stopped = fresh.ask((1, 1, 1, 1), tolerance=0.01)
    assert stopped["stopped_after"] == 8 / 40 and fresh.ran == 40 + 8  # the baseline, and the first look
    assert stopped["perplexity"] > 1.01 * base
    assert fresh.ask((1, 1, 1, 1), tolerance=1e6) == {"perplexity": whole} and fresh.ran == 40 + 8 + 32  # goes on from there
    assert fresh.ask((9, 9, 9, 9), tolerance=0.5).keys() == {"perplexity"}
    assert "tolerance is -1" in fresh.ask((4, 4, 4, 4), tolerance=-1)["error"]


def test_the_rule():
    """A look errs as rarely as four deviations of a bell curve allow, whatever has been drawn."""
    assert list(early_stop.looks(40)) == [8, 16, 32] and list(early_stop.looks(8)) == []
    drawn = [0.03, 0.05, 0.01, 0.04, 0.02, 0.06, 0.03, 0.04]
    bound = statistics.mean(drawn) - 4 * statistics.stdev(drawn) / math.sqrt(8) * math.sqrt(1 - 8 / 40)
    assert early_stop.is_beyond(drawn, 40, math.expm1(bound) - 1e-9) and not early_stop.is_beyond(drawn, 40, math.expm1(bound) + 1e-9)
    chance, wrong = random.Random(1), 0
    for _ in range(2000):
        windows = [chance.gauss(0.01, 0.05) for _ in range(64)]
        tolerance = math.expm1(statistics.mean(windows))  # the loss is exactly the tolerance: to stop is wrong
        wrong += any(early_stop.is_beyond(windows[:look], 64, tolerance) for look in early_stop.looks(64))
    assert wrong <= 20  # Student's tails of eight windows: 1 in 200 at most
