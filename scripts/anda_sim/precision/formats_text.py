# SPDX-License-Identifier: Apache-2.0
"""The text of docs/formats.md before its tables."""

INTRODUCTION = """\
# Operand formats

<!-- Written by scripts/format_study; do not edit. -->

```sh
scripts/format_study    # writes this page again
```

An operand format says how numbers lie in memory and what they become there: bits of an element, elements of a group, what a group
shares, encoding, decoding, rounding. One description in YAML is used by

- the key/value cache of the machine (`kv_cache.k.format: mxfp4`): its bytes, its traffic, its energy;
- the weights of GeMMs in the machine (`accelerator.format.weights: mxfp4`): their bytes, buffer words, time, energy and values;
- their activations (`accelerator.format.activations: mxfp8-e4m3`, or of one type of tensor, `accelerator.format.tensors.A_d: bf16`): the same;
- the evaluator: `anda-sim evaluate --activations mxint8 --weights nf4 --keys mxfp4 --values mxfp8-e4m3`;
- `anda-sim formats`: bits per value with everything counted, `--measure FILE.npy` for the error on values of a file, `--json` for programs.

Each of them takes a name of `configs/formats`, a YAML file, or a map:

```yaml
kv_cache:
  k: {format: mxfp4}
  v: {format: {name: b5, family: bfp, mantissa_bits: 4, group: 32}}
```

## Families

| `family` | a number is | a group shares | keys |
|---|---|---|---|
| `float` | sign, exponent of bias 2^(E − 1) − 1, mantissa; subnormals | nothing | `exponent_bits`, `mantissa_bits`, `specials` |
| `mx` | such a number, or an integer, times a power of two | 2^(⌊log2 max⌋ − e), e of the largest element, as E8M0 | the same |
| `bfp` | (−1)^s · m · 2^(e + 1 − M) | e of the largest number, 8 bits, bias 127 | `mantissa_bits` M |
| `anda` | (−1)^s · m · 2^(E − 14 − M), of FP16 | E, the largest exponent, 5 bits | `mantissa_bits` M |
| `int` | q · scale, q symmetric; or (q − zero) · scale | max / qmax in `scale`; the zero point | `bits`, `zero_point`, `scale` |
| `bipolar` | q · scale, q odd: each bit is −1 or 1 times its power of two | max / (2^bits − 1) | `bits`, `scale` |
| `table` | t[code] · scale, the nearest, of two the smaller code | max / max of the table; which of several tables | `bits`, `table`, `scale` |
| `binary-sum` | Σ ± scale_t, greedily | each term's scale: the mean magnitude of what is left | `terms`, `scale` |
| `additive` | of a vector: Σ of an entry of each codebook, times the row's scale | the vector's codes | `terms` codebooks, `bits`, `group`, `scale` |

E8M0 is 8 bits with a bias of 127; 255 is NaN. Integers of `mx` (`exponent_bits: 0`) are two's complement with one bit before the point.
Beyond the largest number of `float` lies infinity, as IEEE 754 says.

`rounding` is `nearest` (ties to even), `truncate` or `stochastic`; the draws of the last follow from `seed` and the group's values, so that they
are the same on every machine and any number of threads. A group of 0 elements is a whole row: a token of activations, an
output channel of weights. The last group of a row may be shorter. Numbers beyond an `mx`, `bfp` or `anda` element become the largest one;
NaN and infinity make an `mx` group NaN, and are refused by formats that have no code for them. The keys are those of
`kv_cache.k.format` in the tables of [configuration.md](configuration.md), with their ranges.

A row lies in memory as a stream of bits: for each group its elements, lowest bit first, then what it shares. A key/value cache is such a
stream for each head, in groups along the head (`axis: token`) or along the tokens (`channel`), where tokens wait in FP16 until their group is
whole.

## What the machine does with them

The machine stores keys and values with elements of at most 8 bits in groups of a power of two that share 5, 8 or 16 bits, or BF16; others are
refused with their bits. Arrays multiply FP16, integers under an FP16 scale with or without zero points, and Anda groups. Products with keys
and values in other formats run on the vector unit, with the time of integers of that width.

Weights of GeMMs (`accelerator.format.weights`) may have any format whose groups are a power of two, at most 4096, and share at most 63 bits.
Integers under an FP16 scale are multiplied as such. Of other formats, elements that dequantise (`fp-fp`, `derives: floating`) decode every weight
to FP16 on its way in, in no time and without area; the energy of that is `technology.decoder.energy_pj_per_value`, and n/a unless a figure
is given. An element in YAML may say that it multiplies codes as they are (`weight_formats`). Every other pair is refused by
name.

Activations of GeMMs with weights may have any format of elements of at least 2 bits in groups of at least 8 that divide
`accelerator.format.group_size`; numbers without groups (`bf16`) lie in groups of that size. They count in memory, bursts and buffers with what
groups share and with padding to whole groups; of a panel of rows each group begins on a word of the buffer. Elements that take FP16 (all but `anda`
and what derives from bit-serial activations) decode them at every read, in no time, for `technology.decoder.energy_pj_per_value` each. Bit-serial
elements multiply integers under a power of two as they are, plane by plane, where the groups have `accelerator.format.group_size`: `bfp`, `mx`
without exponents, `anda` with other roundings, `int` with `scale: power-of-two`. An element in YAML may name others (`activation_formats`).
Every other pair is refused by name. The compressor writes results in the format of their reader, a bit of a group's elements a cycle in each
lane, on elements that take FP16 too; beside its published area and energy that costs `technology.encoder.energy_pj_per_value` for each result.
Both figures are n/a unless given.

Real data (`functional.enabled`, `workload.scope: gemms`) of such weights and activations are decoded, rounded to FP16, and computed as FP16
always is ([functional.md](functional.md)); a value beyond 65504 is refused, and so is what an element multiplies as it is.

MX follows the OCP specification v1.0 as far as its text is known from implementations: which rounding it prescribes for elements was not found
(nearest even here), and neither was the order of scale and elements in memory.

Additive codebooks (AQLM, arXiv 2401.06118) are learnt from each tensor of weights, by eight rounds of k-means on at most 16,384 of its vectors, one
codebook after another on what those before have left, and codes are chosen in the same order. The paper searches codes of all codebooks
together against calibration inputs, and tunes the codebooks: its losses are smaller. Codebooks count in the bits per value, over a matrix as
high as it is wide. Activations, keys and values have none, and neither has the memory of the machine.
"""
