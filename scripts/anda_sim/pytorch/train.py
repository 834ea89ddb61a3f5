# SPDX-License-Identifier: Apache-2.0
"""Trains the small OPT and LLaMA models of tests/data/small_models on the King
James Bible, byte by byte.

The text comes from Debian's packages bible-kjv and bible-kjv-text
(scripts/install_dependencies train). One book is held out from training;
perplexities are measured on its first part. Writes to FOLDER:

  held_out.txt, held_out.npy   text unseen in training, and its tokens (bytes)
  calibration.npy              tokens of the same number of windows, drawn at
                               random from the training text
  FAMILY/config.json           the model
  FAMILY/model.safetensors     its parameters, rounded to FP16
  FAMILY/recipe.json           all inputs of the training, and the FP32
                               perplexity on held_out.npy

The same seed gives the same numbers only on the same processor and PyTorch,
since results depend on the order of sums.
"""
import argparse
import json
import math
import pathlib
import re
import shutil
import subprocess
import time

import numpy
import torch

from anda_sim.common.errors import RunError
from anda_sim.common.options import whole_number
from anda_sim.common.tree import SOURCE
from anda_sim.pytorch import models

PACKAGES = ("bible-kjv", "bible-kjv-text")
HELD_OUT_BOOK = "Job"
WINDOW = 128
WINDOWS_STORED = 264  # 33 792 tokens

CONFIGS = {
    "opt": {
        "architectures": ["OPTForCausalLM"], "model_type": "opt", "vocab_size": 256, "hidden_size": 256,
        "word_embed_proj_dim": 256, "ffn_dim": 512, "num_hidden_layers": 3, "num_attention_heads": 8,
        "max_position_embeddings": WINDOW, "do_layer_norm_before": True, "enable_bias": True,
        "activation_function": "relu", "tie_word_embeddings": True, "torch_dtype": "float16",
    },
    "llama": {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 256, "hidden_size": 256,
        "intermediate_size": 512, "num_hidden_layers": 3, "num_attention_heads": 8, "num_key_value_heads": 4,
        "max_position_embeddings": WINDOW, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "tie_word_embeddings": False, "torch_dtype": "float16",
    },
}
RECIPE = {"seed": 1, "windows_per_step": 16, "learning_rate": 2e-3, "warmup_steps": 50, "final_rate": 0.05,
          "betas": [0.9, 0.97], "weight_decay": 0.1, "clip": 1.0, "initial_deviation": 0.02}


def read_text():
    """The training text and the held-out text: verses without their numbers, one per line."""
    if not shutil.which("bible"):
        raise RunError("the program `bible` is missing; scripts/install_dependencies train installs it")
    lines = subprocess.run(["bible", "-f", "gen1:1-rev22:21"], check=True, capture_output=True, text=True,
                           stdin=subprocess.DEVNULL).stdout.splitlines()
    texts = {True: [], False: []}
    for line in lines:
        found = re.fullmatch(r"(\w+?)\d+:\d+ (.+)", line)
        if not found:
            raise RunError(f"`bible` prints what is not a verse: {line[:80]}")
        texts[found[1] == HELD_OUT_BOOK].append(found[2] + "\n")
    return "".join(texts[False]).encode("ascii"), "".join(texts[True]).encode("ascii")


def as_tokens(text):
    return torch.from_numpy(numpy.frombuffer(text, dtype=numpy.uint8).copy()).long()


def draw_windows(tokens, count, generator):
    first = torch.randint(len(tokens) - WINDOW, (count,), generator=generator)
    return tokens[first[:, None] + torch.arange(WINDOW)]


def initialise(model, generator):
    """Normal weights, zero biases; smaller weights where outputs add to the residual sum, twice per layer."""
    layers = model.config["num_hidden_layers"]
    for name, parameter in model.named_parameters():
        if parameter.dim() < 2:
            continue
        last = name.endswith(("out_proj.weight", "o_proj.weight", "fc2.weight", "down_proj.weight"))
        deviation = RECIPE["initial_deviation"] / (math.sqrt(2 * layers) if last else 1)
        parameter.data.normal_(0, deviation, generator=generator)
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and module.bias is not None:
            module.bias.data.zero_()


def rate_at(step, steps):
    warmup = RECIPE["warmup_steps"]
    if step < warmup:
        return (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return RECIPE["final_rate"] + (1 - RECIPE["final_rate"]) * (1 + math.cos(math.pi * done)) / 2


def train(family, tokens, steps):
    generator = torch.Generator().manual_seed(RECIPE["seed"])
    model = models.make_model(CONFIGS[family])
    initialise(model, generator)
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": RECIPE["weight_decay"]},
                                   {"params": vectors, "weight_decay": 0.0}],
                                  lr=RECIPE["learning_rate"], betas=tuple(RECIPE["betas"]))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, steps))
    started, recent = time.perf_counter(), []
    for step in range(steps):
        windows = draw_windows(tokens, RECIPE["windows_per_step"], generator)
        logits = model(windows)[:, :-1].flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(logits, windows[:, 1:].flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), RECIPE["clip"])
        optimiser.step()
        schedule.step()
        recent = (recent + [loss.item()])[-50:]
        if step % 50 == 49 or step == steps - 1:
            print(f"{family}: step {step + 1} of {steps}, perplexity of the last steps "
                  f"{math.exp(sum(recent) / len(recent)):.3f}, {time.perf_counter() - started:.0f} s", flush=True)
    return model


def package_versions():
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES], check=True,
                           capture_output=True, text=True).stdout
    return dict(line.split() for line in shown.splitlines())


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="scripts/train_small_models", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=CONFIGS, help="train only this one")
    parser.add_argument("--out", type=pathlib.Path, default=SOURCE / "tests" / "data" / "small_models")
    parser.add_argument("--steps", type=whole_number(1, 10**9), default=1500)
    parser.add_argument("--threads", type=whole_number(1, 1024), default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)

    training_text, held_out_text = read_text()
    held_out_text = held_out_text[: WINDOWS_STORED * WINDOW]
    tokens, held_out = as_tokens(training_text), as_tokens(held_out_text)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "held_out.txt").write_bytes(held_out_text)
    numpy.save(options.out / "held_out.npy", held_out.numpy().astype(numpy.uint8))
    calibration = draw_windows(tokens, WINDOWS_STORED, torch.Generator().manual_seed(RECIPE["seed"] + 1))
    numpy.save(options.out / "calibration.npy", calibration.flatten().numpy().astype(numpy.uint8))

    for family in [options.family] if options.family else CONFIGS:
        folder = options.out / family
        models.save(train(family, tokens, options.steps), folder)
        stored = models.load(folder)
        recipe = {
            "text": f"King James Bible without {HELD_OUT_BOOK}", "packages": package_versions(),
            "training_bytes": len(training_text), "held_out": f"the first {len(held_out_text)} bytes of {HELD_OUT_BOOK}",
            "torch": torch.__version__, "threads": options.threads, "steps": options.steps, "window": WINDOW, **RECIPE,
            "parameters": sum(tensor.numel() for tensor in models.unique_parameters(stored).values()),
            "held_out_perplexity_fp32": models.perplexity(stored, held_out, WINDOW),
        }
        (folder / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n")
        print(f"{family}: perplexity {recipe['held_out_perplexity_fp32']:.4f} on held-out text, FP32")
