# SPDX-License-Identifier: Apache-2.0
"""docs/precision/kv_cache.md: what formats of keys, values, queries and
probabilities cost the small models.

Writes DIR/kv_cache.md and the figures on it as DIR/kv_cache.csv,
kv_lengths.csv, kv_together.csv and kv_schedule.csv; DIR is docs/precision
unless told otherwise. The simulator is built first unless --program names it.
"""

import argparse
import csv
import json
import tempfile
from pathlib import Path

from anda_sim.common import strict_json
from anda_sim.common.tree import SOURCE
from anda_sim.simulator import Simulator

from .measures import FAMILIES, MODELS
from .page import percent, table

FORMATS = ["fp16", "int8", "int4", "int3", *[f"anda{bits}" for bits in range(8, 2, -1)]]
OTHER_AXIS = {"keys": ["int4/64/channel", "int3/64/channel"], "values": ["int4/64/token", "int3/64/token"]}
LENGTHS = range(4, 17)
TOGETHER = [("int8", "int8", 8, 8), ("int4", "int4", 8, 8), ("anda8", "anda8", 8, 8), ("anda6", "anda6", 6, 6),
            ("anda5", "anda5", 5, 5)]
BIN = 32
# (length of A_qkv … A_d, length of A_q and A_p, bits of an Anda cache) for the first tokens and, from position CHANGE, the others.
LONG, SHORT, CHANGE = (7, 8, 8), (5, 5, 5), 64
SCHEDULES = {"long": (LONG, None), "short": (SHORT, None), "schedule": (LONG, SHORT)}
TABLES = {
    "kv_cache": ["model", "tensor", "format", "perplexity", "loss"],
    "kv_lengths": ["model", "tensor", "mantissa_bits", "perplexity", "loss"],
    "kv_together": ["model", "keys", "values", "queries", "probabilities", "perplexity", "loss"],
    "kv_schedule": ["model", "precision", "from", "to", "baseline", "perplexity", "loss"],
}


class Evaluator:
    """anda-sim evaluate on the small models."""

    def __init__(self, simulator, tokens):
        self.simulator, self.tokens = simulator, tokens

    def report(self, family, *options):
        answer = self.simulator.call("evaluate", MODELS / family, "--tokens", self.tokens, "--json", *options)
        return strict_json.loads(answer, "what anda-sim evaluate prints")

    def attention(self, family, **formats):
        """Perplexity and loss with FP16 activations and an attention in these formats."""
        words = [word for name, value in formats.items() for word in (f"--{name}", value)]
        result = self.report(family, "--precision", "fp16", *words)["results"][0]
        return result["perplexity"], result["loss"]


def format_study(evaluator):
    return [(family, tensor, kind, *evaluator.attention(family, **{tensor: kind}))
            for family in FAMILIES for tensor in ("keys", "values") for kind in FORMATS + OTHER_AXIS[tensor]]


def length_study(evaluator):
    return [(family, tensor, bits, *evaluator.attention(family, **{tensor: bits}))
            for family in FAMILIES for tensor in ("queries", "probabilities") for bits in LENGTHS]


def together_study(evaluator):
    return [(family, *row, *evaluator.attention(family, **dict(zip(("keys", "values", "queries", "probabilities"), row))))
            for family in FAMILIES for row in TOGETHER]


def lengths_text(lengths):
    inputs, attention, cache = lengths
    tensors = [f"{name}: {inputs}" for name in ("A_qkv", "A_o", "A_u", "A_d")] + [f"{name}: {attention}" for name in ("A_q", "A_p")]
    return ", ".join(tensors), cache


def schedule_config(first, then, family):
    """A configuration with the lengths of the first tokens and, if `then` is not None, those from position CHANGE on."""
    tensors, cache = lengths_text(first)
    text = f"workload: {{config_json: {json.dumps(str(MODELS / family / 'config.json'))}}}\nprecision: {{{tensors}"
    if then is not None:
        later, bits = lengths_text(then)
        text += f", schedule: {{{CHANGE}: {{{later}, K: {bits}, V: {bits}}}}}"
    return text + f"}}\nkv_cache: {{k: {{format: anda, bits: {cache}}}, v: {{format: anda, bits: {cache}}}}}\n"


def schedule_study(evaluator, folder):
    rows = []
    for family in FAMILIES:
        words = []
        for name, (first, then) in SCHEDULES.items():
            (Path(folder) / f"{name}.yaml").write_text(schedule_config(first, then, family))
            words += ["--precision", Path(folder) / f"{name}.yaml"]
        report = evaluator.report(family, "--positions", BIN, *words)
        last = report["baseline_positions"][-1]["to"]
        for name, result in zip(SCHEDULES, report["results"]):
            parts = [*zip(report["baseline_positions"], result["positions"]),
                     ({"from": 0, "to": last, "perplexity": report["baseline"]}, {"perplexity": result["perplexity"]})]
            rows += [(family, name, base["from"], base["to"], base["perplexity"], own["perplexity"],
                      own["perplexity"] / base["perplexity"] - 1) for base, own in parts]
    return rows


def write_tables(out, data):
    for name, headings in TABLES.items():
        with open(out / f"{name}.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(headings)
            writer.writerows([f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in data[name])


def read_tables(folder):
    tables = {}
    for name in TABLES:
        with open(folder / f"{name}.csv", newline="") as file:
            tables[name] = list(csv.DictReader(file))
    return tables


def losses(rows, *keys):
    return {tuple(row[key] for key in keys): percent(float(row["loss"])) for row in rows}


def by_tensor(rows, key, values, tensors):
    """A table of losses: a row for each value of a column, two columns for each model."""
    found = losses(rows, "model", "tensor", key)
    headings = [key.replace("_", " "), *[f"{name}: {tensor}" for name in FAMILIES.values() for tensor in tensors]]
    return table(headings, [(value, *[found[family, tensor, str(value)] for family in FAMILIES for tensor in tensors])
                            for value in values])


def least_within(rows, tensor, family, loss):
    """The shortest length of a tensor at and above which no length loses more than `loss`."""
    bits = None
    for row in sorted(rows, key=lambda row: -int(row["mantissa_bits"])):
        if (row["model"], row["tensor"]) == (family, tensor):
            if float(row["loss"]) > loss:
                break
            bits = row["mantissa_bits"]
    return bits


def other_axis(rows):
    found = losses(rows, "model", "tensor", "format")
    lines = []
    for tensor, kinds in OTHER_AXIS.items():
        for kind in kinds:
            number, _, axis = kind.split("/")
            lines.append((tensor, number, *[part for family in FAMILIES
                                            for part in (found[family, tensor, number], found[family, tensor, kind])], axis))
    return table(["tensor", "format", *[f"{name}: {axis}" for name in FAMILIES.values() for axis in ("own axis", "other axis")],
                  "the other axis"], lines)


def schedule_table(rows):
    found = losses(rows, "model", "precision", "from", "to")
    parts = list(dict.fromkeys((row["from"], row["to"]) for row in rows))
    lines = [("all" if i == len(parts) - 1 else f"{first} … {last}",
              *[found[family, name, first, last] for family in FAMILIES for name in SCHEDULES])
             for i, (first, last) in enumerate(parts)]
    return table(["positions", *[f"{name}: {which}" for name in FAMILIES.values() for which in SCHEDULES]], lines)


def page(tables):
    together = losses(tables["kv_together"], "model", "keys", "values", "queries", "probabilities")
    need = "; ".join(f"the {name} model needs {least_within(tables['kv_lengths'], 'queries', family, 0.001) or 'more than 16'} for queries and "
                     f"{least_within(tables['kv_lengths'], 'probabilities', family, 0.001) or 'more than 16'} for probabilities"
                     for family, name in FAMILIES.items())
    return f"""# Accuracy against formats of the key/value cache

<!-- Written by scripts/kv_cache_study; do not edit. -->

```sh
scripts/kv_cache_study    # writes this page again
```

Perplexity that the two small models of [precision.md](../precision.md) lose on the held-out text when keys, values, queries or
probabilities are rounded as a machine has them ([evaluate.md](../evaluate.md#attention)): against the same INT4 weights and FP16 activations with
an attention in FP32. Heads of both models have 32 elements, so that keys in groups of 64 along the head have one group a token;
values have groups of 64 along the tokens, of which a window has two. `anda-sim evaluate` gives every single figure:

```sh
scripts/anda-sim evaluate tests/data/small_models/llama --tokens tests/data/small_models/held_out.npy --keys int4
```

## Keys and values

Loss with keys or values in a format; `int4` is integers of 4 bits with an FP16 scale for each group, `anda5` a sign and a mantissa
of 4 bits with an exponent for each group.

{by_tensor(tables["kv_cache"], "format", FORMATS, ("keys", "values"))}
Keys with groups along the tokens and values with groups along the head, the other way round than GeMMs read them:

{other_axis(tables["kv_cache"])}
## Queries and probabilities

Loss with queries or probabilities of a mantissa length.

{by_tensor(tables["kv_lengths"], "mantissa_bits", LENGTHS, ("queries", "probabilities"))}
Within 0.1 % for this and all longer lengths, {need}.

## All together

{table(["keys", "values", "queries", "probabilities", *FAMILIES.values()],
       [(*row, *[together[(family, *map(str, row))] for family in FAMILIES]) for row in TOGETHER])}
## A schedule

Loss by the position of a token in its window. "long": mantissas of {LONG[0]} bits for A_qkv, A_o, A_u and A_d, of {LONG[1]} for A_q and A_p,
and a cache of anda{LONG[2]}; "short": {SHORT[0]}, {SHORT[1]} and anda{SHORT[2]}; "schedule": long up to position {CHANGE - 1}, short from {CHANGE} on:

```yaml
{schedule_config(LONG, SHORT, "llama").split(chr(10), 1)[1].strip()}
```

{schedule_table(tables["kv_schedule"])}
Tokens before the change lose what they lose with the long lengths; those after it still read the long keys and values of the others.
"""


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="scripts/kv_cache_study", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=SOURCE / "docs" / "precision", help="folder of the page (docs/precision)")
    parser.add_argument("--program", help="the anda-sim to run; without it, the tree's own is built")
    parser.add_argument("--tokens", type=Path, default=MODELS / "held_out.npy", help="what perplexities are measured on")
    options = parser.parse_args(arguments)

    evaluator = Evaluator(Simulator(options.program), options.tokens)
    with tempfile.TemporaryDirectory() as temporary:
        data = {"kv_cache": format_study(evaluator), "kv_lengths": length_study(evaluator),
                "kv_together": together_study(evaluator), "kv_schedule": schedule_study(evaluator, temporary)}
    options.out.mkdir(parents=True, exist_ok=True)
    write_tables(options.out, data)
    (options.out / "kv_cache.md").write_text(page(read_tables(options.out)))
    print(f"{options.out}/kv_cache.md")
