# SPDX-License-Identifier: Apache-2.0
"""Anda activations and integer weights in PyTorch models with the module names of Hugging Face.

FpIntGemms finds the linear layers of every decoder layer by name, rounds their weights, and rounds their inputs
through hooks: to FP16, or to FP16 and then to Anda format, bit for bit as models/anda/numeric does. Everything else
is unchanged. The rest of the file is shared by scripts/evaluate_torch and scripts/record_activations.
"""

import importlib.util
import pathlib
import re

import numpy
import torch
from torch import nn

from anda_sim.common.errors import InputError
from anda_sim.common.options import whole_number
from anda_sim.pytorch import inputs
from anda_sim.pytorch import models

TENSORS = ("A_qkv", "A_o", "A_u", "A_d")
TENSOR_OF = {
    "q_proj": "A_qkv", "k_proj": "A_qkv", "v_proj": "A_qkv", "o_proj": "A_o", "out_proj": "A_o",
    "gate_proj": "A_u", "up_proj": "A_u", "fc1": "A_u", "down_proj": "A_d", "fc2": "A_d",
}  # fmt: skip
LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
LARGEST_MANTISSA = 16

# 2^-15 … 2^30: powers of two from a table, since a vectorised exp2 need not be exact.
LEAST_POWER = -15
POWERS = torch.tensor([2.0**n for n in range(LEAST_POWER, 31)])


def to_fp16(x):
    """FP32 numbers rounded to FP16, in FP32. Raises ValueError for NaN and values beyond 65504."""
    rounded = x.half()
    if not torch.isfinite(rounded).all():
        raise ValueError("an activation is NaN or beyond 65504, which FP16 cannot hold")
    return rounded.float()


def to_anda(x, bits, group_size=64):
    """FP32 numbers rounded to FP16 and then to Anda format with `bits` mantissa bits, in FP32; groups are along the
    last dimension. E* = the largest exponent of a group; |x| is truncated to multiples of 2^(E* - 14 - bits)."""
    x = to_fp16(x)
    length = x.shape[-1]
    groups = nn.functional.pad(x, (0, -length % group_size)).unflatten(-1, (-1, group_size))
    largest = groups.abs().amax(-1, keepdim=True)
    _, power = torch.frexp(largest)
    exponent = torch.where(largest == 0, torch.ones_like(power), (power + 14).clamp(min=1))
    scale = POWERS[(14 + bits - exponent - LEAST_POWER).long()]
    # Scaling by a power of two is exact in FP32, and so is truncating 11 bits.
    return (torch.trunc(groups * scale) / scale).flatten(-2)[..., :length]


def quantise(weight, bits=4, group=128):
    """Round to nearest, symmetric, as defined in docs/numeric.md: integers and FP16 scales of a weight [outputs x inputs],
    and q * scale in FP32."""
    values = weight.detach().numpy().astype(numpy.float64)
    outputs, inputs = values.shape
    padded = numpy.pad(values, ((0, 0), (0, -inputs % group))).reshape(outputs, -1, group)
    high = 2 ** (bits - 1) - 1
    with numpy.errstate(over="ignore"):
        scales = (numpy.abs(padded).max(-1) / high).astype(numpy.float16)
    if not numpy.isfinite(scales).all():
        raise ValueError("a weight is not finite, or so large that its scale is beyond 65504")
    step = scales.astype(numpy.float64)[:, :, None]
    codes = numpy.clip(numpy.rint(padded / numpy.where(step == 0, 1, step)), -high, high) * (step != 0)
    rounded = (codes * step).reshape(outputs, -1)[:, :inputs]
    return codes.reshape(outputs, -1)[:, :inputs], scales, torch.from_numpy(rounded.astype(numpy.float32))


class FpIntGemms:
    """The linear layers with integer weights of an FP32 model.

    layers         decoder layers
    precision      rounding of the inputs: None for FP16, else four mantissa lengths for each layer
    on_input       if not None, called as on_input(layer, tensor, name, module, x) with the FP16 input before Anda
    """

    def __init__(self, model, group_size=64):
        self.group_size = group_size
        self.precision = None
        self.on_input = None
        self.modules = []
        for name, module in model.named_modules():
            tensor = TENSOR_OF.get(name.rsplit(".", 1)[-1])
            layer = LAYER.search(name)
            if tensor is None or layer is None or not isinstance(module, nn.Linear):
                continue
            self.modules.append((int(layer[1]), tensor, name, module))
            module.register_forward_pre_hook(self._hook(*self.modules[-1]))
        if not self.modules:
            raise ValueError(f"the model has no linear layers named {', '.join(TENSOR_OF)} within layers.0, layers.1 …")
        self.layers = 1 + max(layer for layer, *_ in self.modules)
        self.attentions = [module for module in model.modules() if hasattr(type(module), "rounding")]

    def round_attention(self, rounding):
        """Rounds the attention of every layer so (an attention.Rounding; None: not at all) from now on. Raises ValueError
        where models.py has not made the model."""
        if rounding is not None and not self.attentions:
            raise ValueError("keys, values, queries and probabilities can be rounded in models of type opt and llama only, "
                             "without --transformers")
        for module in self.attentions:
            module.rounding = rounding

    def _hook(self, layer, tensor, name, module):
        def hook(_, inputs):
            x = inputs[0]
            try:
                if self.on_input is not None:
                    self.on_input(layer, tensor, name, module, to_fp16(x))
                if self.precision is None:
                    return (to_fp16(x),)
                return (to_anda(x, self.precision[layer][TENSORS.index(tensor)], self.group_size),)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None

        return hook

    def round_weights(self, bits, group):
        for _, _, name, module in self.modules:
            try:
                module.weight.data = quantise(module.weight, bits, group)[2]
            except ValueError as error:
                raise ValueError(f"{name}.weight: {error}") from None


positive = whole_number(1, 1 << 30)

# --- files and options -----------------------------------------------------------------------------------------


def read_tensors(folder):
    """The tensors of model.safetensors, or of the files that model.safetensors.index.json names."""
    tensors = {}
    for name in inputs.shards(folder):
        path = folder / name
        try:
            tensors.update(models.read_safetensors(path))
        except (InputError, ValueError) as error:
            raise InputError(f"{path}: is not a safetensors file, or a damaged one: {error}") from None
    return tensors


def load_model(folder, transformers=False):
    """The model of a folder in Hugging Face layout, in FP32, as a function from tokens to logits, and the
    module itself. Loaded by models.py, or by the package transformers for other types or on request."""
    folder = pathlib.Path(folder)
    config = inputs.read_config(folder)
    if config["model_type"] in models.FAMILIES and not transformers:
        return load_known(folder, config)
    if importlib.util.find_spec("transformers") is None:
        raise InputError(
            f"{folder}/config.json: model_type {config['model_type']!r} needs "
            f"the Python package transformers, which is not installed; without it: {', '.join(models.FAMILIES)}")
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32).eval()
    return (lambda tokens: model(tokens).logits), model


def load_known(folder, config):
    state = {name: tensor.float() for name, tensor in read_tensors(folder).items()}
    for name, tensor in state.items():
        if not torch.isfinite(tensor).all():
            raise InputError(f"{folder}: tensor {name} holds NaN or infinity")
    inputs.check_size(folder, config, sum(tensor.numel() for tensor in state.values()))
    model = models.make_model(config)
    try:
        missing, unknown = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise InputError(f"{folder}: tensors do not fit config.json: {' '.join(str(error).split())}") from None
    missing = [name for name in missing if name != "lm_head.weight" or not config.get("tie_word_embeddings", True)]
    if missing or unknown:
        raise InputError(f"{folder}: missing tensors {missing}, unknown tensors {unknown}")
    return model.eval(), model


def add_options(parser):
    """Options about the model, common to both scripts."""
    parser.add_argument("model", metavar="MODEL_FOLDER", type=pathlib.Path, help="config.json and *.safetensors")
    parser.add_argument("--tokens", required=True, metavar="FILE", help="token ids: .npy of integers, or a raw file")
    parser.add_argument("--token-type", choices=inputs.TOKEN_TYPES, default="uint16", help="token type of a raw file (uint16)")
    parser.add_argument("--length", type=positive, metavar="N",
                        help="tokens per window (the model's positions, at most 2048)")
    parser.add_argument("--group-size", type=positive, default=64, metavar="N", help="values that share an exponent (64)")
    parser.add_argument("--weight-bits", type=int, choices=range(2, 9), default=4, metavar="N",
                        help="bits of a weight, 2 … 8 (4)")
    parser.add_argument("--weight-group", type=positive, default=128, metavar="N",
                        help="weights that share a scale (128)")
    parser.add_argument("--stored-weights", action="store_true", help="use the weights as stored, without rounding")
    parser.add_argument("--transformers", action="store_true",
                        help="load the model with the Python package transformers, even if this program supports its type")
    parser.add_argument("--threads", type=positive, metavar="N", help="number of threads (PyTorch's default)")


def windows_of(options):
    """Tokens in windows [count x length], as the options define."""
    config = inputs.read_config(options.model)
    length = options.length or min(config.get("max_position_embeddings", 2048), 2048)
    tokens = torch.from_numpy(inputs.read_tokens(options.tokens, options.token_type, config["vocab_size"]))
    if length < 2 or length > config.get("max_position_embeddings", length):
        raise InputError(f"--length {length}: must be 2 … max_position_embeddings of {options.model}/config.json")
    if len(tokens) < length:
        raise InputError(f"{options.tokens}: holds {len(tokens)} tokens, a window needs {length}")
    return tokens[: len(tokens) // length * length].view(-1, length)


def prepare(options):
    """The model, its linear layers and the windows selected by the options."""
    if options.threads:
        torch.set_num_threads(options.threads)
    with inputs.as_input_errors():
        windows = windows_of(options)
        forward, module = load_model(options.model, options.transformers)
        return forward, FpIntGemms(module, options.group_size), windows
