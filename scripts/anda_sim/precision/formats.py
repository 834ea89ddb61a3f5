# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md: operand formats with their bits, what they leave of
recorded values, what they cost the small models, and time and energy where
the machine has them.

Writes DIR/formats.md and the figures on it as DIR/precision/formats.csv; DIR
is docs unless told otherwise. The simulator is built first unless --program
names it.
"""

import argparse
import csv
import math
import tempfile
from pathlib import Path

import numpy

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError
from anda_sim.common.tree import SOURCE
from anda_sim.simulator import Simulator

from .formats_text import INTRODUCTION
from .measures import FAMILIES, MODELS
from .page import percent, table

TOKENS = 8192  # taken from the text: 64 windows of the small models
ROW = 4096  # values per row, over which shared bits are amortised
MEASURED = ("activations_db", "weights_db", "activations_loss", "weights_loss", "cache_loss")
COLUMNS = ["format", "element_bits", "group", "shared_bits", "bits_per_value", "decoder", "source",
           *[f"{family}_{what}" for family in FAMILIES for what in MEASURED],
           "array_cycles", "array_energy_pj", "weights_bytes", "weights_cycles", "activations_bytes", "cache_bytes", "decode_cycles", "decode_energy_pj"]
ARRAY = {"m": 2048, "k": 5120, "n": 5120}
DECODED = {"m": 1, "k": 5120, "n": 5120}
READ = {"m": 2048, "k": 5120, "n": 64}
READ_WEIGHTS = READ["k"] * READ["n"] // 2 + READ["k"] // 128 * READ["n"] * 2
DECODE = ["workload.model=LLaMA-7B", "workload.scope=layer", "workload.phase=decode", "workload.tokens=1024", "systems=[anda]",
          "simulation.fold_layers=true"]


class Study:
    """Runs anda-sim on the small models and on tensors recorded from them."""

    def __init__(self, program, tokens, folder):
        self.simulator, self.folder = Simulator(program), Path(folder)
        self.tokens = self.folder / "tokens.npy"
        numpy.save(self.tokens, numpy.load(tokens).reshape(-1)[:TOKENS])

    def answer(self, *arguments):
        return strict_json.loads(self.simulator.call(*arguments, "--json"), "what anda-sim prints")

    def formats(self):
        return self.answer("formats", "--elements", ROW)["formats"]

    def record(self, family):
        """Records inputs and weights of one window's FP-INT GeMMs, with rows along k: {kind: [files]}."""
        from anda_sim.pytorch.record import main as record  # importing torch is slow

        out = self.folder / family
        record([str(MODELS / family), "--tokens", str(self.tokens), "--out", str(out)])
        files = {"activations": [], "weights": []}
        seen = set()
        for path in sorted((out / "tensors").glob("*.activations.npy"), key=lambda path: int(path.name.split(".")[0])):
            weights = numpy.load(path.with_name(path.name.replace("activations", "weights")))
            rows = path.with_name(path.name.replace("activations", "rows"))
            numpy.save(rows, numpy.ascontiguousarray(weights.T))
            files["weights"].append(rows)
            content = path.read_bytes()
            if content not in seen:  # q, k and v share one input
                files["activations"].append(path)
            seen.add(content)
        return files

    def sqnr(self, files, names):
        """Mean of the SQNR in dB over the files, by format; None where values become infinite."""
        sums = {}
        for path in files:
            wanted = [word for name in names for word in ("--format", name)]
            for entry in self.answer("formats", "--measure", path, *wanted)["formats"] if names else ():
                sums.setdefault(entry["name"], []).append(entry["sqnr_db"])
        return {name: None if None in sums.get(name, [None]) else sum(sums[name]) / len(sums[name]) for name in names}

    def perplexities(self, family, *options):
        report = self.answer("evaluate", MODELS / family, "--tokens", self.tokens, *options)
        return report["baseline"], [row["perplexity"] for row in report["results"]]

    def losses(self, family, names):
        """{name: loss} with activations, with weights, and with keys and values in each format. Codebooks are learnt from weights only."""
        found = {"activations": dict.fromkeys(names), "weights": {}, "cache": dict.fromkeys(names)}
        taken = [name for name, learnt in names.items() if not learnt]
        if taken:
            activations, results = self.perplexities(family, *[word for name in taken for word in ("--activations", name)])
            found["activations"].update({name: value / activations - 1 for name, value in zip(taken, results)})
        stored, _ = self.perplexities(family, "--stored-weights")
        for name in names:
            found["weights"][name] = self.perplexities(family, "--weights", name)[0] / stored - 1
            if name not in taken:
                continue
            try:
                options = ("--keys", name, "--values", f"{name}/token")
                found["cache"][name] = self.perplexities(family, "--precision", "fp16", *options)[1][0] / activations - 1
            except InputError:
                found["cache"][name] = None
        return found

    def run(self, *settings, **keys):
        """The system of a run; None if the machine does not support the settings."""
        options = [word for setting in settings for word in ("--set", setting)]
        try:
            return self.simulator.results("run", keys.get("config", "-"), "report.json", *options)["systems"][0]
        except InputError:
            return None

    def array(self, entry):
        """A GeMM that the Anda array computes with the format for its activations (in groups of the format's size) or its weights;
        None if the array does not support it."""
        if entry["family"] == "anda":
            settings = [f"precision={entry['element_bits'] - 1}", f"accelerator.format.group_size={entry['group']}"]
        elif entry["family"] == "int":
            settings = ["precision=8", f"accelerator.mxu.weight_bits={max(4, entry['element_bits'])}",
                        f"accelerator.format.weights={entry['name']}"]
        else:
            settings = [f"accelerator.format.activations={entry['name']}", f"accelerator.format.group_size={entry['group']}",
                        "precision.output=fp16"]
        return self.run(*settings, config=self.gemm("anda", ARRAY))

    def weights(self, name):
        """A one-token GeMM on the FP-FP array with weights stored in the format; None if the machine cannot store it."""
        return self.run(f"accelerator.format.weights={name}", config=self.gemm("fp-fp", DECODED))

    def activations(self, name):
        """A GeMM on the FP-FP array with activations stored in the format; None if the machine cannot store it."""
        return self.run(f"accelerator.format.activations={name}", config=self.gemm("fp-fp", READ))

    def gemm(self, system, shape):
        (self.folder / "gemm.csv").write_text("name,layer,tensor,m,k,n\ng,0,A_u,{m},{k},{n}\n".format(**shape))
        (self.folder / "gemm.yaml").write_text(f"workload: {{trace: gemm.csv}}\nsystems: [{system}]\n")
        return self.folder / "gemm.yaml"

    def decode(self, name):
        """A decode pass of one layer with keys and values in the format, both grouped along the head."""
        (self.folder / "decode.yaml").write_text("name: decode\n")
        cache = [f"kv_cache.{part}.{key}" for part in "kv" for key in (f"format={name}", "axis=token")]
        return self.run(*DECODE, *cache, config=self.folder / "decode.yaml")


def rows_of(study, measured=None, known=None):
    """Rows of the table. Rows in `measured` (all by default) are measured; the others take the small models' results from `known`."""
    entries = study.formats()
    names = {entry["name"]: "codebook_bits" in entry for entry in entries if measured is None or entry["name"] in measured}
    known = {row["format"]: row for row in known or []}
    by_family = {}
    for family in FAMILIES if names else ():
        files = study.record(family)
        values = [name for name, learnt in names.items() if not learnt]
        by_family[family] = {"activations_db": {**dict.fromkeys(names), **study.sqnr(files["activations"], values)},
                             "weights_db": study.sqnr(files["weights"], names),
                             **{f"{kind}_loss": losses for kind, losses in study.losses(family, names).items()}}
    for entry in entries:
        name = entry["name"]
        array, weights, decode = study.array(entry), study.weights(name), study.decode(name)
        activations = study.activations(name)
        small = ([by_family[family][what][name] for family in FAMILIES for what in MEASURED] if name in names else
                 [known.get(name, {}).get(f"{family}_{what}") for family in FAMILIES for what in MEASURED])
        yield [name, entry["element_bits"], entry["group"], entry["shared_bits"], entry["bits_per_value"], entry["decoder"],
               entry["source"],
               *small,
               *([array["cycles"], array["energy_pj"]["total"]] if array else [None, None]),
               *([weights["dram_bytes"]["read"] - DECODED["k"] * 2, weights["cycles"]] if weights else [None, None]),
               activations["dram_bytes"]["read"] - READ_WEIGHTS if activations else None,
               *([decode["kv_cache_bytes"], decode["cycles"], decode["energy_pj"]["total"]] if decode else [None, None, None])]


def write_table(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(["" if value is None or (isinstance(value, float) and not math.isfinite(value))
                             else f"{value:.6g}" if isinstance(value, float) else value for value in row])


def read_table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def number(text, form):
    return form(float(text)) if text else "n/a"


def group_text(row):
    return {"0": "row", "1": "–"}.get(row["group"], row["group"])


def decibel(value):
    return f"{value:.1f}"


def page(rows):
    bits = table(["format", "bits of an element", "group", "shared bits", "bits per value", "an array needs to decode"],
                 [(f"`{row['format']}`", row["element_bits"], group_text(row), row["shared_bits"],
                   f"{float(row['bits_per_value']):.4g}", row["decoder"]) for row in rows])
    sqnr = table(["format", "bits per value", *[f"{name}: {kind}" for name in FAMILIES.values() for kind in ("activations", "weights")]],
                 [(f"`{row['format']}`", f"{float(row['bits_per_value']):.4g}",
                   *[number(row[f"{family}_{kind}_db"], decibel) for family in FAMILIES for kind in ("activations", "weights")])
                  for row in rows])
    loss = table(["format", *[f"{name}: {kind}" for name in FAMILIES.values() for kind in ("activations", "weights", "keys and values")]],
                 [(f"`{row['format']}`", *[number(row[f"{family}_{kind}_loss"], percent) for family in FAMILIES
                                           for kind in ("activations", "weights", "cache")]) for row in rows])
    machine = table(["format", "GeMM: Mcycles", "GeMM: mJ", "weights: MB", "weights: kcycles", "activations: MB", "decode: cache (MiB)",
                     "decode: kcycles", "decode: mJ"],
                    [(f"`{row['format']}`", number(row["array_cycles"], lambda v: f"{v / 1e6:.2f}"),
                      number(row["array_energy_pj"], lambda v: f"{v * 1e-9:.2f}"), number(row["weights_bytes"], lambda v: f"{v / 1e6:.2f}"),
                      number(row["weights_cycles"], lambda v: f"{v / 1e3:.1f}"),
                      number(row["activations_bytes"], lambda v: f"{v / 1e6:.2f}"), number(row["cache_bytes"], lambda v: f"{v / 2 ** 20:.2f}"),
                      number(row["decode_cycles"], lambda v: f"{v / 1e3:.0f}"), number(row["decode_energy_pj"], lambda v: f"{v * 1e-9:.3f}"))
                     for row in rows])
    sources = "\n".join(f"- `{row['format']}`: {row['source']}." for row in rows)
    return f"""{INTRODUCTION}
## The shipped formats

`anda-sim formats` prints this for any format; rows have {ROW} values.

{bits}
{sources}

## What they leave of recorded values

SQNR in dB, the mean over the GeMMs of a window of the two small models of [precision.md](precision.md): of their inputs, recorded by
`scripts/record_activations`, each token a row, and of their weights, each output a row along k. n/a, here and below: not measured, or not
to be had of the format.

{sqnr}
## What they cost the small models

Loss of perplexity on the first {TOKENS} tokens of the held-out text. Activations: the inputs of all FP-INT GeMMs, against FP16 with the same
INT4 weights. Weights: those of all FP-INT GeMMs, against stored weights, with FP16 activations. Keys and values: both, in groups along the head
(32 elements), against an attention in FP32.

{loss}
## Time and energy

GeMM: {ARRAY['m']} × {ARRAY['k']} × {ARRAY['n']} on the Anda array, for formats that it multiplies: Anda groups as activations with INT4 weights,
integers as weights with activations of 8 bits, and integers under a power of two as activations, in a machine whose groups have their size,
which leaves lanes of its 64 idle; their results are FP16. Weights: {DECODED['m']} × {DECODED['k']} × {DECODED['n']} on the FP-FP array, which decodes
them; its energy is n/a, as that of decoders. Activations: those of {READ['m']} × {READ['k']} × {READ['n']} on the same array.
Decode: one token of a LLaMA-7B layer with 1024 tokens in the cache, keys and values in the format, for formats that the machine stores; the
vector unit multiplies them. n/a: the machine does not.

{machine}"""


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="scripts/format_study", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=SOURCE / "docs", help="folder of the page (docs)")
    parser.add_argument("--program", help="the anda-sim to run; without it, the tree's own is built")
    parser.add_argument("--tokens", type=Path, default=MODELS / "held_out.npy", help="what perplexities are measured on")
    parser.add_argument("--measure", nargs="+", metavar="NAME",
                        help="formats to measure on the small models (all); the others keep their figures of DIR/precision/formats.csv")
    options = parser.parse_args(arguments)

    path = options.out / "precision" / "formats.csv"
    known = read_table(path) if options.measure else None
    with tempfile.TemporaryDirectory() as temporary:
        rows = list(rows_of(Study(options.program, options.tokens, temporary), options.measure, known))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, rows)
    (options.out / "formats.md").write_text(page(read_table(path)))
    print(f"{options.out}/formats.md")
