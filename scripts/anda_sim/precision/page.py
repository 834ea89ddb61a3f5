# SPDX-License-Identifier: Apache-2.0
"""Writes docs/precision.md from the measurements of scripts/precision_study."""

from .measures import ALONE, AROUND, FAMILIES, LONGEST, TENSORS, TOO_MUCH


def percent(loss):
    return f"{100 * loss + 0.0:.2f} %" if abs(loss) >= 5e-5 else "0.00 %"


def precise(loss):
    return f"{100 * loss:.3f} %"


def table(headings, rows):
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def grid(rows, row_at, column_at, value_at):
    """A table with rows by one field and columns by another."""
    columns = list(dict.fromkeys(row[column_at] for row in rows))
    values = {(row[row_at], row[column_at]): row[value_at] for row in rows}
    return columns, [(key, *[percent(values[key, column]) for column in columns])
                     for key in dict.fromkeys(row[row_at] for row in rows)]


def first_within(rows, loss, bits_at):
    return min((row[bits_at] for row in rows if row[-1] <= loss), default=None)


def tensor_remark(rows):
    """Text on the measured bits that each tensor type of each model needs for a loss within 1 %."""
    parts = []
    for family, name in FAMILIES.items():
        need = {tensor: first_within([r for r in rows if r[0] == family and r[1] == tensor], 0.01, 2)
                for tensor in TENSORS}
        words = [f"{bits or f'more than {max(ALONE)}'} for {tensor}" for tensor, bits in need.items()]
        parts.append(f"the {name} model needs {', '.join(words)}")
    return "Alone within 1 %, " + "; ".join(parts) + "."


def search_remark(rows):
    worse = [row for row in rows if row[8] is not None and not row[6] > row[9]]
    unmet = [row for row in rows if not row[2]]
    text = ""
    if not worse and not unmet:
        text = "Every combination found saves more bit operations than the shortest uniform one within the same tolerance.\n"
    for row in worse:
        text += f"At {percent(row[1])} the {FAMILIES[row[0]]} model's combination saves no more than the uniform length {row[8]}.\n"
    for row in unmet:
        text += f"At {percent(row[1])} no combination tried keeps the {FAMILIES[row[0]]} model within the tolerance.\n"
    over = [row for row in rows if row[2] and row[5] > row[1]]
    if over:
        text += ("\nOn the held-out text " + "; ".join(
            f"the {FAMILIES[row[0]]} model's {row[3]} loses {percent(row[5])}, more than the {percent(row[1])} allowed"
            for row in over) + ": a search guarantees its tolerance only on its own tokens.\n")
    return text


def around_remark(rows):
    text = ""
    for family, tolerance, combination, cheaper, evaluated, within, least, loss in rows:
        allowed = percent(tolerance)
        text += (f"\nOf the {cheaper} combinations within {AROUND} bits of {combination} that cost less, {evaluated} were evaluated "
                 f"for the {FAMILIES[family]} model on the calibration tokens, whether or not the search reaches them; the "
                 f"others are nowhere longer than a combination that loses more than {TOO_MUCH} × {allowed}. ")
        if within:
            text += f"The cheapest that loses no more than {allowed} is {within}, which the search does not reach.\n"
        else:
            text += (f"None loses {allowed} or less; the least loss is {percent(loss)}, of {least}: with one combination for all "
                     "layers, nothing near it is better.\n")
    return text


def layers_remark(rows):
    rows = [row for row in rows if row[10] is not None]
    better = [row for row in rows if row[12] > row[9]]
    if rows and len(better) == len(rows):
        least, most = (function(row[12] / row[9] for row in rows) for function in (min, max))
        text = (f"Layer by layer the search beats the uniform combination at every tolerance, by {100 * (least - 1):.0f} to "
                f"{100 * (most - 1):.0f} % of the bit operations saved.\n")
    else:
        text = f"Layer by layer the search beats the uniform combination in {len(better)} of {len(rows)} cases.\n"
    for family, tolerance, *_, (more, less) in (row for row in rows if row[14]):
        helpful = [change for change in more if change < 0]
        most = max(map(abs, helpful), default=0)
        text += (f"\nAt {percent(tolerance)} it removes no bits from the {FAMILIES[family]} model. There is hardly anything to trade: "
                 f"of its {len(more)} lengths, {len(helpful)} lose less with one bit more, by {precise(most)} at most, while "
                 f"one bit less of any loses at least {precise(min(less))} more, with {precise(tolerance)} allowed in all. This is "
                 "not noise: the tokens are the same, and repeated measurements give the same perplexities. Errors of different "
                 "lengths partly cancel, so one error less need not be a gain.\n")
    over = [row for row in rows if row[11] > row[1]]
    if over:
        text += ("\nOn the held-out text " + "; ".join(
            f"the {FAMILIES[row[0]]} model loses {percent(row[11])}, more than the {percent(row[1])} allowed" for row in over)
            + ".\n")
    return text


def lengths_for_all(data, plot):
    parts = ["""# Accuracy against mantissa lengths

<!-- Written by scripts/precision_study; do not edit. -->

```sh
scripts/precision_study    # regenerates this page; the plots need scripts/install_dependencies plots
```

Anda is fast because activations need few mantissa bits. How few depends on the model. This page measures it on two
small real models in `tests/data/small_models`: byte-level decoders of the OPT family (learned positions, LayerNorm, ReLU)
and of the LLaMA family (rotary positions, RMSNorm, SwiGLU, two query heads per key/value head), trained by
`scripts/train_small_models` on the King James Bible; the `recipe.json` of each names its sources.

Perplexity is exp of the mean negative log-likelihood of each byte of a book held out from training, after
the first of its window of 128. Weights are INT4, rounded to nearest in groups of 128 along k. The inputs of every
FP-INT GeMM are rounded to FP16 and then to Anda format by the numeric library. The rest is FP32. Losses are against
FP16 activations with the same weights. `anda-sim evaluate` reproduces each figure:

```sh
scripts/anda-sim evaluate tests/data/small_models/llama --tokens tests/data/small_models/held_out.npy --precision 7,6,6,6
```

""", table(["model", "parameters", "FP32", "INT4 weights", "and FP16 activations"],
           [(FAMILIES[family], f"{parameters:,}", f"{stored:.4f}", f"{rounded:.4f}", f"{fp16:.4f}")
            for family, parameters, stored, rounded, fp16 in data["baselines"]]),
             "\n## One mantissa length for all\n\n", plot("uniform", "perplexity lost against the mantissa length")]
    columns, rows = grid(data["uniform"], 1, 0, 3)
    parts += [table(["mantissa bits", *[FAMILIES[column] for column in columns]], rows), """
Truncating mantissas to M bits causes errors below 2^(1 − M) of a group's largest value: each bit removed doubles them. Small
errors can help a model on a text as well as hurt it, hence losses below zero.

## The group size

Loss with one mantissa length for all, by the number of values that share an exponent; 64 is Anda's. A larger group
has a larger maximum, and every other value in it loses bits accordingly.

""", plot("groups", "perplexity lost against the group size")]
    for family, name in FAMILIES.items():
        columns, rows = grid([row for row in data["groups"] if row[0] == family], 2, 1, 4)
        parts += [table([f"{name}: mantissa bits", *[f"groups of {size}" for size in columns]], rows), "\n"]
    return parts


def lengths_of_types(data, plot):
    parts = [f"""## One tensor type at a time

Loss with one tensor type shortened; the others keep {LONGEST} bits.

""", plot("tensors", "perplexity lost against the mantissa length of one tensor type")]
    for family, name in FAMILIES.items():
        columns, rows = grid([row for row in data["tensors"] if row[0] == family], 2, 1, 4)
        parts += [table([f"{name}: mantissa bits", *columns], rows), "\n"]
    return [*parts, tensor_remark(data["tensors"])]


def searches(data, plot):
    return ["""

## The search

`anda-sim search` ([search.md](search.md)) runs on `calibration.npy`, windows drawn at random from the training text. Its
results are then evaluated on the held-out text. Bit operations are against FP16 activations. "Uniform" is the shortest single
length within the tolerance on the same tokens.

""", plot("search", "bit operations saved against perplexity lost"),
              table(["model", "tolerance", "found", "loss, calibration", "loss, held out", "BOPs saved", "uniform",
                     "BOPs saved"],
                    [(FAMILIES[row[0]], f"{100 * row[1]:g} %", f"{row[3]}" + ("" if row[2] else ", not met"),
                      percent(row[4]), percent(row[5]), f"{row[6]:.2f} ×", row[8] or "none",
                      f"{row[9]:.2f} ×" if row[9] else "n/a") for row in data["search"]]),
              "\n", search_remark(data["search"]), around_remark(data["around"])]


def searches_by_layer(data, _):
    return ["""
### Layer by layer

`--per-layer` continues from there: three layers of four lengths each, some of which rise and others fall, within the same
tolerance on the same tokens.

""", table(["model", "tolerance", "loss, calibration", "loss, held out", "BOPs saved", "one for all layers", "uniform",
            "iterations"],
           [(FAMILIES[row[0]], f"{100 * row[1]:g} %", percent(row[10]), percent(row[11]), f"{row[12]:.2f} ×",
             f"{row[6]:.2f} ×", f"{row[9]:.2f} ×", row[13]) for row in data["search"] if row[10] is not None]),
              "\n", layers_remark(data["search"])]


LIMITS = """
## Limits

Two models of two million parameters are not large language models: outliers grow with the size of a model, and with them
the mantissa lengths it needs. The lengths that the paper found for its nine models are in `configs/paper`;
[reproduction.md](reproduction.md) runs them. `anda-sim evaluate` and `anda-sim search` support checkpoints of any size of both
families. Perplexities depend on the order of FP32 sums, so the last digits differ between processors.

[precision/kv_cache.md](precision/kv_cache.md) shows what rounding the attention costs the same models: keys, values, queries and
probabilities.
"""


def page(data, plots):
    def plot(name, text):
        return f"![{text}](precision/{name}.svg)\n\n" if plots else ""

    sections = (lengths_for_all, lengths_of_types, searches, searches_by_layer)
    return "".join(part for section in sections for part in section(data, plot)) + LIMITS
