# SPDX-License-Identifier: Apache-2.0
"""Decoders of the families that have grown from LLaMA, in numpy in double precision, from their papers' equations: RMS norms
(arXiv 1910.07467), rotary positions as products of complex numbers (2104.09864), grouped queries (2305.13245), gated feed-forward parts
(2002.05202), sliding windows (Mistral, 2310.06825), norms of queries and keys (Qwen3, 2505.09388), Gemma's scaled embeddings, norms
by 1 + w and soft caps (2403.08295, 2408.00118), Gemma 3's two bases of rotary
positions (2503.19786), LLaMA 3.1's lowered frequencies (2407.21783). Head by head and token by token: nothing
is shared with the evaluators."""

import numpy as np

import model_tensors

SMALL = {"vocab_size": 80, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4,
         "num_key_value_heads": 2, "max_position_embeddings": 24, "rms_norm_eps": 1e-5}
SILU, GELU = {"hidden_act": "silu"}, {"hidden_activation": "gelu_pytorch_tanh"}
FAMILIES = {
    "llama, linear scaling": {"model_type": "llama", **SILU, "rope_scaling": {"type": "linear", "factor": 4.0}},
    "llama 3.1": {"model_type": "llama", **SILU, "rope_theta": 50.0, "rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 24}},
    "mistral": {"model_type": "mistral", **SILU, "sliding_window": 5},
    "mistral, no window": {"model_type": "mistral", **SILU, "sliding_window": None, "head_dim": 24},
    "qwen2": {"model_type": "qwen2", **SILU, "rope_theta": 1e6, "tie_word_embeddings": True},
    "qwen2, window in the last layer": {"model_type": "qwen2", **SILU, "use_sliding_window": True, "sliding_window": 4,
                                        "max_window_layers": 2},
    "qwen3": {"model_type": "qwen3", **SILU, "head_dim": 32},
    "gemma": {"model_type": "gemma", **GELU, "head_dim": 32, "num_key_value_heads": 1},
    "gemma2": {"model_type": "gemma2", **GELU, "head_dim": 32, "sliding_window": 6, "query_pre_attn_scalar": 20,
               "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0},
    "gemma3": {"model_type": "gemma3_text", **GELU, "head_dim": 32, "sliding_window": 6, "query_pre_attn_scalar": 20,
               "sliding_window_pattern": 2, "rope_theta": 60.0, "rope_local_base_freq": 7.0},
    "gemma3, settings by kind of layer": {
        "model_type": "gemma3_text", **GELU, "head_dim": 32, "sliding_window": 5,
        "layer_types": ["full_attention", "sliding_attention", "full_attention"], "rope_parameters": {
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 40.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 5.0}}},
    "phi3": {"model_type": "phi3", **SILU, "sliding_window": 7},
    "phi3, part of a head": {"model_type": "phi3", **SILU, "partial_rotary_factor": 0.5, "num_key_value_heads": 4},
}


def config_of(name):
    return {**SMALL, **FAMILIES[name]}


def shapes_of(config):
    """Of all tensors; what the family keeps in one is one."""
    shapes = {}
    for name, shape in model_tensors.tensors_of(config):
        if config["model_type"] == "phi3" and "mlp.gate_proj" in name:
            shapes[name.replace("gate_proj", "gate_up_proj")] = (2 * shape[0], shape[1])
        elif config["model_type"] != "phi3" or "mlp.up_proj" not in name:
            shapes[name] = shape
    return shapes


def random_tensors(config, seed=3):
    random = np.random.default_rng(seed)
    around = 0 if config["model_type"].startswith("gemma") else 1
    return {name: (random.uniform(-0.5, 0.5, shape) + around if "norm" in name else random.normal(0, 0.15, shape)).astype(np.float32)
            for name, shape in shapes_of(config).items()}


def rotation_of(config, is_windowed):
    """Gemma 3 has a base, and no scaling, of its own in layers with a window."""
    if config["model_type"] != "gemma3_text":
        return config
    kinds = config.get("rope_parameters")
    if kinds:
        settings = kinds["sliding_attention" if is_windowed else "full_attention"]
        return {"rope_theta": settings["rope_theta"], "rope_scaling": None if is_windowed else {"type": "linear", "factor": settings["factor"]}}
    return {"rope_theta": config["rope_local_base_freq" if is_windowed else "rope_theta"]}


def frequencies(config, width):
    plain = config.get("rope_theta", 10000.0) ** (-np.arange(0, width, 2) / width)
    scaling = config.get("rope_scaling")
    if not scaling:
        return plain
    if scaling.get("type") == "linear":
        return plain / scaling["factor"]
    old, changed = scaling["original_max_position_embeddings"], []
    for frequency in plain:
        length = 2 * np.pi / frequency
        share = (old / length - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
        if length < old / scaling["high_freq_factor"]:
            changed.append(frequency)
        elif length > old / scaling["low_freq_factor"]:
            changed.append(frequency / scaling["factor"])
        else:
            changed.append((1 - share) * frequency / scaling["factor"] + share * frequency)
    return np.array(changed)


class Reference:
    def __init__(self, config, tensors):
        self.config = config
        self.kind = config["model_type"]
        self.w = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
        self.heads = config["num_attention_heads"]
        self.kv_heads = config.get("num_key_value_heads") or self.heads
        self.width = config.get("head_dim") or config["hidden_size"] // self.heads
        self.turned = int(self.width * config.get("partial_rotary_factor", 1))

    def norm(self, x, name):
        weight = self.w[f"{name}.weight"] + (1 if self.kind.startswith("gemma") else 0)
        return np.array([row / np.sqrt(np.mean(row * row) + self.config["rms_norm_eps"]) * weight for row in x])

    def linear(self, x, name):
        y = x @ self.w[f"{name}.weight"].T
        return y + self.w[f"{name}.bias"] if f"{name}.bias" in self.w else y

    def turn(self, x, window):
        """Element i of the first half is the real part, that of the second the imaginary one."""
        half = self.turned // 2
        numbers = x[:, :half] + 1j * x[:, half : self.turned]
        numbers = numbers * np.exp(1j * np.outer(np.arange(len(x)), frequencies(rotation_of(self.config, window is not None), self.turned)))
        return np.concatenate((numbers.real, numbers.imag, x[:, self.turned :]), 1)

    def window(self, layer):
        config = self.config
        by_type = config["layer_types"][layer] == "sliding_attention" if "layer_types" in config else None
        by_pattern = (layer + 1) % config.get("sliding_window_pattern", 6) != 0
        slides = {"mistral": True, "phi3": True, "gemma2": layer % 2 == 0,
                  "gemma3_text": by_pattern if by_type is None else by_type,
                  "qwen2": config.get("use_sliding_window") and layer >= config.get("max_window_layers", 0)}
        return config.get("sliding_window") if slides.get(self.kind) else None

    def attention(self, x, name, layer):
        config, width = self.config, self.width
        if self.kind == "phi3":
            sizes = np.cumsum([self.heads * width, self.kv_heads * width])
            q, k, v = np.split(self.linear(x, f"{name}.qkv_proj"), sizes, 1)
        else:
            q, k, v = (self.linear(x, f"{name}.{part}_proj") for part in "qkv")
        scale = {"gemma2": config.get("query_pre_attn_scalar"), "gemma3_text": config.get("query_pre_attn_scalar", 256)}.get(self.kind, width) ** -0.5
        cap, window, results = config.get("attn_logit_softcapping"), self.window(layer), []
        for head in range(self.heads):
            shared = head // (self.heads // self.kv_heads)
            query, key, value = (part[:, i * width : (i + 1) * width] for part, i in ((q, head), (k, shared), (v, shared)))
            if self.kind in ("qwen3", "gemma3_text"):
                query, key = self.norm(query, f"{name}.q_norm"), self.norm(key, f"{name}.k_norm")
            query, key = self.turn(query, window), self.turn(key, window)
            rows = []
            for token in range(len(x)):
                first = 0 if window is None else max(0, token + 1 - window)
                scores = key[first : token + 1] @ query[token] * scale
                scores = cap * np.tanh(scores / cap) if cap else scores
                share = np.exp(scores - scores.max())
                rows.append(share / share.sum() @ value[first : token + 1])
            results.append(np.array(rows))
        return self.linear(np.concatenate(results, 1), f"{name}.o_proj")

    def feed_forward(self, x, name):
        if self.kind == "phi3":
            gate, up = np.split(self.linear(x, f"{name}.gate_up_proj"), 2, 1)
        else:
            gate, up = self.linear(x, f"{name}.gate_proj"), self.linear(x, f"{name}.up_proj")
        if self.kind.startswith("gemma"):
            gate = gate * 0.5 * (1 + np.tanh(np.sqrt(2 / np.pi) * (gate + 0.044715 * gate**3)))
        else:
            gate = gate / (1 + np.exp(-gate))
        return self.linear(gate * up, f"{name}.down_proj")

    def logits(self, tokens):
        """[length x vocabulary] of one sequence."""
        x = self.w["model.embed_tokens.weight"][tokens]
        if self.kind.startswith("gemma"):
            x = x * np.sqrt(self.config["hidden_size"])
        for layer in range(self.config["num_hidden_layers"]):
            name = f"model.layers.{layer}"
            attended = self.attention(self.norm(x, f"{name}.input_layernorm"), f"{name}.self_attn", layer)
            if self.kind in ("gemma2", "gemma3_text"):
                x = x + self.norm(attended, f"{name}.post_attention_layernorm")
                inner = self.feed_forward(self.norm(x, f"{name}.pre_feedforward_layernorm"), f"{name}.mlp")
                x = x + self.norm(inner, f"{name}.post_feedforward_layernorm")
            else:
                x = x + attended
                x = x + self.feed_forward(self.norm(x, f"{name}.post_attention_layernorm"), f"{name}.mlp")
        x = self.norm(x, "model.norm")
        logits = x @ self.w.get("lm_head.weight", self.w["model.embed_tokens.weight"]).T
        cap = self.config.get("final_logit_softcapping")
        return cap * np.tanh(logits / cap) if cap else logits
