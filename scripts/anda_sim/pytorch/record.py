# SPDX-License-Identifier: Apache-2.0
"""Records the inputs of the FP-INT GeMMs of a Hugging Face model, as data for
functional simulations.

Runs one window of tokens through the model, with integer weights and FP16 or
Anda activations, and writes to FOLDER

  tensors/<row>.activations.npy   the input of a GeMM before it is encoded,
                                  float16 [tokens x k]
  tensors/<row>.weights.npy       its weights as stored, float32 [k x n]; the
                                  simulator applies the same rounding
  trace.csv                       the GeMMs in execution order
  run.yaml                        a configuration that runs them:
                                  anda-sim run FOLDER/run.yaml
"""

import argparse
import json
import pathlib

import numpy
import torch

from anda_sim.common import scalar
from anda_sim.common.errors import InputError
from anda_sim.common.options import whole_number
from anda_sim.pytorch import loading, rounding

from .inputs import as_input_errors

HEADER = "name,layer,tensor,m,k,n"


def lengths(text):
    values = [scalar.whole(part.strip()) for part in text.split(",")]
    values = values * 4 if len(values) == 1 else values
    if len(values) != 4 or any(bits is None or not 1 <= bits <= rounding.LARGEST_MANTISSA for bits in values):
        raise ValueError
    return values


def layers_of(text):
    layers = {scalar.whole(part.strip()) for part in text.split(",")}
    if None in layers:
        raise ValueError
    return layers


class Recorder:
    """Writes the tensors of the GeMMs as they run, and collects their rows of the trace."""

    def __init__(self, folder, layers, stored):
        self.folder, self.layers, self.stored = folder, layers, stored
        self.rows = []

    def __call__(self, layer, tensor, name, module, x):
        if self.layers is not None and layer not in self.layers:
            return
        weight = self.stored[name]
        x = x.reshape(-1, x.shape[-1])
        number = len(self.rows)
        numpy.save(self.folder / f"{number}.activations.npy", x.cpu().numpy().astype(numpy.float16))
        numpy.save(self.folder / f"{number}.weights.npy", numpy.ascontiguousarray(weight.numpy().T))
        short = f"layer{layer}.{name.rsplit('.', 1)[-1]}"
        self.rows.append(f"{short},{layer},{tensor},{x.shape[0]},{x.shape[1]},{weight.shape[0]}")


def config_of(options, precision):
    weights = f", weight_bits: {options.weight_bits}"
    bits = ", ".join(f"{name}: {value}" for name, value in zip(rounding.TENSORS, precision))
    return f"""\
# Activations and weights of {json.dumps(str(options.model.name))}, recorded by scripts/record_activations.
name: {json.dumps("recorded from " + options.model.resolve().name)}
workload: {{trace: trace.csv}}
precision: {{{bits}{weights}}}
accelerator:
  mxu: {{weight_bits: {max(options.weight_bits, 4)}}}
  format: {{group_size: {options.group_size}, weight_scale_group: {options.weight_group}}}
functional: {{enabled: true, activations: tensors, weights: tensors, dump: true}}
"""


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="scripts/record_activations", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    loading.add_options(parser)
    parser.add_argument("--out", required=True, type=pathlib.Path, metavar="FOLDER", help="output folder")
    parser.add_argument("--precision", type=lengths, metavar="BITS",
                        help="mantissa bits of A_qkv,A_o,A_u,A_d while recording, and in run.yaml (FP16; 8 in run.yaml)")
    parser.add_argument("--layers", type=layers_of, metavar="A,B", help="only these decoder layers, from 0 (all)")
    parser.add_argument("--window", type=whole_number(0, 1 << 30), default=0, metavar="N", help="which window of the tokens, from 0 (0)")
    options = parser.parse_args(arguments)

    prepared = loading.Prepared(options, round_weights=False)
    gemms, windows = prepared.gemms, prepared.windows
    if not 0 <= options.window < len(windows):
        raise InputError(f"--window {options.window}: {options.tokens} has windows 0 … {len(windows) - 1}")
    if options.layers is not None and not options.layers <= set(range(gemms.layers)):
        raise InputError(f"--layers: the model has layers 0 … {gemms.layers - 1}")
    stored = {name: module.weight.detach().float().cpu().clone() for _, _, name, module in gemms.modules}
    if prepared.rounds_weights:
        with as_input_errors():
            gemms.round_weights(options.weight_bits, options.weight_group)
    if options.precision:
        gemms.precision = [options.precision] * gemms.layers

    tensors = options.out / "tensors"
    tensors.mkdir(parents=True, exist_ok=True)
    config = options.out / "run.yaml"
    config.unlink(missing_ok=True)  # written last: if it exists, the other files are complete
    recorder = Recorder(tensors, options.layers, stored)
    gemms.on_input = recorder
    with torch.no_grad(), as_input_errors():
        prepared.forward(windows[options.window : options.window + 1].to(prepared.placement.first))
    (options.out / "trace.csv").write_text("\n".join([HEADER, *recorder.rows]) + "\n")
    config.write_text(config_of(options, options.precision or [8] * 4))
    print(f"{config}: {len(recorder.rows)} GeMMs")
