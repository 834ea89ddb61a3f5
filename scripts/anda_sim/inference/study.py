# SPDX-License-Identifier: Apache-2.0
"""How much of the speedup of the GeMMs is left in a whole inference, over
context, batch and format of the cache.

Simulates a prefill and a decode of LLaMA-13B and LLaMA-3-8B on FP-FP and on
Anda for every context, batch and format of the key/value cache, with the GeMMs
alone beside them, latent attention and shared operands at single points, and
prints the page docs/inference.md, or writes it to FILE.
"""

import argparse
import itertools
from pathlib import Path

from ..common.errors import InputError
from ..common.files import write_atomically
from ..common.options import whole_number
from ..progress import bar
from ..simulator import Simulator
from . import page, variants
from .points import CACHES, MODELS, Point, measure

CONTEXTS = (512, 2048, 8192, 32768)
BATCHES = (1, 8, 64)


def numbers(text):
    """A list of whole numbers from 1 on."""
    return [whole_number(1, 1 << 24)(part) for part in text.split(",")]


def points(contexts, batches):
    """Every combination. The context of a prefill is its prompt, that of a decode what the cache holds."""
    for model, phase, batch, context, cache in itertools.product(MODELS, ("prefill", "decode"), batches, contexts, CACHES):
        if phase == "prefill" and batch > 1:
            continue  # the prefills of a batch add up
        yield Point(model, phase, context, batch, cache)


def main(arguments):
    parser = argparse.ArgumentParser(prog="scripts/inference_study", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the page here instead of printing it")
    parser.add_argument("--contexts", type=numbers, default=CONTEXTS, metavar="N,…")
    parser.add_argument("--batches", type=numbers, default=BATCHES, metavar="N,…")
    options = parser.parse_args(arguments)
    if options.page and options.page.is_dir():
        raise InputError(f"--page {options.page}: is a folder")
    simulator = Simulator()
    wanted = list(points(options.contexts, options.batches))
    results = {}
    found = {}
    with bar(total=len(wanted) + len(variants.variants()), desc="inferences") as progress:
        for point in wanted:
            results[point] = measure(simulator, point)
            progress.update()
        for variant in variants.variants():
            found[variant] = variants.measure(simulator, variant)
            progress.update()
    text = page.page(results, found)
    if options.page:
        write_atomically(options.page, text)
    else:
        print(text, end="")
    return 0
