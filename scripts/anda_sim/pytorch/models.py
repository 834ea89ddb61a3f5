# SPDX-License-Identifier: Apache-2.0
"""Decoders in PyTorch, with the parameter names and config.json keys of Hugging Face: the OPT family here, the others in
gated_models.py.

model = make_model(config) takes the dictionary of a config.json; model(tokens) returns FP32 logits
[batch, length, vocabulary] for integer tokens [batch, length]. The code is deliberately small: it has only the features of the
families' checkpoints (biases, tied embeddings, grouped-query attention). load() and save() read and write a folder of
config.json and model.safetensors.
"""
import json
import math
import pathlib
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional

from anda_sim.pytorch.gated_models import TYPES, GatedModel, attention, merge_heads, split_heads
from anda_sim.pytorch.safetensors import read_safetensors, write_safetensors


class OptAttention(nn.Module):
    rounding = None  # see attention()

    def __init__(self, config):
        super().__init__()
        hidden = config["hidden_size"]
        bias = config.get("enable_bias", True)
        self.heads = config["num_attention_heads"]
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self, name, nn.Linear(hidden, hidden, bias=bias))

    def forward(self, x):
        query, key, value = (split_heads(part(x), self.heads) for part in (self.q_proj, self.k_proj, self.v_proj))
        return self.out_proj(merge_heads(attention(query, key, value, self.rounding)))


class OptLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, inner, bias = config["hidden_size"], config["ffn_dim"], config.get("enable_bias", True)
        self.norm_first = config.get("do_layer_norm_before", True)
        self.self_attn = OptAttention(config)
        self.self_attn_layer_norm = nn.LayerNorm(hidden)
        self.fc1 = nn.Linear(hidden, inner, bias=bias)
        self.fc2 = nn.Linear(inner, hidden, bias=bias)
        self.final_layer_norm = nn.LayerNorm(hidden)

    def forward(self, x):
        if self.norm_first:
            x = x + self.self_attn(self.self_attn_layer_norm(x))
            return x + self.fc2(functional.relu(self.fc1(self.final_layer_norm(x))))
        x = self.self_attn_layer_norm(x + self.self_attn(x))
        return self.final_layer_norm(x + self.fc2(functional.relu(self.fc1(x))))


class OptDecoder(nn.Module):
    position_offset = 2  # entries 0 and 1 of the table are never read, as in the family's original implementation

    def __init__(self, config):
        super().__init__()
        hidden = config["hidden_size"]
        self.embed_tokens = nn.Embedding(config["vocab_size"], hidden)
        self.embed_positions = nn.Embedding(config["max_position_embeddings"] + self.position_offset, hidden)
        self.layers = nn.ModuleList(OptLayer(config) for _ in range(config["num_hidden_layers"]))
        self.final_layer_norm = nn.LayerNorm(hidden) if config.get("do_layer_norm_before", True) else None

    def forward(self, tokens):
        positions = torch.arange(tokens.shape[1], device=tokens.device) + self.position_offset
        x = self.embed_tokens(tokens) + self.embed_positions(positions)
        for layer in self.layers:
            x = layer(x)
        return x if self.final_layer_norm is None else self.final_layer_norm(x)


class Opt(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = nn.Module()
        self.model.decoder = OptDecoder(config)
        self.lm_head = nn.Linear(config["hidden_size"], config["vocab_size"], bias=False)
        if config.get("tie_word_embeddings", True):
            self.lm_head.weight = self.model.decoder.embed_tokens.weight

    def forward(self, tokens):
        return self.lm_head(self.model.decoder(tokens))


FAMILIES = {"opt": Opt, **{kind: GatedModel for kind in TYPES}}


def make_model(config):
    """The model that a config.json describes, with PyTorch's own initial weights."""
    return FAMILIES[config["model_type"]](config)


def is_tied(config):
    """Whether the output head is the embedding."""
    return config.get("tie_word_embeddings", config["model_type"] in ("opt", "gemma", "gemma2", "gemma3_text"))


@contextmanager
def without_initial_weights():
    """Skips the initialisation of new models. Untouched memory for weights takes up no physical memory."""
    kinds = (nn.Linear, nn.Embedding)
    usual = [kind.reset_parameters for kind in kinds]
    try:
        for kind in kinds:
            kind.reset_parameters = lambda self: None
        yield
    finally:
        for kind, method in zip(kinds, usual):
            kind.reset_parameters = method


def surprises(model, windows, positions=()):
    """Sums of −log p over the tokens of each window except the first token, in double precision. `positions` split a window into
    parts before, between and after them: [windows, positions + 1]."""
    logits = model(windows)[:, :-1].float()
    each = functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].to(logits.device).flatten(), reduction="none")
    each = each.view(len(windows), -1).cpu().double()
    firsts = [0, *(position - 1 for position in positions), each.shape[1]]  # token 0 is not predicted
    return torch.stack([each[:, first:end].sum(1) for first, end in zip(firsts, firsts[1:])], 1)


def perplexity(model, tokens, length, batch=16):
    """exp of the mean negative log-likelihood of every token but the first of each window of `length`; windows do not
    overlap, and tokens after the last whole window are not used. `tokens` is a vector."""
    windows = tokens[: len(tokens) // length * length].view(-1, length)
    with torch.no_grad():
        total = sum(surprises(model, part).sum().item() for part in windows.split(batch))
    return math.exp(total / (windows.shape[0] * (length - 1)))


def unique_parameters(model):
    """State without duplicates (the output head of tied embeddings)."""
    seen, state = set(), {}
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            state[name] = tensor
    return state


def save(model, folder, dtype=torch.float16):
    """Writes config.json and model.safetensors, the parameters rounded to `dtype`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(model.config, indent=2) + "\n")
    state = {name: tensor.to(dtype) for name, tensor in unique_parameters(model).items()}
    write_safetensors(folder / "model.safetensors", state)


def load(folder):
    """The model of a folder with config.json and model.safetensors, in FP32."""
    folder = pathlib.Path(folder)
    model = make_model(json.loads((folder / "config.json").read_text()))
    state = {name: tensor.float() for name, tensor in read_safetensors(folder / "model.safetensors").items()}
    missing, unknown = model.load_state_dict(state, strict=False)
    if unknown or any(name != "lm_head.weight" for name in missing):
        raise ValueError(f"{folder}: missing tensors {missing}, unknown tensors {unknown}")
    return model.eval()
