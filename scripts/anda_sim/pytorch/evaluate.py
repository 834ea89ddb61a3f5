# SPDX-License-Identifier: Apache-2.0
"""An evaluator for anda-sim search in PyTorch: perplexity of a Hugging Face model with integer weights and Anda activations.

Usage: scripts/evaluate_torch MODEL_FOLDER --tokens FILE [options]

Reads one question per line from standard input, {"combination": {"A_qkv": 7, "A_o": 7, "A_u": 6, "A_d": 5}}, with "layers"
for lengths per layer and A_q, A_p, K and V for the attention, or {"combination": null} for FP16 activations, and answers each with {"perplexity": 5.83} or
{"error": "…"}. Perplexity is exp of the mean negative log-likelihood of every token but the first of each window. Windows
do not overlap, and tokens after the last whole window are not used. See docs/search.md.
"""

import argparse
import json
import math
import os
import sys

import torch

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError
from anda_sim.pytorch import attention, models, rounding

from .inputs import as_input_errors


def lengths_of(combination):
    """Four mantissa lengths out of {"A_qkv": 7, …}."""
    if not isinstance(combination, dict) or set(combination) != set(rounding.TENSORS):
        raise ValueError(f"a combination must have {', '.join(rounding.TENSORS)}, not {json.dumps(combination)}")
    lengths = [combination[name] for name in rounding.TENSORS]
    for bits in lengths:
        if type(bits) is not int or not 1 <= bits <= rounding.LARGEST_MANTISSA:
            raise ValueError(f"a mantissa length is {json.dumps(bits)}, must be 1 … {rounding.LARGEST_MANTISSA}")
    return lengths


def attention_of(combination):
    """What a combination has beside the four, {"A_q": 6, "K": 4}; takes it out."""
    lengths = {}
    for name in attention.DIMENSIONS:
        if not isinstance(combination, dict) or name not in combination:
            continue
        bits = lengths[name] = combination.pop(name)
        least = attention.LEAST_BITS if name in ("K", "V") else 1
        if type(bits) is not int or not least <= bits <= attention.MOST_BITS:
            raise ValueError(f"{name} is {json.dumps(bits)}, must be {least} … {attention.MOST_BITS}")
    return lengths


def precision_of(question, layers):
    """None for FP16, or four lengths for each layer."""
    if not isinstance(question, dict) or "combination" not in question:
        raise ValueError('a question must be an object with "combination"')
    if question["combination"] is None:
        return None
    lengths = lengths_of(question["combination"])
    if "layers" not in question:
        return [lengths] * layers
    if not isinstance(question["layers"], list) or len(question["layers"]) != layers:
        raise ValueError(f"layers must be a list with a precision for each layer; the model has {layers}")
    return [lengths_of(layer) for layer in question["layers"]]


def answer(line, forward, gemms, own_attention, windows, batch):
    try:
        question = strict_json.loads(line, "question")
        changed = attention_of(question.get("combination") if isinstance(question, dict) else None)
        gemms.precision = precision_of(question, gemms.layers)
        wanted = own_attention.with_lengths(changed)
        gemms.round_attention(wanted if gemms.precision is not None and wanted.any() else None)
        perplexity = models.perplexity(forward, windows.flatten(), windows.shape[1], batch)
        if not math.isfinite(perplexity):
            raise ValueError(f"the perplexity is {perplexity}")
        return {"perplexity": perplexity}
    except (InputError, ValueError, TypeError, OverflowError, RuntimeError) as error:
        return {"error": str(error)}


def main(arguments=None):
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("Usage: "))
    rounding.add_options(parser)
    attention.add_options(parser)
    parser.add_argument("--windows", type=rounding.positive, metavar="N", help="only the first N windows")
    parser.add_argument("--batch", type=rounding.positive, default=16, metavar="N", help="windows at a time (16)")
    options = parser.parse_args(arguments)

    # Only answers go to the standard output, whatever libraries print.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    forward, gemms, windows = rounding.prepare(options)
    if not options.stored_weights:
        with as_input_errors():
            gemms.round_weights(options.weight_bits, options.weight_group)
    own_attention = attention.rounding_of(options)
    if options.windows:
        windows = windows[: options.windows]
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    with torch.no_grad():
        for line in sys.stdin:
            print(json.dumps(answer(line, forward, gemms, own_attention, windows, options.batch)), file=answers, flush=True)
