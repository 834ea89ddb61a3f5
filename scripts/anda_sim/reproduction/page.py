# SPDX-License-Identifier: Apache-2.0
"""Writes docs/reproduction.md from the results of scripts/reproduce_paper."""

import math

from .terms import NAMES, SENSITIVITY

TOLERANCE = {"speedup": 0.05, "area_efficiency": 0.05, "energy_efficiency": 0.15}
PE_TOLERANCE = 0.02


def table(headings, rows):
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def percent(share, digits=0):
    return f"{share:.{digits}%}".replace("%", " %")


def verdict(paper, ours, tolerance):
    """The ratio, and whether it is within the tolerance."""
    ratio = ours / paper
    return f"{ratio:.3f}", "yes" if abs(ratio - 1) <= tolerance else "**no**"


def same_digits(paper, ours):
    if f"{ours:.2f}" == f"{paper:.2f}":
        return "yes"
    return "yes, truncated instead of rounded" if math.floor(ours * 100) == round(paper * 100) else "**no**"


REASONS = {
    ("anda-0.1", "area_efficiency"): "Table III's total, 2.17 mm², is less than its components, 2.21 mm²; "
                                     "here they are added up",
    ("anda-0.1", "energy_efficiency"): "Anda moves less than half of the bits of FP16, and DRAM is half of FP-FP's "
                                       "energy: the published figures leave Anda some energy that does not shrink with "
                                       "its mantissas",
    ("ifpu", "energy_efficiency"): "no energy for converting activations is published; see the sensitivity",
}
REASONS[("figna", "energy_efficiency")] = REASONS[("ifpu", "energy_efficiency")]
REASONS[("anda-1", "area_efficiency")] = REASONS[("anda-0.1", "area_efficiency")]
REASONS[("anda-1", "energy_efficiency")] = (
    "the published figures leave energy outside the array that does not shrink with the mantissas; see below")


def system_table(rows):
    lines = []
    for system, metric, paper, ours in rows:
        if system == "fp-fp":
            continue
        name = NAMES[system].replace("% loss", " % loss")
        if paper is None:
            lines.append((name, metric.replace("_", " "), "n/a", f"{ours:.2f}", "", "", "", "not in the data file"))
        else:
            tolerance = TOLERANCE[metric]
            reason = REASONS.get((system, metric), "")
            lines.append((name, metric.replace("_", " "), f"{paper:.2f}", f"{ours:.2f}",
                          *verdict(paper, ours, tolerance)[:1], f"{tolerance:.0%}".replace("%", " %"),
                          verdict(paper, ours, tolerance)[1], reason))
    return table(["system", "metric", "paper", "ours", "ratio", "tolerance", "inside", "reason"], lines)


def systems(data, plot):
    return f"""# Reproducing the paper's figures

<!-- Written by scripts/reproduce_paper; a test compares the two. -->

```sh
scripts/reproduce_paper
```

simulates everything on this page and writes it. The published figures are those of C. Fang et al., "Anda: Unlocking Efficient LLM
Inference with a Variable-Length Grouped Activation Data Format", HPCA 2025, arXiv 2411.15982, collected in
[reproduction/published.yaml](reproduction/published.yaml). The constants of the simulator are those of components
(Table III, Fig. 15, the energy of HBM2); none is fitted to a result of a whole system. "inside": within the tolerance.

## Systems on nine models (Fig. 16)

Geometric means over the nine models, a prefill of 2048 tokens, against FP-FP
([systems.csv](reproduction/systems.csv), every model: [models.csv](reproduction/models.csv)).

{plot("systems", "speedup, area and energy efficiency of the systems, published and simulated")}{system_table(data["systems"])}
"""


def elements(data, plot):
    rows = [(name, metric.replace("_", " "), bits, f"{paper:.2f}", f"{ours:.2f}", *verdict(paper, ours, PE_TOLERANCE))
            for name, metric, bits, paper, ours in data["pe"] if name != "FP-FP"]
    headings = ["element", "metric", "mantissa bits", "paper", "ours", "ratio", "inside 2 %"]
    return f"""## Processing elements (Fig. 15)

One output tile through each element; the array alone, against FP-FP ([elements.csv](reproduction/elements.csv)). Area and power
ratios are inputs from the same figure; cycles are simulated. The published efficiencies of FIGNA-M11 and -M8 are those at
the throughput of FIGNA (they are 1 / area and 1 / power), while in Fig. 16 their systems are 16/11 and 2 times as fast. The
simulator takes 11 and 8 cycles; this table sets them back to 16. The sensitivity below shows the effect on energy.

{plot("elements", "area and energy efficiency of processing elements, published and simulated")}{table(headings, rows)}
"""


def bit_operations(data, plot):
    rows = [(model, loss + " %", "[" + ", ".join(map(str, bits)) + "]", f"{paper:.2f}", f"{ours:.4f}", same_digits(paper, ours))
            for model, loss, bits, paper, ours in data["bops"]]
    return f"""## Bit operations saved (Table II)

An FP16 × INT4 multiplication counts as 64 bit operations, one of Anda as mantissa bits × weight bits. Tensors are weighted by their
multiply-accumulates ([bops.csv](reproduction/bops.csv)). Two of the published figures are truncated, the others are rounded.

{plot("bops", "bit operations saved on nine models")}{table(["model", "loss", "mantissa bits", "paper", "ours", "same digits"], rows)}
"""


def area_and_power(data, plot):
    rows = [(component.replace("_", " "), *[text for paper, ours in pair for text in
             (f"{paper:.2f}", f"{ours:.2f}", *verdict(paper, ours, PE_TOLERANCE))])
            for component, pair in data["table_iii"].items()]
    headings = ["component", "area (mm²): paper", "ours", "ratio", "inside 2 %", "power (mW): paper", "ours", "ratio", "inside 2 %"]
    return f"""## Area and power (Table III)

Anda running LLaMA-13B within 1 % accuracy loss ([area_power.csv](reproduction/area_power.csv)). Areas, and the powers of array,
compressor, vector unit and controller, are inputs. The powers of the buffers are inputs through the bits per cycle of this very run,
so the table shows that nothing is lost on the way; it is not a prediction.

{table(headings, rows)}
"""


def energy_of_llama(data, plot):
    rows = [(NAMES[system].replace("% loss", " % loss"), *[percent(share, 1) for share in shares])
            for system, *shares in data["breakdown"]]
    return f"""## Energy of LLaMA-13B

Shares of FP-FP's total ([breakdown.csv](reproduction/breakdown.csv)). The published figure is a plot whose numbers are not in
published.yaml, so there is nothing to compare with.

{plot("breakdown", "energy of LLaMA-13B on every system by compute, SRAM and DRAM")}{table(["system", "compute", "SRAM", "DRAM", "total"], rows)}
"""


def energy_of_anda(data, plot):
    rows = [(what.replace("% loss", " % loss"), *[f"{number:.2f}" for number in numbers]) for what, *numbers in data["anda_energy"]]
    energy = {what: numbers for what, *numbers in data["anda_energy"]}
    reread = [energy[f"energy efficiency, {NAMES[system]}"] for system in ("fp-int", "ifpu", "figna", "anda-0.1", "anda-1")]
    farthest = max(abs(again / paper - 1) for paper, _, again in reread)
    return f"""## Why Anda's energy differs

FP-INT, iFPU and FIGNA differ from FP-FP only in the array. Each of their efficiencies, together with Fig. 15, therefore gives the
array's share of FP-FP's energy. With this share, and Fig. 15's Anda element at the speedup of Fig. 16, follows the part of Anda's
energy outside the array.

{table(["geometric means over the nine models", "paper", "ours", "ours, weights reloaded every 128 rows"], rows)}
The three published baselines agree with each other: they have more energy outside the array than is simulated here. Published Anda
has nearly as much of it at 1 % loss as at 0.1 %, though its mantissas are shorter; in the simulation it shrinks with them. Part of the
traffic of the published machine therefore seems independent of mantissas. The simulated machine has hardly any such traffic: under the
assumed tiling weights are read from DRAM once, and nearly all traffic is activations.

These do not explain it: the compressor, vector unit and controller, which take {percent(data["fixed_share"], 1)} of Anda's energy on LLaMA-13B within
1 % loss; the shared exponents, 5 bits for 64 values; results in FP16, SRAM or conversion (sensitivity). If only Anda's DRAM energy at
1 % loss were wrong, it would have to be {data["dram_factor"]:.2f} times as large.

A single assumption brings all five within {math.ceil(100 * farthest)} % of the published ones: a tiling that reloads the weights for every 128 rows
of activations instead of keeping them for all 2048. Even then the difference between the two losses stays larger than the published
one. The tiling is not published. It is not changed here, because it would be fitted to the results that it should predict.

"""


def assumptions(data, plot):
    rows = [(what, value, *[f"{number:.3f}" for number in numbers]) for what, value, *numbers in data["sensitivity"]]
    headings = ["assumption", "changed to"] + [f"{system} {metric.split('_')[0]}" for system, metric in SENSITIVITY]
    return f"""## Assumptions and their effect

Where the paper gives no figure, the simulator makes an assumption. The table changes one assumption at a time and shows geometric
means over the nine models against FP-FP ([sensitivity.csv](reproduction/sensitivity.csv)). The tiling matters most: with the steps of
least traffic every system reads so little from DRAM that its array dominates. A narrow weight port limits what short mantissas save.

{table(headings, rows)}
| assumption | reason |
|---|---|
| tiling: weights of k × 64 columns stay, rows of activations stream past | fills half of each buffer at about the same k; not published |
| weights reloaded: no, they stay for all rows | not published; the rows show the cost if they have to leave earlier |
| DRAM energy: 3.9 pJ/bit, flat | published; without commands or background |
| SRAM energy: Table III's power over the bits per cycle that this simulator counts | the activity of the published run is not published |
| weight port: 1024 bit | published word width; INT4 weights of a group take 4 cycles; at 512 bit they take 8, and groups of fewer than 7 mantissa bits wait |
| activation port: two words of 1024 bit per cycle to the array | FP16 needs them for 8 cycles per group; with one, FIGNA-M11 and -M8 are no faster than FIGNA. Anda and the others need one |
| conversion at every read (iFPU, FIGNA): the compressor's power over 64 values per cycle, 0.0581 pJ per value | nothing is published; no time, no area |
| iFPU width: 24-bit mantissas, 16 cycles | the width is in Fig. 15's ratios and has no further effect on time or energy |
| energy of FIGNA-M11 and -M8: Fig. 15's power for 11 and 8 cycles | see processing elements |
| results: written in the format of the tensor computed from them | softmax and activation functions come between; not modelled |
| pipeline fill 8 cycles, DRAM latency 38 ns | not published; incurred once per GeMM |
"""


def page(data, plots):
    def plot(name, text):
        return f"![{text}](reproduction/{name}.svg)\n\n" if plots else ""

    sections = (systems, elements, bit_operations, area_and_power, energy_of_llama, energy_of_anda, assumptions)
    return "".join(section(data, plot) for section in sections)
