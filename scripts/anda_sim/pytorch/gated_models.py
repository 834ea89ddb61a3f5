# SPDX-License-Identifier: Apache-2.0
"""Decoders of LLaMA and the families derived from it: RMS norms, rotary positions, gated feed-forward parts. config["model_type"]
selects the differences. Parameters have Hugging Face's names, except that Phi-3's fused projections are split (split_fused)."""

import math

import torch
from torch import nn
from torch.nn import functional

TYPES = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi3")


def windows_of(config):
    """For each layer, the number of tokens that a token attends to, including itself; None for all."""
    kind, layers = config["model_type"], config["num_hidden_layers"]
    window = config.get("sliding_window")
    if kind in ("llama", "gemma") or kind in ("qwen2", "qwen3") and not config.get("use_sliding_window", False):
        window = None
    if config.get("layer_types"):
        return [window if what == "sliding_attention" else None for what in config["layer_types"]]
    if kind == "gemma3_text":
        pattern = config.get("_sliding_window_pattern", config.get("sliding_window_pattern", 6))
        return [window if (layer + 1) % pattern else None for layer in range(layers)]
    first = config.get("max_window_layers", 28) if kind in ("qwen2", "qwen3") else 0
    return [window if layer >= first and (kind != "gemma2" or layer % 2 == 0) else None for layer in range(layers)]


def attention(query, key, value, rounding=None, scale=None, cap=None, window=None):
    """Causal attention on [batch, heads, length, head size]. `rounding`, if not None, has operands(query, key, value) and
    probabilities(p), which return the rounded tensors."""
    length = query.shape[-2]
    if rounding is not None:
        query, key, value = rounding.operands(query, key, value)
    query = query / math.sqrt(query.shape[-1]) if scale is None else query * scale
    scores = query @ key.transpose(-1, -2)
    if cap:
        scores = cap * torch.tanh(scores / cap)
    hidden = torch.ones((length, length), dtype=torch.bool, device=query.device).triu(1)
    if window:
        hidden |= torch.ones_like(hidden).tril(-window)
    probabilities = scores.masked_fill(hidden, float("-inf")).softmax(-1)
    if rounding is not None:
        probabilities = rounding.probabilities(probabilities)
    return probabilities @ value


def split_heads(x, heads):
    return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


def merge_heads(x):
    return x.transpose(1, 2).flatten(2)


class RmsNorm(nn.Module):
    def __init__(self, size, epsilon, added=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size) - added)
        self.epsilon, self.added = epsilon, added

    def forward(self, x):
        wide = x.float()
        normed = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return ((self.weight.float() + self.added) * normed).to(x.dtype)


class Rotary:
    """Rotary positions: rotates element i of the first half of `width` with element i of the second half; further elements of a
    head are unchanged."""

    def __init__(self, config, head_size, window=None):
        self.width = int(head_size * config.get("partial_rotary_factor", 1))
        if window is not None and "rope_local_base_freq" in config:  # layers with a window have a separate base
            config = {"rope_theta": config["rope_local_base_freq"]}
        frequencies = config.get("rope_theta", 10000.0) ** (-torch.arange(self.width // 2, dtype=torch.float64) / (self.width // 2))
        self.frequencies = self.scaled(frequencies, config.get("rope_scaling") or {})

    @staticmethod
    def scaled(frequencies, scaling):
        kind = scaling.get("rope_type", scaling.get("type", "default"))
        if kind == "linear":
            return frequencies / scaling["factor"]
        if kind == "llama3":
            low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
            turns = scaling["original_max_position_embeddings"] * frequencies / (2 * math.pi)
            kept = ((turns - low) / (high - low)).clamp(0, 1)
            return (1 - kept) * frequencies / scaling["factor"] + kept * frequencies
        return frequencies

    def __call__(self, x):
        angle = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * self.frequencies
        cosine, sine = (part.to(x.device, torch.float32) for part in (angle.cos(), angle.sin()))
        first, second = x[..., : self.width].float().chunk(2, -1)
        turned = torch.cat((first * cosine - second * sine, second * cosine + first * sine), -1).to(x.dtype)
        return torch.cat((turned, x[..., self.width :]), -1)


class GatedAttention(nn.Module):
    rounding = None  # see attention()

    def __init__(self, config, window):
        super().__init__()
        kind, hidden = config["model_type"], config["hidden_size"]
        self.heads = config["num_attention_heads"]
        self.key_value_heads = config.get("num_key_value_heads", self.heads)
        self.head_size = config.get("head_dim", hidden // self.heads)
        self.window = window
        scaled = kind in ("gemma2", "gemma3_text")
        self.scale = config.get("query_pre_attn_scalar", self.head_size) ** -0.5 if scaled else None
        self.cap = config.get("attn_logit_softcapping") if scaled else None
        self.rotary = Rotary(config, self.head_size, window)
        bias = config.get("attention_bias", False)
        for name, heads in (("q_proj", self.heads), ("k_proj", self.key_value_heads), ("v_proj", self.key_value_heads)):
            setattr(self, name, nn.Linear(hidden, heads * self.head_size, bias=bias or kind == "qwen2"))
        self.o_proj = nn.Linear(self.heads * self.head_size, hidden, bias=bias)
        self.q_norm = self.k_norm = None
        if kind in ("qwen3", "gemma3_text"):
            self.q_norm, self.k_norm = (norm_of(config, self.head_size) for _ in range(2))

    def forward(self, x):
        query, key = split_heads(self.q_proj(x), self.heads), split_heads(self.k_proj(x), self.key_value_heads)
        value = split_heads(self.v_proj(x), self.key_value_heads)
        if self.q_norm is not None:
            query, key = self.q_norm(query), self.k_norm(key)
        query, key = self.rotary(query), self.rotary(key)
        shared = self.heads // self.key_value_heads
        key, value = key.repeat_interleave(shared, 1), value.repeat_interleave(shared, 1)
        return self.o_proj(merge_heads(attention(query, key, value, self.rounding, self.scale, self.cap, self.window)))


class GatedMlp(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, inner, bias = config["hidden_size"], config["intermediate_size"], config.get("mlp_bias", False)
        self.is_gelu = config["model_type"].startswith("gemma")
        self.gate_proj = nn.Linear(hidden, inner, bias=bias)
        self.up_proj = nn.Linear(hidden, inner, bias=bias)
        self.down_proj = nn.Linear(inner, hidden, bias=bias)

    def forward(self, x):
        gate = self.gate_proj(x)
        gate = functional.gelu(gate, approximate="tanh") if self.is_gelu else functional.silu(gate)
        return self.down_proj(gate * self.up_proj(x))


class GatedLayer(nn.Module):
    def __init__(self, config, window):
        super().__init__()
        names = ["input_layernorm", "post_attention_layernorm"]
        self.norms_after = config["model_type"] in ("gemma2", "gemma3_text")
        if self.norms_after:
            names += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
        for name in names:
            setattr(self, name, norm_of(config))
        self.self_attn = GatedAttention(config, window)
        self.mlp = GatedMlp(config)

    def forward(self, x):
        attended = self.self_attn(self.input_layernorm(x))
        if not self.norms_after:
            x = x + attended
            return x + self.mlp(self.post_attention_layernorm(x))
        x = x + self.post_attention_layernorm(attended)
        return x + self.post_feedforward_layernorm(self.mlp(self.pre_feedforward_layernorm(x)))


def norm_of(config, width=None):
    added = 1.0 if config["model_type"].startswith("gemma") else 0.0
    return RmsNorm(width or config["hidden_size"], config.get("rms_norm_eps", 1e-6), added)


class GatedModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        hidden, is_gemma = config["hidden_size"], config["model_type"].startswith("gemma")
        self.scale = math.sqrt(hidden) if is_gemma else 1.0
        self.cap = config.get("final_logit_softcapping") if config["model_type"] in ("gemma2", "gemma3_text") else None
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config["vocab_size"], hidden)
        self.model.layers = nn.ModuleList(GatedLayer(config, window) for window in windows_of(config))
        self.model.norm = norm_of(config)
        self.lm_head = nn.Linear(hidden, config["vocab_size"], bias=False)
        if config.get("tie_word_embeddings", is_gemma):
            self.lm_head.weight = self.model.embed_tokens.weight

    def forward(self, tokens):
        x = self.model.embed_tokens(tokens) * self.scale
        for layer in self.model.layers:
            x = layer(x)
        logits = self.lm_head(self.model.norm(x))
        return self.cap * torch.tanh(logits / self.cap) if self.cap else logits


def _fused_parts(config):
    """Names and row counts of the parts of Phi-3's fused projections."""
    heads, head = config["num_attention_heads"], config.get("head_dim", config["hidden_size"] // config["num_attention_heads"])
    keys = config.get("num_key_value_heads", heads) * head
    return {"qkv_proj": (("q_proj", "k_proj", "v_proj"), (heads * head, keys, keys)),
            "gate_up_proj": (("gate_proj", "up_proj"), (config["intermediate_size"],) * 2)}


def split_fused(config, readers):
    """Shapes and readers of Phi-3's projections under the usual names: q, k and v from qkv_proj, gate and up from
    gate_up_proj."""
    parts, split = _fused_parts(config), {}
    for name, (shape, read) in readers.items():
        module, _, rest = name.rpartition(".")
        names, sizes = parts.get(module.rsplit(".", 1)[-1], ((), ()))
        if not names:
            split[name] = (shape, read)
            continue
        if shape[:1] != (sum(sizes),):
            raise ValueError(f"tensor {name} has the shape {list(shape)}, must have {sum(sizes)} rows")
        first = 0
        for part, size in zip(names, sizes):
            split[f"{module.rpartition('.')[0]}.{part}.{rest}"] = ((size, *shape[1:]), _rows(read, first, size))
            first += size
    return split


def _rows(read, first, size):
    return lambda: read()[first : first + size].clone()


def linear_shapes(config):
    """[outputs, inputs] of every linear layer, by its name in checkpoints."""
    hidden, inner = config["hidden_size"], config.get("ffn_dim") or config.get("intermediate_size")
    heads, head = config["num_attention_heads"], config.get("head_dim", config["hidden_size"] // config["num_attention_heads"])
    keys, shapes = config.get("num_key_value_heads", heads) * head, {"lm_head": (config["vocab_size"], hidden)}
    for layer in range(config["num_hidden_layers"]):
        if config["model_type"] == "opt":
            name = f"model.decoder.layers.{layer}."
            shapes.update({f"{name}self_attn.{part}": (hidden, hidden) for part in ("q_proj", "k_proj", "v_proj", "out_proj")})
            shapes.update({f"{name}fc1": (inner, hidden), f"{name}fc2": (hidden, inner)})
            continue
        name = f"model.layers.{layer}."
        shapes.update({f"{name}self_attn.o_proj": (hidden, heads * head), f"{name}mlp.down_proj": (hidden, inner)})
        if config["model_type"] == "phi3":
            shapes[f"{name}self_attn.qkv_proj"] = (heads * head + 2 * keys, hidden)
            shapes[f"{name}mlp.gate_up_proj"] = (2 * inner, hidden)
            continue
        rows = {"q_proj": heads * head, "k_proj": keys, "v_proj": keys}
        shapes.update({f"{name}self_attn.{part}": (outputs, hidden) for part, outputs in rows.items()})
        shapes.update({f"{name}mlp.{part}": (inner, hidden) for part in ("gate_proj", "up_proj")})
    return shapes
