# SPDX-License-Identifier: Apache-2.0
"""The measurements of scripts/precision_study with anda-sim: perplexities and searches of tests/data/small_models.

Rows are tuples of JSON values; losses are relative to the perplexity of the baseline: FP16 activations with the same weights.
"""

import itertools
from pathlib import Path

from anda_sim.bit_operations import TENSORS, bit_operations, multiplications
from anda_sim.common import strict_json
from anda_sim.common.tree import SOURCE

MODELS = SOURCE / "tests" / "data" / "small_models"
FAMILIES = {"opt": "OPT", "llama": "LLaMA"}
UNIFORM = range(2, 14)
GROUP_SIZES = [16, 32, 64, 128, 256]
GROUP_BITS = range(3, 11)
ALONE = range(1, 11)
LONGEST = 16
TOLERANCES = [0.001, 0.01, 0.05]
AROUND = 2  # range in bits of the combinations tried around one that is no better than uniform
TOO_MUCH = 2  # times the tolerance: skips combinations nowhere longer than one that loses this much
AT_A_TIME = 8  # combinations per call


class SmallModels:
    """Results of anda-sim for the small models; searches write to `folder`."""

    def __init__(self, simulator, folder, threads=None):
        self.simulator, self.folder = simulator, Path(folder)
        self.threads = ["--threads", threads] if threads else []

    def evaluate(self, family, tokens, precisions, *options):
        """The FP16 baseline and the perplexity of each precision, in their order."""
        words = [word for precision in precisions for word in ("--precision", precision)]
        answer = self.simulator.call("evaluate", MODELS / family, "--tokens", tokens, "--json", *words, *self.threads, *options)
        report = strict_json.loads(answer, "what anda-sim evaluate prints")
        return report["baseline"], [row["perplexity"] for row in report["results"]]

    def search(self, family, tokens):
        """The folder of the search and the content of its search.json; an unmet tolerance is not an error."""
        out = self.folder / family
        self.simulator.call("search", "--model-dir", MODELS / family, "--tokens", tokens, "--quiet", "--out", out, "--per-layer",
                            "--tolerance", ",".join(f"{tolerance:g}" for tolerance in TOLERANCES), *self.threads, accept=(0, 1))
        return out, strict_json.load(out / "search.json")

    def multiplications(self, family):
        """The multiplications of a model by tensor type."""
        return multiplications(self.simulator.call("trace", "--config-json", MODELS / family / "config.json").splitlines())


def listed(combination):
    return ",".join(map(str, combination))


def baselines(models, tokens):
    """(family, parameters, perplexity in FP32 of the stored weights, of INT4 weights, and with FP16 activations)"""
    rows = []
    for family in FAMILIES:
        recipe = strict_json.load(MODELS / family / "recipe.json")
        _, (stored,) = models.evaluate(family, tokens, ["fp32"], "--stored-weights")
        fp16, (rounded,) = models.evaluate(family, tokens, ["fp32"])
        rows.append((family, recipe["parameters"], stored, rounded, fp16))
    return rows


def uniform_study(models, tokens):
    rows = []
    for family in FAMILIES:
        baseline, perplexities = models.evaluate(family, tokens, UNIFORM)
        rows += [(family, bits, value, value / baseline - 1) for bits, value in zip(UNIFORM, perplexities)]
    return rows


def group_study(models, tokens):
    rows = []
    for family in FAMILIES:
        for size in GROUP_SIZES:
            baseline, perplexities = models.evaluate(family, tokens, GROUP_BITS, "--group-size", size)
            rows += [(family, size, bits, value, value / baseline - 1) for bits, value in zip(GROUP_BITS, perplexities)]
    return rows


def tensor_study(models, tokens):
    rows = []
    for family in FAMILIES:
        for at, tensor in enumerate(TENSORS):
            precisions = [listed([bits if i == at else LONGEST for i in range(4)]) for bits in ALONE]
            baseline, perplexities = models.evaluate(family, tokens, precisions)
            rows += [(family, tensor, bits, value, value / baseline - 1) for bits, value in zip(ALONE, perplexities)]
    return rows


def single_bits(folder, tolerance, start):
    """Changes of the loss, from a search log, when one tensor type of one layer has one bit more or one bit less."""
    more, less = [], []
    for line in (folder / "log.jsonl").read_text().splitlines():
        visit = strict_json.loads(line, "log.jsonl")
        if visit.get("stage") != "layers" or visit["tolerance"] != tolerance:
            continue
        changes = [bits - base for layer in visit["layers"] for bits, base in zip(layer, start["combination"])]
        if sorted(map(abs, changes)) == [0] * (len(changes) - 1) + [1]:
            (more if sum(changes) > 0 else less).append(visit["loss"] - start["loss"])
    return more, less


def search_study(models, tokens, calibration):
    """(family, tolerance, met, combination, loss on the calibration tokens, on the held-out ones, BOPs saved,
    iterations, shortest uniform length that the search accepted or None, its BOPs saved; then loss on the calibration
    tokens, on the held-out ones, BOPs saved and iterations layer by layer, all None if nothing met the tolerance; then
    the effect of single bits, see single_bits(), if this saved nothing more)"""
    rows = []
    for family in FAMILIES:
        folder, report = models.search(family, calibration)
        results = report["results"]
        files = [folder / result["file"] for result in results if result["meets_tolerance"]]
        held_out, found = models.evaluate(
            family, tokens, [listed(result["best"]["combination"]) for result in results] + files)
        refined = iter(found[len(results):])
        for result, value in zip(results, found):
            best, uniform, layers = result["best"], result["best_uniform"], result.get("per_layer")
            rows.append((family, result["tolerance"], result["meets_tolerance"], best["combination"], best["loss"],
                         value / held_out - 1, best["bops_saving"], result["iterations"],
                         uniform["combination"][0] if uniform else None, uniform["bops_saving"] if uniform else None,
                         *((layers["loss"], next(refined) / held_out - 1, layers["bops_saving"], layers["iterations"])
                           if layers else [None] * 4),
                         single_bits(folder, result["tolerance"], best)
                         if layers and layers["bops"] == best["bops"] else None))
    return rows


def beaten_nowhere(combination, others):
    """Whether the combination, compared with each of the others, is longer for at least one tensor type."""
    return all(any(mine > its for mine, its in zip(combination, other)) for other in others)


def around_study(models, calibration, search):
    """For each search result that saves no more than the uniform one: (family, tolerance, combination, number of cheaper
    combinations within AROUND bits, number of these evaluated, the cheapest within the tolerance or None, the
    combination of least loss, its loss)"""
    rows = []
    for family, tolerance, _, combination, _, _, saving, _, _, uniform_saving, *_ in search:
        if uniform_saving is None or saving > uniform_saving:
            continue
        counts = models.multiplications(family)
        near = itertools.product(*[range(max(1, bits - AROUND), bits + AROUND + 1) for bits in combination])
        cheaper = [c for c in near if bit_operations(counts, c) < bit_operations(counts, combination)]
        waiting = sorted(cheaper, key=lambda c: bit_operations(counts, c), reverse=True)
        losses, too_much = {}, []
        while waiting := [c for c in waiting if beaten_nowhere(c, too_much)]:
            batch, waiting = waiting[:AT_A_TIME], waiting[AT_A_TIME:]
            baseline, perplexities = models.evaluate(family, calibration, map(listed, batch))
            losses.update((c, value / baseline - 1) for c, value in zip(batch, perplexities))
            too_much = [c for c, loss in losses.items() if loss > TOO_MUCH * tolerance]
        within = [c for c, loss in losses.items() if loss <= tolerance]
        least = min(losses, key=losses.get)
        rows.append((family, tolerance, combination, len(cheaper), len(losses),
                     list(min(within, key=lambda c: bit_operations(counts, c))) if within else None,
                     list(least), losses[least]))
    return rows
