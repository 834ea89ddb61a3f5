# SPDX-License-Identifier: Apache-2.0
"""Loads models and tokens from files, and defines the options for them that scripts/evaluate_torch and scripts/record_activations
share."""

import importlib.util
import pathlib

import torch
from torch import nn

from anda_sim.common.errors import InputError
from anda_sim.pytorch import gated_models, inputs, models, placement, quantised, rounding
from anda_sim.pytorch.rounding import positive


class StoredTensors(dict):
    """Tensors by name, with the file of each in `files`."""

    def __init__(self):
        super().__init__()
        self.files = {}


def read_tensors(folder):
    """The tensors of model.safetensors, or of the files that model.safetensors.index.json names."""
    tensors = StoredTensors()
    for name in inputs.shards(folder):
        path = folder / name
        try:
            own = models.read_safetensors(path)
        except (InputError, ValueError) as error:
            raise InputError(f"{path}: is not a safetensors file, or a damaged one: {error}") from None
        tensors.update(own)
        tensors.files.update(dict.fromkeys(own, path))
    return tensors


def load_model(folder, transformers=False, convert=None):
    """(function from tokens to logits, module) of a model folder in Hugging Face layout. models.py loads it, or the package
    transformers for other types or on request. convert(name, FP32 tensor), if given, returns the replacement of a parameter."""
    folder = pathlib.Path(folder)
    config = inputs.read_config(folder)
    if config["model_type"] in models.FAMILIES and not transformers:
        return load_known(folder, config, convert or (lambda name, tensor: tensor))
    if importlib.util.find_spec("transformers") is None:
        raise InputError(
            f"{folder}/config.json: model_type {config['model_type']!r} needs "
            f"the Python package transformers, which is not installed; without it: {', '.join(models.FAMILIES)}")
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32).eval()
    if convert is not None:
        for name, parameter in model.named_parameters():
            parameter.data = convert(name, parameter.data)
    return (lambda tokens: model(tokens).logits), model


_OTHER_PARTS = ("vision_tower.", "multi_modal_projector.")


def _language_tensors(config, stored):
    """Drops the tensors of Gemma 3 that do not belong to the language model, and renames the others as in a text-only checkpoint."""
    if config["model_type"] != "gemma3_text":
        return stored
    tensors = StoredTensors()
    for name, tensor in stored.items():
        own = name.removeprefix("model.") if name.startswith(("model.vision", "model.multi_modal", "model.language_model.")) else name
        if own.startswith(_OTHER_PARTS):
            continue
        if own.startswith("language_model."):
            own = own.removeprefix("language_model.")
            own = own if own.startswith(("model.", "lm_head.")) else f"model.{own}"
        tensors[own], tensors.files[own] = tensor, stored.files[name]
    return tensors


def _stored_state(folder, config):
    """Shapes and readers of a model's tensors, by their names in models.py. Calling a reader returns FP32 values and unpacks
    integers."""
    tensors = StoredTensors()
    stored = _language_tensors(config, read_tensors(folder))
    # Checkpoints of the bare model lack the prefix `model.`; some contain tables that follow from the configuration.
    bare = not any(name.startswith("model.") for name in stored)
    for name, tensor in stored.items():
        if name.endswith("rotary_emb.inv_freq"):
            continue
        full = f"model.{name}" if bare and not name.startswith("lm_head.") else name
        tensors[full], tensors.files[full] = tensor, stored.files[name]
    readers = {}
    quantisation = quantised.quantisation_of(folder, config)
    if quantisation is not None and config["num_hidden_layers"] > len(tensors):
        raise InputError(f"{folder}: config.json has {config['num_hidden_layers']} layers, the files {len(tensors)} tensors")
    if quantisation is not None:
        readers = quantised.readers(tensors, quantisation, gated_models.linear_shapes(config))
    for name, tensor in tensors.items():
        if name not in readers and not (quantisation and quantised.is_part(name)):
            if not tensor.is_floating_point():
                raise InputError(f"{tensors.files[name]}: tensor {name} is of type {tensor.dtype}; must be F16, BF16 or F32")
            readers[name] = (tuple(tensor.shape), tensor.float)
    return gated_models.split_fused(config, readers) if config["model_type"] == "phi3" else readers


def load_known(folder, config, convert):
    with inputs.as_input_errors():
        state = _stored_state(folder, config)
    inputs.check_size(folder, config, sum(torch.Size(shape).numel() for shape, _ in state.values()))
    with models.without_initial_weights():
        model = models.make_model(config)
    modules = dict(model.named_modules())
    wanted = dict(model.named_parameters())
    if models.is_tied(config):
        wanted.pop("lm_head.weight", None)
        head = state.pop("lm_head.weight", None)
        if head is not None and not torch.equal(head[1](), state["model.embed_tokens.weight" if "model.embed_tokens.weight" in state
                                                                 else "model.decoder.embed_tokens.weight"][1]()):
            raise InputError(f"{folder}: tensor lm_head.weight is not the embedding, though config.json ties the two "
                             "(tie_word_embeddings); set it to false there to use the tensor, or remove the tensor")
    for name in state.keys() - wanted.keys():
        module, _, part = name.rpartition(".")
        # Some quantisers give every layer a bias.
        if part == "bias" and isinstance(modules.get(module), nn.Linear) and "quantization_config" in config:
            modules[module].bias = wanted[name] = nn.Parameter(torch.empty(modules[module].out_features))
    missing, unknown = sorted(wanted.keys() - state.keys()), sorted(state.keys() - wanted.keys())
    if missing or unknown:
        raise InputError(f"{folder}: missing tensors {missing}, unknown tensors {unknown}")
    for name, parameter in wanted.items():
        shape, read = state[name]
        if tuple(parameter.shape) != shape:
            raise InputError(f"{folder}: tensors do not fit config.json: {name} has the shape {list(shape)}, must be "
                             f"{list(parameter.shape)}")
        tensor = read()
        if not torch.isfinite(tensor).all():
            raise InputError(f"{folder}: tensor {name} holds NaN or infinity")
        module, _, part = name.rpartition(".")
        setattr(modules[module], part, nn.Parameter(convert(name, tensor), requires_grad=False))
    if models.is_tied(config):
        embedding = modules["model"].embed_tokens if hasattr(modules["model"], "embed_tokens") else modules["model.decoder"].embed_tokens
        weight = convert("lm_head.weight", embedding.weight)
        model.lm_head.weight = embedding.weight if weight is embedding.weight else nn.Parameter(weight, requires_grad=False)
    return model.eval(), model


def add_options(parser):
    """Adds the options for the model, which both scripts share."""
    parser.add_argument("model", metavar="MODEL_FOLDER", type=pathlib.Path, help="config.json and *.safetensors")
    parser.add_argument("--tokens", required=True, metavar="FILE", help="token ids: .npy of integers, or a raw file")
    parser.add_argument("--token-type", choices=inputs.TOKEN_TYPES, default="uint16", help="token type of a raw file (uint16)")
    parser.add_argument("--length", type=positive, metavar="N",
                        help="tokens per window (the model's positions, at most 2048)")
    parser.add_argument("--group-size", type=positive, default=64, metavar="N", help="values that share an exponent (64)")
    parser.add_argument("--weight-bits", type=int, choices=range(2, 9), metavar="N", help="bits of a weight, 2 … 8 (4)")
    parser.add_argument("--weight-group", type=positive, metavar="N", help="weights that share a scale (128)")
    parser.add_argument("--stored-weights", action="store_true", help="use the weights as stored, without rounding")
    parser.add_argument("--transformers", action="store_true",
                        help="load the model with the Python package transformers, even if this program supports its type")
    parser.add_argument("--device", default="cpu", metavar="DEVICE",
                        help="cpu, cuda, cuda:N or mps; cuda:0,cuda:1 has a share of the layers on each (cpu)")
    parser.add_argument("--dtype", choices=placement.DTYPES, default="float32",
                        help="what is computed in, and what weights are held in (float32)")
    parser.add_argument("--threads", type=positive, metavar="N", help="number of threads (PyTorch's default)")


def windows_of(options):
    """Token windows [count x length], as the options define them."""
    config = inputs.read_config(options.model)
    length = options.length or min(config.get("max_position_embeddings", 2048), 2048)
    tokens = torch.from_numpy(inputs.read_tokens(options.tokens, options.token_type, config["vocab_size"]))
    if length < 2 or length > config.get("max_position_embeddings", length):
        raise InputError(f"--length {length}: must be 2 … max_position_embeddings of {options.model}/config.json")
    if len(tokens) < length:
        raise InputError(f"{options.tokens}: holds {len(tokens)} tokens, a window needs {length}")
    return tokens[: len(tokens) // length * length].view(-1, length)


def rounds_weights(options):
    """Whether weights need rounding; also sets the defaults of their format. Integers of a quantised checkpoint stay unchanged."""
    found = quantised.quantisation_of(options.model, inputs.read_config(options.model))
    for name in ("weight_bits", "weight_group"):
        given = getattr(options, name)
        if found is not None and given is not None:
            raise InputError(f"--{name.replace('_', '-')} is for weights that are no integers yet, but {found.source} tells that they are")
    usual = (found.format.bits, found.format.group or 128) if found is not None else (4, 128)
    options.weight_bits = options.weight_bits or usual[0]
    options.weight_group = options.weight_group or usual[1]
    return found is None and not options.stored_weights


class Prepared:
    """Everything that the options define: model (a function from tokens to logits), linear layers, token windows, placement."""

    def __init__(self, options, round_weights=True):
        if options.threads:
            torch.set_num_threads(options.threads)
        with inputs.as_input_errors():
            self.config = inputs.read_config(options.model)
            self.placement = placement.placement_of(options.device, options.dtype)
            if options.transformers and len(self.placement.devices) > 1:
                raise InputError("--transformers: must have one device")
            self.windows = windows_of(options)
            self.rounds_weights = rounds_weights(options)
            self._format = (options.weight_bits, options.weight_group) if self.rounds_weights and round_weights else None
            self._layers = self.config.get("num_hidden_layers", 1)
            self.forward, module = load_model(options.model, options.transformers, self._convert)
            self.placement.follow(module, self._layers)
            self.gemms = rounding.FpIntGemms(module, options.group_size)

    def _convert(self, name, tensor):
        """Rounds and moves a parameter as soon as it is read, so that at most one is in memory twice."""
        if self._format and rounding.is_fp_int_weight(name):
            tensor = rounding.named(f"{name}", lambda: rounding.quantise(tensor, *self._format)[2])
        return tensor.to(self.placement.device_of(name, self._layers), self.placement.dtype)
