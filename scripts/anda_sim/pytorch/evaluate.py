# SPDX-License-Identifier: Apache-2.0
"""An evaluator for anda-sim search in PyTorch: perplexity of a Hugging Face
model with integer weights and Anda activations.

Reads one question per line from standard input, {"combination": {"A_qkv": 7,
"A_o": 7, "A_u": 6, "A_d": 5}}, with "layers" for lengths per layer and A_q,
A_p, K and V for the attention, or {"combination": null} for FP16 activations,
and answers each with {"perplexity": 5.83} or {"error": "…"}. With "tolerance":
0.01 in it, an evaluation whose loss is certainly beyond that ends early; with
"positions": [64, 96] the answer has "perplexities" of the tokens before,
between and behind them; "schedule": {"64": {"A_qkv": 5, …}} has lengths by
position.
Perplexity is exp of the mean negative log-likelihood of every token but the
first of each window. Windows do not overlap, and tokens after the last whole
window are not used. See docs/search.md.
"""

import argparse
import json
import math
import os
import pathlib
import sys

import torch

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError
from anda_sim.pytorch import attention, evaluations, loading, placement, rounding

from .inputs import as_input_errors


def lengths_of(combination):
    """The four mantissa lengths of {"A_qkv": 7, …}."""
    if not isinstance(combination, dict) or set(combination) != set(rounding.TENSORS):
        raise ValueError(f"a combination must have {', '.join(rounding.TENSORS)}, not {json.dumps(combination)}")
    lengths = [combination[name] for name in rounding.TENSORS]
    for bits in lengths:
        if type(bits) is not int or not 1 <= bits <= rounding.LARGEST_MANTISSA:
            raise ValueError(f"a mantissa length is {json.dumps(bits)}, must be 1 … {rounding.LARGEST_MANTISSA}")
    return lengths


def attention_of(combination):
    """Removes and returns the lengths of a combination besides the four, such as {"A_q": 6, "K": 4}."""
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


def schedule_of(question):
    """Lengths by position, {64: {"A_qkv": 5, …}}."""
    schedule = question.get("schedule", {})
    if not isinstance(schedule, dict) or any(not key.isdecimal() for key in schedule):
        raise ValueError(f"schedule is {json.dumps(schedule)}, must have lengths by position")
    return {int(key): schedule[key] for key in sorted(schedule, key=int)}


def positions_of(question):
    """Positions that split the windows, ascending; empty if there are none."""
    positions = question.get("positions", [])
    if not isinstance(positions, list) or any(type(each) is not int or each < 2 for each in positions) or sorted({*positions}) != positions:
        raise ValueError(f"positions are {json.dumps(positions)}, must be whole numbers from 2 on, ascending")
    return tuple(positions)


def tolerance_of(question):
    """The loss beyond which an evaluation may end early, if the question has one."""
    tolerance = question.get("tolerance")
    if tolerance is None:
        return None
    if type(tolerance) not in (int, float) or not 0 <= tolerance < math.inf:
        raise ValueError(f"tolerance is {json.dumps(tolerance)}, must be a loss of 0 or more")
    return float(tolerance)


class Answers:
    """Answers questions with perplexities."""

    def __init__(self, prepared, evaluations, own_attention):
        self.gemms, self.evaluations, self.own_attention = prepared.gemms, evaluations, own_attention

    def _round(self, precision, wanted, schedule):
        self.gemms.precision, self.gemms.schedule = precision, schedule
        self.gemms.round_attention(wanted if precision is not None and wanted.any() else None)

    def _baseline(self, *rounding):
        """Selects the baseline's rounding. Returns a function that restores the question's rounding."""
        self._round(None, *rounding[1:])
        return lambda: self._round(*rounding)

    def of(self, line):
        try:
            question = strict_json.loads(line, "question")
            changed = attention_of(question.get("combination") if isinstance(question, dict) else None)
            precision = precision_of(question, self.gemms.layers)
            positions, later = positions_of(question), schedule_of(question)
            wanted = self.own_attention.with_lengths(changed)
            key = precision and {"precision": precision, "attention": repr(wanted)}
            schedule = {}
            if later and precision is not None:
                parts = [(0, wanted)]
                for position, lengths in later.items():
                    parts.append((position, self.own_attention.with_lengths(attention_of(lengths))))
                    schedule[position] = lengths_of(lengths)
                wanted = attention.Schedule(tuple(parts))
                key["schedule"] = [[position, schedule[position], repr(part)] for position, part in parts[1:]]
            self._round(precision, wanted, schedule)
            if positions:
                return self.evaluations.by_position(key, positions)
            if precision is None:
                return self.evaluations.answer(None)
            return self.evaluations.answer(key, tolerance_of(question), lambda: self._baseline(precision, wanted, schedule))
        except (InputError, ValueError, TypeError, OverflowError, RuntimeError) as error:
            return {"error": str(error)}


def add_options(parser):
    loading.add_options(parser)
    attention.add_options(parser)
    parser.add_argument("--windows", type=rounding.positive, metavar="N", help="only the first N windows")
    parser.add_argument("--batch", type=rounding.positive, metavar="N", help="windows at a time (16; on a GPU, as many as fit its memory)")
    parser.add_argument("--cache", type=pathlib.Path, metavar="FILE",
                        help="keep what has run in this file, and go on from there after an interruption")


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="scripts/evaluate_torch", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    options = parser.parse_args(arguments)

    # Only answers go to standard output, whatever libraries print.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    prepared = loading.Prepared(options)
    windows = prepared.windows[: options.windows] if options.windows else prepared.windows
    with as_input_errors():
        cache = evaluations.Cache(options.cache, evaluations.identity_of(options, windows) if options.cache else None)
    batch = options.batch or placement.windows_in_memory(prepared.config, windows.shape[1], prepared.placement)
    runs = evaluations.Evaluations(prepared.forward, windows, prepared.placement.first, batch, cache)
    replies = Answers(prepared, runs, attention.rounding_of(options))
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    with torch.no_grad():
        for line in sys.stdin:
            print(json.dumps(replies.of(line)), file=answers, flush=True)
