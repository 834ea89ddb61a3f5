# SPDX-License-Identifier: Apache-2.0
"""Decoders of the OPT and LLaMA families in PyTorch, with the parameter names and config.json keys of Hugging Face.

model = make_model(config) takes the dictionary of a config.json; model(tokens) gives the logits, FP32
[batch, length, vocabulary], of integer tokens [batch, length]. Small on purpose: only what the family's checkpoints have
(biases, tied embeddings, grouped-query attention). load() and save() read and write a folder of
config.json and model.safetensors.
"""
import json
import math
import pathlib
import struct

import torch
from torch import nn
from torch.nn import functional

from anda_sim.common import strict_json

SAFETENSORS_TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def attention(query, key, value, rounding=None):
    """Causal attention of [batch, heads, length, head size]. `rounding`, if not None, has operands(query, key, value) and
    probabilities(p), which give what takes their place."""
    length = query.shape[-2]
    if rounding is not None:
        query, key, value = rounding.operands(query, key, value)
    scores = query / math.sqrt(query.shape[-1]) @ key.transpose(-1, -2)
    mask = torch.full((length, length), float("-inf"), device=query.device).triu(1)
    probabilities = (scores + mask).softmax(-1)
    if rounding is not None:
        probabilities = rounding.probabilities(probabilities)
    return probabilities @ value


def split_heads(x, heads):
    return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


def merge_heads(x):
    return x.transpose(1, 2).flatten(2)


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
    position_offset = 2  # positions 0 and 1 of the table are never read, as in the family's first implementation

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


class RmsNorm(nn.Module):
    def __init__(self, size, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon))


class LlamaAttention(nn.Module):
    rounding = None  # see attention()

    def __init__(self, config):
        super().__init__()
        hidden = config["hidden_size"]
        self.heads = config["num_attention_heads"]
        self.key_value_heads = config.get("num_key_value_heads", self.heads)
        self.head_size = config.get("head_dim", hidden // self.heads)
        self.theta = config.get("rope_theta", 10000.0)
        bias = config.get("attention_bias", False)
        self.q_proj = nn.Linear(hidden, self.heads * self.head_size, bias=bias)
        self.k_proj = nn.Linear(hidden, self.key_value_heads * self.head_size, bias=bias)
        self.v_proj = nn.Linear(hidden, self.key_value_heads * self.head_size, bias=bias)
        self.o_proj = nn.Linear(self.heads * self.head_size, hidden, bias=bias)

    def rotate(self, x):
        """Rotary embedding: rotates element i of a head's first half with element i of its second half."""
        half = self.head_size // 2
        frequency = self.theta ** (-torch.arange(half, dtype=torch.float32, device=x.device) / half)
        angle = torch.arange(x.shape[-2], dtype=torch.float32, device=x.device)[:, None] * frequency
        cosine, sine = angle.cos(), angle.sin()
        first, second = x[..., :half], x[..., half:]
        return torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1)

    def forward(self, x):
        query = self.rotate(split_heads(self.q_proj(x), self.heads))
        key = self.rotate(split_heads(self.k_proj(x), self.key_value_heads))
        value = split_heads(self.v_proj(x), self.key_value_heads)
        shared = self.heads // self.key_value_heads
        key, value = key.repeat_interleave(shared, 1), value.repeat_interleave(shared, 1)
        return self.o_proj(merge_heads(attention(query, key, value, self.rounding)))


class LlamaMlp(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, inner, bias = config["hidden_size"], config["intermediate_size"], config.get("mlp_bias", False)
        self.gate_proj = nn.Linear(hidden, inner, bias=bias)
        self.up_proj = nn.Linear(hidden, inner, bias=bias)
        self.down_proj = nn.Linear(inner, hidden, bias=bias)

    def forward(self, x):
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class LlamaLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, epsilon = config["hidden_size"], config.get("rms_norm_eps", 1e-6)
        self.self_attn = LlamaAttention(config)
        self.mlp = LlamaMlp(config)
        self.input_layernorm = RmsNorm(hidden, epsilon)
        self.post_attention_layernorm = RmsNorm(hidden, epsilon)

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        hidden = config["hidden_size"]
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config["vocab_size"], hidden)
        self.model.layers = nn.ModuleList(LlamaLayer(config) for _ in range(config["num_hidden_layers"]))
        self.model.norm = RmsNorm(hidden, config.get("rms_norm_eps", 1e-6))
        self.lm_head = nn.Linear(hidden, config["vocab_size"], bias=False)
        if config.get("tie_word_embeddings", False):
            self.lm_head.weight = self.model.embed_tokens.weight

    def forward(self, tokens):
        x = self.model.embed_tokens(tokens)
        for layer in self.model.layers:
            x = layer(x)
        return self.lm_head(self.model.norm(x))


FAMILIES = {"opt": Opt, "llama": Llama}


def make_model(config):
    """The model that a config.json describes, with PyTorch's own initial weights."""
    return FAMILIES[config["model_type"]](config)


def perplexity(model, tokens, length, batch=16):
    """exp of the mean negative log-likelihood of every token but the first of each window of `length`; windows do not
    overlap, and tokens after the last whole window are not used. `tokens` is a vector."""
    windows = tokens[: len(tokens) // length * length].view(-1, length)
    total = 0.0
    with torch.no_grad():
        for part in windows.split(batch):
            logits = model(part)[:, :-1].flatten(0, 1)
            total += functional.cross_entropy(logits, part[:, 1:].flatten(), reduction="sum").double().item()
    return math.exp(total / (windows.shape[0] * (length - 1)))


def unique_parameters(model):
    """State without duplicates (the output head of tied embeddings)."""
    seen, state = set(), {}
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            state[name] = tensor
    return state


def write_safetensors(path, tensors):
    header, blobs, at = {}, [], 0
    names = {kind: name for name, kind in SAFETENSORS_TYPES.items()}
    for name, tensor in tensors.items():
        # numpy has no bfloat16: its bits pass through an integer of the same size
        plain = tensor.contiguous().view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor.contiguous()
        blob = plain.numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read_safetensors(path):
    """The tensors of a file, in its types. They must be contiguous, without overlap, as the format requires."""
    data = pathlib.Path(path).read_bytes()
    if len(data) < 8:
        raise ValueError("it is shorter than the length of its header")
    size = struct.unpack("<Q", data[:8])[0]
    if size > len(data) - 8:
        raise ValueError(f"the header has {size} bytes, the file {len(data)}")
    header = strict_json.loads(data[8 : 8 + size].decode(), "header")
    if not isinstance(header, dict):
        raise ValueError("the header is not an object")
    header.pop("__metadata__", None)
    for name, entry in header.items():
        _check_entry(name, entry)
    tensors = {}
    at = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, end = entry["data_offsets"]
        if first != at or end < first or end > len(data) - 8 - size:
            raise ValueError(f"tensor {name} has the bytes {first} … {end}; what is before it ends at {at}")
        at = end
        kind, shape = SAFETENSORS_TYPES[entry["dtype"]], entry["shape"]
        if end - first != math.prod(shape) * torch.empty(0, dtype=kind).element_size():
            raise ValueError(f"tensor {name} of shape {shape} has {end - first} bytes")
        flat = torch.frombuffer(bytearray(data[8 + size + first : 8 + size + end]), dtype=kind) if end > first \
            else torch.empty(0, dtype=kind)
        tensors[name] = flat.view(shape)
    if 8 + size + at != len(data):
        raise ValueError(f"the tensors end at byte {8 + size + at}, the file at {len(data)}")
    return tensors


def _check_entry(name, entry):
    """Raises ValueError unless a header entry is complete."""
    def sizes(part, count=None):
        values = entry.get(part)
        return isinstance(values, list) and count in (None, len(values)) and all(
            type(value) is int and 0 <= value < 1 << 62 for value in values)

    if not isinstance(entry, dict) or not sizes("shape") or not sizes("data_offsets", 2) or len(entry["shape"]) > 8:
        raise ValueError(f"the header's entry {name} has no dtype, shape or data_offsets of a tensor")
    if not isinstance(entry.get("dtype"), str) or entry["dtype"] not in SAFETENSORS_TYPES:
        raise ValueError(f"tensor {name} is of type {entry.get('dtype')}; known are {', '.join(SAFETENSORS_TYPES)}")


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
