# SPDX-License-Identifier: Apache-2.0
"""The page docs/inference.md, from the measurements of the study."""

from typing import Dict, Iterable, List, Sequence

from . import variants
from .points import CACHES, MODELS, Measured, Point
from .variants import Found, Variant

COMMAND = "scripts/inference_study --page docs/inference.md"

HEAD = f"""# Whole inferences

Attention, the key/value cache, normalisation and the output head dilute the speedup that Anda has on GeMMs. This page shows what remains.
`{COMMAND}` writes it; the simulator computes every number.

```sh
scripts/anda-sim run configs/llama-13b.yaml --fold-layers --set workload.scope=model --set workload.phase=generate \\
    --set workload.tokens=1024 --set workload.output_tokens=128 --set kv_cache.k.format=int --set kv_cache.v.format=int
```

reports time to first token, time per output token, tokens per second and energy per token; [model.md](model.md#whole-inferences) describes what is
modelled. Both systems here are the machines of the paper. All weights have 4 bits, including those of the output head. The linear layers
use the mantissa lengths of 1 % loss, queries and probabilities 8 bits. Contexts may exceed a model's positions, because only shapes matter here. The memory is
large enough for every cache.

**An FP16 cache costs Anda its lead.** An Anda element multiplies Anda groups by integers; it cannot multiply two FP16 numbers. Attention over an FP16
cache therefore runs on the 64 FPUs of the vector unit, and its share of the time grows with the context. The array accepts a cache of 4-bit integers or
4-bit Anda groups as its second operand: scores and values then run on the array, and the speedup stays.
"""

LIMITS = """
## How to read it

- *Speedup* and *energy* are FP-FP's time and energy divided by Anda's. *GeMMs alone* is the speedup of the linear layers of the decoder, the
  scope of the paper. *Amdahl* is the speedup that would be left if everything else took as long on Anda as it takes on FP-FP.
- *Attention* is the share of scores, softmax, products with values and appends in the time of a system.
- A prefill is of one sequence: sequences of a batch add up. A decode is one token of each sequence of the batch.

## Limits

- Costs of exponential, reciprocal and root on the vector unit (4 cycles of an FPU each) are assumed; no source publishes them for this machine.
- In the tables of the dense models scores and probabilities go through external memory between the operations of attention.
- Operations follow one another. Weights load under the operation before only in the table of weights ahead.
- The loss of accuracy of each cache format is measured in [precision.md](precision.md), on small models.
- Published figures for attention in few bits (Harmonia, BitMoD) are of other machines, models and scopes: Harmonia's 3.08 × is the average
  over linear and attention GeMMs of eight models against other accelerators, BitMoD's simulator has an 8-bit cache and no vector
  operations. Neither states the attention time of its baseline, so these tables cannot be compared with them.
"""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> List[str]:
    return [_row(head), "|" + "---|" * len(head), *map(_row, rows)]


def _seconds(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f} s"
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def _bytes(value: float) -> str:
    return f"{value / 2**30:.3g} GiB" if value >= 2**30 else f"{value / 2**20:.3g} MiB"


def _rows(results: Dict[Point, Measured], model: str, phase: str, cache: str) -> Iterable[Sequence[str]]:
    for point, found in results.items():
        if (point.model, point.phase, point.cache) != (model, phase, cache):
            continue
        yield (str(point.context), *([str(point.batch)] if phase == "decode" else []), _seconds(found.time_s["fp-fp"]),
               _seconds(found.time_s["anda"]), f"**{found.speedup:.2f} ×**", f"{found.energy_ratio:.2f} ×", f"{found.gemm_speedup:.2f} ×",
               f"{found.amdahl:.2f} ×", f"{found.share('fp-fp', 'attention'):.0%}", f"{found.share('anda', 'attention'):.0%}",
               _bytes(found.cache_bytes))


LATENT = """## Latent attention

DeepSeek-V2-Lite keeps one latent of 512 values and one rotary key of 64 for each token instead of keys and values of 16 heads. A pass either *expands* the
latents of the context to the keys and values of all heads, or *absorbs* the matrices that would do that into queries and results and attends to the latents
themselves (`workload.attention.latent`; `auto` takes the way with fewer multiply-accumulates: expand in the prefill, absorb in the decode). The latents are the
second operand of scores and of values, along another axis each: their groups suit only one of the two on Anda's array, unless the cache holds them twice
(`latent_copy`). Prefill of {prefill} tokens; decode of {batch} sequences with contexts of {decode}.
"""

SHARING = """## Sharing

LLaMA-3-8B with an INT4 cache and `tiling: auto`: nothing shared; Q, K and V one GeMM and gate and up another (`workload.fuse_projections`); and results that
only the next operations read in a local memory of {local} MiB (`accelerator.local_memory`), with blocks of 32 queries in the prefill so that their scores fit.
The traffic is Anda's with external memory.
"""


AHEAD = """<a name="weights-ahead"></a>

## Weights ahead

`workload.prefetch_weights` loads the first weights of a GeMM under the end of the operation before it ([model.md](model.md#weights-ahead)). LLaMA-3-8B with an
INT4 cache, contexts of {decode} tokens in the decode, on the paper's memory and on one with a tenth of its bandwidth; time without and with, and what is gained.
Only the weights of a GeMM's first step can load ahead, and the latency of the activations stays. On the paper's memory they take next to no time; on the slow
one a decode gains several hundred cycles for each GeMM on Anda, where the port to memory has something to do while the last tiles are computed. A GeMM of such
a model takes a thousand times as long, so that the whole gains less than a thousandth.
"""


SCHEDULE = """## Lengths over time

LLaMA-3-8B with a cache of Anda groups of 4 bits: a decode of 32 sequences behind prompts of 2048 tokens, whose activations have the lengths of the prompt or, by
`precision.schedule`, 5 bits (A_o 4) from the first output token on; the narrower cache has keys and values of 3 bits from position 256 on. What such lengths cost
in accuracy is measured by position in [precision/kv_cache.md](precision/kv_cache.md), on small models.
"""


def _variant_table(found: Dict[Variant, Found], table: str, first: str) -> List[str]:
    rows = [(variant.name, _seconds(of.time_s["fp-fp"]), _seconds(of.time_s["anda"]), f"**{of.time_s['fp-fp'] / of.time_s['anda']:.2f} ×**",
             f"{of.energy_j['fp-fp'] / of.energy_j['anda']:.2f} ×", _bytes(of.dram_bytes), _bytes(of.cache_bytes))
            for variant, of in found.items() if variant.table == table]
    return _table([first, "FP-FP", "Anda", "speedup", "energy", "traffic, Anda", "cache"], rows)


def _ahead_table(found: Dict[Variant, Found]) -> List[str]:
    times = {(variant.table, variant.name): of.time_s for variant, of in found.items()}
    rows = []
    for table, name in times:
        if table == "ahead, off":
            off, on = times[table, name], times["ahead, on", name]
            rows.append((name, *(text for system in ("fp-fp", "anda")
                                 for text in (_seconds(off[system]), _seconds(on[system]), f"{100 * (1 - on[system] / off[system]):.2g} %"))))
    return _table(["pass", "FP-FP", "ahead", "gain", "Anda", "ahead", "gain"], rows)


def variant_sections(found: Dict[Variant, Found]) -> str:
    prefill, decode = variants.PREFILL["workload.tokens"], variants.DECODE["workload.tokens"]
    lines = [LATENT.format(prefill=prefill, decode=decode, batch=variants.DECODE["workload.batch"])]
    for table in ("latent, prefill", "latent, decode"):
        lines += [f"{table.split(', ')[1].capitalize()}:\n", *_variant_table(found, table, "cache, way"), ""]
    lines.append(SHARING.format(local=variants.LOCAL_BYTES >> 20))
    for table in ("sharing, prefill", "sharing, decode"):
        lines += [f"{table.split(', ')[1].capitalize()}:\n", *_variant_table(found, table, "shared"), ""]
    lines += [AHEAD.format(decode=decode), *_ahead_table(found), ""]
    lines += [SCHEDULE, *_variant_table(found, "schedule", "lengths of output tokens"), ""]
    return "\n".join(lines)


def page(results: Dict[Point, Measured], found: Dict[Variant, Found]) -> str:
    lines = [HEAD]
    for model in MODELS:
        for phase in ("prefill", "decode"):
            if not any((point.model, point.phase) == (model, phase) for point in results):
                continue
            lines.append(f"## {model}, {phase}\n")
            head = ["context", *(["batch"] if phase == "decode" else []), "FP-FP", "Anda", "speedup", "energy", "GeMMs alone", "Amdahl",
                    "attention, FP-FP", "attention, Anda", "cache"]
            for cache in CACHES:
                lines += [f"Cache in {cache}:\n", *_table(head, _rows(results, model, phase, cache)), ""]
    return "\n".join([*lines, variant_sections(found)]).rstrip() + "\n" + LIMITS
