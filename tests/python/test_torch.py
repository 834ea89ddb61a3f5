# SPDX-License-Identifier: Apache-2.0
"""scripts/evaluate_torch and scripts/record_activations, on checkpoints with random weights made here.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_torch.py

Rounding and integer weights are compared with the C++ library (numeric_dump) and with numpy (functional_tools), bit for
bit; perplexities with a separate forward pass.
"""

import argparse
import json
import os
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
import functional_tools
import torch

from anda_sim.common.errors import InputError
from anda_sim.pytorch import loading, models, rounding
from torch_by_hand import ByHand

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ANDA_BUILD_DIR", ROOT / "build" / "release"))
SIMULATOR = BUILD / "src" / "anda-sim"


OPT = {"model_type": "opt", "hidden_size": 96, "ffn_dim": 200, "num_hidden_layers": 2, "num_attention_heads": 4,
       "vocab_size": 61, "max_position_embeddings": 32, "do_layer_norm_before": True, "tie_word_embeddings": True}
LLAMA = {"model_type": "llama", "hidden_size": 128, "intermediate_size": 272, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 61, "max_position_embeddings": 32,
         "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False}
CONFIGS = {"opt": OPT, "llama": LLAMA}
# With transformers a stub of the package; the real one is not in Debian.
STUB = """
import json, pathlib, types, torch
from anda_sim.pytorch import loading, models, rounding
class AutoModelForCausalLM(torch.nn.Module):
    @classmethod
    def from_pretrained(cls, folder, torch_dtype):
        assert torch_dtype == torch.float32
        print("chatter of a library")
        self = cls()
        torch.nn.Module.__init__(self)
        config = json.loads((pathlib.Path(folder) / "config.json").read_text())
        self.inner = models.make_model(dict(config, model_type="opt"))
        self.inner.load_state_dict({n: t.float() for n, t in loading.read_tensors(pathlib.Path(folder)).items()}, strict=False)
        return self
    def forward(self, tokens):
        return types.SimpleNamespace(logits=self.inner(tokens))
"""


@pytest.fixture
def checkpoint(tmp_path):
    """A function that creates a checkpoint with outliers in its weights, and tokens."""

    def make(family):
        torch.manual_seed(len(family))
        model = models.make_model(CONFIGS[family])
        for parameter in model.parameters():
            parameter.data += 0.05 * torch.randn_like(parameter)
        folder = tmp_path / family
        models.save(model, folder)
        tokens = np.random.default_rng(1).integers(0, 61, 32 * 6 + 5)
        np.save(tmp_path / "tokens.npy", tokens.astype(np.uint8))
        return folder

    return make


def script(name, *args, status=0, **options):
    words = [str(word) for word in (ROOT / "scripts" / name, *args)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


def ask(folder, *questions, args=(), **options):
    lines = "".join((q if isinstance(q, str) else json.dumps(q)) + "\n" for q in questions)
    done = script("evaluate_torch", folder, "--tokens", folder.parent / "tokens.npy", "--threads", 1, *args,
                  input=lines, **options)
    return [json.loads(line) for line in done.stdout.splitlines()]


def combination(*bits):
    return dict(zip(rounding.TENSORS, bits))


# --- arithmetic ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", range(1, 17))
def test_rounding_equals_that_of_the_numeric_library(bits):
    """Every finite pattern, in rows of mixed and of equal exponents; group of 64."""
    patterns = np.arange(0x10000, dtype=np.uint32).astype(np.uint16)
    patterns = patterns[np.isfinite(patterns.view(np.float16))]
    shuffled = np.random.default_rng(bits).permutation(patterns)
    patterns = np.concatenate([patterns, shuffled])
    patterns = patterns[: len(patterns) // 64 * 64]
    done = subprocess.run([BUILD / "tests" / "numeric_dump", "encode", "64", str(bits), "refuse"],
                          input=patterns.tobytes(), capture_output=True, check=True)
    groups = np.frombuffer(done.stdout, np.dtype([("e", "u1"), ("negative", "u1", 64), ("m", "<u4", 64)]))
    expected = np.ldexp(groups["m"].astype(np.float64), (groups["e"].astype(np.int64) - 14 - bits)[:, None])
    expected = np.where(groups["negative"] == 1, -expected, expected).astype(np.float32).ravel()
    ours = rounding.to_anda(torch.from_numpy(patterns.view(np.float16).astype(np.float32)), bits).numpy()
    assert np.array_equal(ours.view(np.uint32), expected.view(np.uint32))


def test_rounding_of_fp32_goes_through_fp16_and_pads():
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((7, 150)) * 2.0 ** rng.integers(-26, 15, (7, 150))).astype(np.float32)
    for bits, size in ((5, 64), (8, 32), (3, 128)):
        ours = rounding.to_anda(torch.from_numpy(x), bits, size).numpy()
        expected = functional_tools.compressed(x.astype(np.float16), bits, size).astype(np.float32)
        assert np.array_equal(ours, expected)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 65520.0, -1e30])
def test_what_fp16_cannot_hold_is_refused(value):
    with pytest.raises(ValueError, match="65504"):
        rounding.to_anda(torch.tensor([1.0, value]), 8)


@pytest.mark.parametrize("bits, group", [(4, 128), (4, 32), (8, 64), (2, 128)])
def test_weights_equal_those_of_the_numeric_library(bits, group):
    weight = np.random.default_rng(2).standard_normal((5, 300)).astype(np.float32)
    weight[1, :128] = 0
    weight[2, 5] = 3e-8
    codes, scales, rounded = rounding.quantise(torch.from_numpy(weight), bits, group)
    expected_codes, expected_scales = functional_tools.quantise(weight.T, bits, group)
    assert np.array_equal(codes.T, expected_codes) and np.array_equal(scales.T, expected_scales)
    steps = np.repeat(expected_scales.astype(np.float32), group, axis=0)[:300]
    assert np.array_equal(rounded.numpy().T, expected_codes.astype(np.float32) * steps)


# --- the evaluator ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", CONFIGS)
def test_perplexities_equal_those_of_a_model_rounded_by_hand(checkpoint, family):
    folder = checkpoint(family)
    tokens = np.load(folder.parent / "tokens.npy")
    layers = [(5, 4, 6, 3), (9, 2, 4, 7)]
    answers = ask(folder, {"combination": None}, {"combination": combination(7, 6, 5, 4)},
                  {"combination": combination(1, 1, 1, 1), "layers": [combination(*bits) for bits in layers]})
    expected = [ByHand(folder, precision).perplexity(tokens)
                for precision in ([None] * 2, [(7, 6, 5, 4)] * 2, layers)]
    assert [a["perplexity"] for a in answers] == pytest.approx(expected, rel=1e-5)
    assert len(set(expected)) == 3


def test_each_tensor_type_reaches_its_layers(checkpoint):
    folder = checkpoint("llama")
    base, *others = ask(folder, {"combination": combination(16, 16, 16, 16)},
                        *({"combination": combination(*[2 if i == j else 16 for j in range(4)])} for i in range(4)))
    assert len({base["perplexity"], *(a["perplexity"] for a in others)}) == 5


def test_a_wrong_question_is_an_error_and_the_next_is_answered(checkpoint):
    folder = checkpoint("opt")
    answers = ask(folder, "rubbish", "[]", "{}", {"combination": [7, 7, 7, 7]}, {"combination": combination(7, 7, 7)},
                  {"combination": combination(7, 7, 7, 17)}, {"combination": combination(7, 7, 7, True)},
                  {"combination": combination(7, 7, 7, 7), "layers": []}, {"combination": None})
    assert [list(a) for a in answers] == [["error"]] * 8 + [["perplexity"]]
    assert "the model has 2" in answers[7]["error"]


def test_activations_beyond_fp16_are_an_error(checkpoint):
    folder = checkpoint("opt")
    model = models.load(folder)
    model.model.decoder.layers[0].fc1.bias.data += 60000
    model.model.decoder.layers[0].fc1.bias.data[:8] += 9000
    models.save(model, folder, torch.float32)
    (answer,) = ask(folder, {"combination": None})
    assert "layers.0.fc2" in answer["error"] and "65504" in answer["error"]


def test_shards_and_raw_tokens(checkpoint):
    folder = checkpoint("llama")
    (whole,) = ask(folder, {"combination": combination(6, 6, 6, 6)})
    tensors = models.read_safetensors(folder / "model.safetensors")
    names = sorted(tensors)
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, part in parts.items():
        models.write_safetensors(folder / file, {name: tensors[name] for name in part})
    index = {"weight_map": {name: file for file, part in parts.items() for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").unlink()
    np.load(folder.parent / "tokens.npy").astype("<u2").tofile(folder.parent / "tokens.raw")
    (split,) = ask(folder, {"combination": combination(6, 6, 6, 6)}, args=["--tokens", folder.parent / "tokens.raw"])
    assert split == whole


def test_a_model_of_transformers_is_used_and_its_output_is_suppressed(checkpoint, tmp_path):
    folder = checkpoint("opt")
    expected = ask(folder, {"combination": combination(6, 5, 4, 3)})
    (tmp_path / "transformers.py").write_text(STUB)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    assert ask(folder, {"combination": combination(6, 5, 4, 3)}, args=["--transformers"], env=environment) == expected
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(dict(config, model_type="unheard-of")))
    assert ask(folder, {"combination": combination(6, 5, 4, 3)}, env=environment) == expected
    done = script("evaluate_torch", folder, "--tokens", tmp_path / "tokens.npy", status=2, input="",
                  env={**os.environ, "PYTHONPATH": "", "PYTHONNOUSERSITE": "1"})
    assert "'unheard-of' needs the Python package transformers" in done.stderr


def rewritten(folder, change):
    """The safetensors file with its header changed by a function."""
    file = folder / "model.safetensors"
    data = file.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.dumps(change(json.loads(data[8 : 8 + size]))).encode()
    file.write_bytes(len(header).to_bytes(8, "little") + header + data[8 + size :])


def overlapping(header):
    """Two tensors of one shape that share their bytes."""
    fc1 = [name for name in header if name.endswith("fc1.weight")]
    header[fc1[0]]["data_offsets"] = header[fc1[1]]["data_offsets"]
    return header


WRONG = {
    "no folder": (lambda f: f.joinpath("config.json").unlink(), "config.json"),
    "no tensors": (lambda f: f.joinpath("model.safetensors").unlink(), "model.safetensors"),
    "truncated": (lambda f: f.joinpath("model.safetensors").write_bytes(
        f.joinpath("model.safetensors").read_bytes()[:3000]), "damaged"),
    "rubbish": (lambda f: f.joinpath("model.safetensors").write_bytes(b"x" * 100), "damaged"),
    "empty": (lambda f: f.joinpath("model.safetensors").write_bytes(b""), "damaged"),
    "overlapping": (lambda f: rewritten(f, overlapping), "what is before it ends at"),
    "bytes of no tensor": (lambda f: f.joinpath("model.safetensors").write_bytes(
        f.joinpath("model.safetensors").read_bytes() + b"x"), "the tensors end at byte"),
    "other shapes": (lambda f: f.joinpath("config.json").write_text(json.dumps(dict(OPT, ffn_dim=100))), "do not fit"),
    "a layer more": (lambda f: f.joinpath("config.json").write_text(json.dumps(dict(OPT, num_hidden_layers=3))),
                     "missing tensors"),
    "no JSON": (lambda f: f.joinpath("config.json").write_text("{"), "config.json:1:2"),
    "missing key": (lambda f: f.joinpath("config.json").write_text(
        '{"model_type": "opt", "vocab_size": 61, "max_position_embeddings": 32}'), "hidden_size"),
    "token beyond": (lambda f: np.save(f.parent / "tokens.npy", np.full(99, 61)), "token 0 is 61, must be 0 … 60"),
    "few tokens": (lambda f: np.save(f.parent / "tokens.npy", np.zeros(5, int)), "holds 5 tokens, a window needs 32"),
    "no integers": (lambda f: np.save(f.parent / "tokens.npy", np.zeros(99)), "must hold token ids"),
    "no array": (lambda f: (f.parent / "tokens.npy").write_text("hello"), "tokens.npy: cannot be read"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input(checkpoint, case):
    folder = checkpoint("opt")
    damage, fragment = WRONG[case]
    damage(folder)
    parser = argparse.ArgumentParser()
    loading.add_options(parser)
    options = parser.parse_args([str(folder), "--tokens", str(folder.parent / "tokens.npy")])
    with pytest.raises(InputError) as error:
        loading.Prepared(options)
    assert fragment in str(error.value)


@pytest.mark.parametrize("case", ["truncated", "missing key"])
def test_wrong_input_gives_a_message_and_status_2(checkpoint, case):
    folder = checkpoint("opt")
    WRONG[case][0](folder)
    done = script("evaluate_torch", folder, "--tokens", folder.parent / "tokens.npy", status=2, input="")
    assert done.stderr.startswith("evaluate_torch: ") and done.stdout == ""


def test_weights_that_are_no_numbers(checkpoint):
    folder = checkpoint("opt")
    model = models.load(folder)
    model.model.decoder.layers[1].fc2.weight.data[3, 4] = float("nan")
    models.save(model, folder)
    done = script("evaluate_torch", folder, "--tokens", folder.parent / "tokens.npy", status=2, input="")
    assert "layers.1.fc2.weight holds NaN" in done.stderr


def test_a_search_with_it(checkpoint):
    folder = checkpoint("opt")
    command = f"{shlex.quote(str(ROOT / 'scripts/evaluate_torch'))} opt --tokens tokens.npy --threads 1"
    done = subprocess.run([SIMULATOR, "search", "--model", "opt/config.json", "--evaluator", command, "--per-layer",
                           "--layer-iterations", "4", "--tolerance", "0.5%", "--out", "out", "--simulate"],
                          cwd=folder.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads((folder.parent / "out" / "search.json").read_text())["results"]
    best = found["per_layer"]
    question = {"combination": combination(*best["combination"]),
                "layers": [combination(*bits) for bits in best.get("layers", [best["combination"]] * 2)]}
    base, again = ask(folder, {"combination": None}, question)
    assert again["perplexity"] == best["perplexity"]
    assert best["loss"] == (again["perplexity"] - base["perplexity"]) / base["perplexity"] <= 0.005


@pytest.mark.parametrize("family", CONFIGS)
def test_it_agrees_with_the_built_in_evaluator_on_a_trained_model(tmp_path, family):
    models = ROOT / "tests" / "data" / "small_models"
    np.save(tmp_path / "tokens.npy", np.load(models / "held_out.npy")[:4096])
    done = subprocess.run([SIMULATOR, "evaluate", models / family, "--tokens", tmp_path / "tokens.npy", "--precision",
                           "7,6,5,4", "--json", "--threads", "1"], capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)
    lines = json.dumps({"combination": None}) + "\n" + json.dumps({"combination": combination(7, 6, 5, 4)}) + "\n"
    answers = script("evaluate_torch", models / family, "--tokens", tmp_path / "tokens.npy", "--threads", 1, input=lines)
    ours = [json.loads(line)["perplexity"] for line in answers.stdout.splitlines()]
    # A different order of sums moves a few activations across a rounding boundary.
    assert ours == pytest.approx([measured["baseline"], measured["results"][0]["perplexity"]], rel=3e-4)


# --- recorded activations through the machine ------------------------------------------------------------------


@pytest.mark.parametrize("family", CONFIGS)
def test_recorded_activations_pass_the_simulated_machine_bit_for_bit(checkpoint, family):
    folder = checkpoint(family)
    tokens = folder.parent / "tokens.npy"
    out = folder.parent / "recorded"
    done = script("record_activations", folder, "--tokens", tokens, "--out", out, "--precision", "7,5,6,4",
                  "--window", 2, "--threads", 1)
    rows = [line.split(",") for line in (out / "trace.csv").read_text().splitlines()[1:]]
    names = ["q_proj", "k_proj", "v_proj"]
    names += ["out_proj", "fc1", "fc2"] if family == "opt" else ["o_proj", "gate_proj", "up_proj", "down_proj"]
    assert [row[0] for row in rows] == [f"layer{layer}.{name}" for layer in range(2) for name in names]
    assert done.stdout == f"{out}/run.yaml: {len(rows)} GeMMs\n"

    stored = models.load(folder)
    bits = dict(zip(rounding.TENSORS, (7, 5, 6, 4)))
    after = {"A_qkv": "A_o", "A_o": "A_u", "A_u": "A_d", "A_d": "A_qkv"}
    outputs = {}
    for level in ("fast", "cycle"):
        run = subprocess.run([SIMULATOR, "run", out / "run.yaml", "--out", out / level, "--level", level, "--quiet"],
                             capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stderr
        for i, (name, layer, tensor, m, k, n) in enumerate(rows):
            load = lambda file: np.load(out / level / "tensors" / file)
            activations, codes, scales = load(f"{i}.activations.npy"), load(f"{i}.codes.npy"), load(f"{i}.scales.npy")
            assert activations.shape == (32, int(k)) and codes.shape == (int(k), int(n)) and int(m) == 32
            assert np.array_equal(activations, np.load(out / "tensors" / f"{i}.activations.npy"))
            # The machine's integers are the model's own.
            module = next(module for path, module in stored.named_modules()
                          if f"layers.{layer}." in path and path.endswith("." + name.split(".")[1]))
            expected_codes, expected_scales = functional_tools.quantise(module.weight.detach().numpy().T, 4)
            assert np.array_equal(codes, expected_codes) and np.array_equal(scales, expected_scales)
            # Array, vector unit and compressor against numpy.
            sums, _ = functional_tools.aligned(activations, codes, scales, bits[tensor])
            result = load(f"anda/{i}.outputs.npy")
            kept = functional_tools.compressed(sums, bits[after[tensor]])
            assert np.array_equal(functional_tools.bits_of(result), functional_tools.bits_of(kept))
            baseline = functional_tools.fp_fp(activations, codes, scales)
            assert np.array_equal(functional_tools.bits_of(load(f"fp-fp/{i}.outputs.npy")),
                                  functional_tools.bits_of(baseline))
            outputs.setdefault(i, result)
            assert np.array_equal(functional_tools.bits_of(outputs[i]), functional_tools.bits_of(result))
            # And they equal the model's results to 11 bits: FP16 sums of groups.
            rounded = rounding.to_anda(torch.from_numpy(activations.astype(np.float32)), bits[tensor]).double().numpy()
            exact = rounded @ (codes * np.repeat(scales.astype(np.float64), 128, axis=0)[: len(codes)])
            assert np.abs(sums - exact).max() <= 2e-3 * np.abs(exact).max()


def test_recording_one_layer(checkpoint):
    folder = checkpoint("llama")
    out = folder.parent / "recorded"
    script("record_activations", folder, "--tokens", folder.parent / "tokens.npy", "--out", out, "--layers", 1)
    rows = (out / "trace.csv").read_text().splitlines()[1:]
    assert len(rows) == 7 and all(row.startswith("layer1.") for row in rows)
    for args, fragment in ((["--layers", 2], "layers 0 … 1"), (["--window", 6], "windows 0 … 5")):
        done = script("record_activations", folder, "--tokens", folder.parent / "tokens.npy", "--out", out, *args, status=2)
        assert fragment in done.stderr
