# SPDX-License-Identifier: Apache-2.0
"""The tensors of a checkpoint, name and shape, as a model of Hugging Face has them: made from its config.json alone, apart from the
simulator's own reader."""

OPT = {"hidden_size": 768, "ffn_dim": 3072, "num_hidden_layers": 12, "num_attention_heads": 12, "vocab_size": 50272,
       "max_position_embeddings": 2048}
GEMMA_3 = {"hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4,
           "head_dim": 256, "vocab_size": 262208}


def linear(name, inputs, outputs, bias=False):
    yield f"{name}.weight", (outputs, inputs)
    if bias:
        yield f"{name}.bias", (outputs,)


def norm(name, width, bias=False):
    yield f"{name}.weight", (width,)
    if bias:
        yield f"{name}.bias", (width,)


def gated(name, hidden, width, bias=False):
    yield from linear(f"{name}.gate_proj", hidden, width, bias)
    yield from linear(f"{name}.up_proj", hidden, width, bias)
    yield from linear(f"{name}.down_proj", width, hidden, bias)


def opt(config):
    config = {**OPT, **config}
    hidden, width = config["hidden_size"], config.get("word_embed_proj_dim") or config["hidden_size"]
    bias = config.get("enable_bias", True)
    yield "decoder.embed_tokens.weight", (config["vocab_size"], width)
    yield "decoder.embed_positions.weight", (config["max_position_embeddings"] + 2, hidden)
    if width != hidden:
        yield from linear("decoder.project_in", width, hidden)
        yield from linear("decoder.project_out", hidden, width)
    for layer in range(config["num_hidden_layers"]):
        name = f"decoder.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from linear(f"{name}.self_attn.{part}", hidden, hidden, bias)
        yield from linear(f"{name}.fc1", hidden, config["ffn_dim"], bias)
        yield from linear(f"{name}.fc2", config["ffn_dim"], hidden, bias)
        yield from norm(f"{name}.self_attn_layer_norm", hidden, True)
        yield from norm(f"{name}.final_layer_norm", hidden, True)
    if config.get("do_layer_norm_before", True):
        yield from norm("decoder.final_layer_norm", hidden, True)


def gpt2(config):
    hidden = config["n_embd"]
    width = config.get("n_inner") or 4 * hidden
    yield "wte.weight", (config["vocab_size"], hidden)
    yield "wpe.weight", (config["n_positions"], hidden)
    for layer in range(config["n_layer"]):
        name = f"h.{layer}"
        yield from norm(f"{name}.ln_1", hidden, True)
        yield from linear(f"{name}.attn.c_attn", hidden, 3 * hidden, True)
        yield from linear(f"{name}.attn.c_proj", hidden, hidden, True)
        yield from norm(f"{name}.ln_2", hidden, True)
        yield from linear(f"{name}.mlp.c_fc", hidden, width, True)
        yield from linear(f"{name}.mlp.c_proj", width, hidden, True)
    yield from norm("ln_f", hidden, True)


def gpt_neox(config):
    hidden, width = config["hidden_size"], config["intermediate_size"]
    bias = config.get("attention_bias", True)
    yield "embed_in.weight", (config["vocab_size"], hidden)
    for layer in range(config["num_hidden_layers"]):
        name = f"layers.{layer}"
        yield from norm(f"{name}.input_layernorm", hidden, True)
        yield from norm(f"{name}.post_attention_layernorm", hidden, True)
        yield from linear(f"{name}.attention.query_key_value", hidden, 3 * hidden, bias)
        yield from linear(f"{name}.attention.dense", hidden, hidden, bias)
        yield from linear(f"{name}.mlp.dense_h_to_4h", hidden, width, True)
        yield from linear(f"{name}.mlp.dense_4h_to_h", width, hidden, True)
    yield from norm("final_layer_norm", hidden, True)
    if not config.get("tie_word_embeddings", False):
        yield from linear("embed_out", hidden, config["vocab_size"])


def phi(config):
    hidden, width, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    keys = (config.get("num_key_value_heads") or heads) * (hidden // heads)
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden)
    for layer in range(config["num_hidden_layers"]):
        name = f"model.layers.{layer}"
        yield from norm(f"{name}.input_layernorm", hidden, True)
        for part, outputs in (("q_proj", hidden), ("k_proj", keys), ("v_proj", keys), ("dense", hidden)):
            yield from linear(f"{name}.self_attn.{part}", hidden, outputs, True)
        yield from linear(f"{name}.mlp.fc1", hidden, width, True)
        yield from linear(f"{name}.mlp.fc2", width, hidden, True)
    yield from norm("model.final_layernorm", hidden, True)
    yield from linear("lm_head", hidden, config["vocab_size"], True)


def ordinary_attention(name, config):
    kind, hidden, heads = config["model_type"], config["hidden_size"], config["num_attention_heads"]
    of_family = {"gemma": 256, "gemma2": 256, "gemma3_text": 256, "qwen3": 128}.get(kind) or hidden // heads
    width = config.get("head_dim", of_family)
    keys = (config.get("num_key_value_heads") or heads) * width
    bias = config.get("attention_bias", False)
    qkv_bias = {"qwen2": True, "qwen2_moe": config.get("qkv_bias", True)}.get(kind, bias)
    if kind == "phi3":
        yield from linear(f"{name}.qkv_proj", hidden, heads * width + 2 * keys)
    else:
        yield from linear(f"{name}.q_proj", hidden, heads * width, qkv_bias)
        yield from linear(f"{name}.k_proj", hidden, keys, qkv_bias)
        yield from linear(f"{name}.v_proj", hidden, keys, qkv_bias)
    yield from linear(f"{name}.o_proj", heads * width, hidden, bias)
    if kind in ("qwen3", "qwen3_moe", "gemma3_text"):
        yield from norm(f"{name}.q_norm", width)
        yield from norm(f"{name}.k_norm", width)


def latent_attention(name, config):
    hidden, heads, rope = config["hidden_size"], config["num_attention_heads"], config["qk_rope_head_dim"]
    width = config["qk_nope_head_dim"] + rope
    if config["q_lora_rank"] is None:
        yield from linear(f"{name}.q_proj", hidden, heads * width)
    else:
        yield from linear(f"{name}.q_a_proj", hidden, config["q_lora_rank"])
        yield from norm(f"{name}.q_a_layernorm", config["q_lora_rank"])
        yield from linear(f"{name}.q_b_proj", config["q_lora_rank"], heads * width)
    yield from linear(f"{name}.kv_a_proj_with_mqa", hidden, config["kv_lora_rank"] + rope)
    yield from norm(f"{name}.kv_a_layernorm", config["kv_lora_rank"])
    yield from linear(f"{name}.kv_b_proj", config["kv_lora_rank"], heads * (config["qk_nope_head_dim"] + config["v_head_dim"]))
    yield from linear(f"{name}.o_proj", heads * config["v_head_dim"], hidden)


def has_experts(config, layer):
    if config["model_type"] == "mixtral":
        return True
    if config["model_type"].startswith("deepseek"):
        return layer >= config["first_k_dense_replace"]
    if config["model_type"] in ("qwen2_moe", "qwen3_moe"):
        return layer not in config.get("mlp_only_layers", []) and (layer + 1) % config.get("decoder_sparse_step", 1) == 0
    return False


def experts(name, config):
    """The routed ones are numbered: the names tell which tensors a token does not meet."""
    kind, hidden = config["model_type"], config["hidden_size"]
    count = config.get("num_local_experts") or config.get("num_experts") or config.get("n_routed_experts")
    width = config["intermediate_size"] if kind == "mixtral" else config["moe_intermediate_size"]
    yield from linear(f"{name}.gate", hidden, count)
    if kind == "deepseek_v3":
        yield f"{name}.gate.e_score_correction_bias", (count,)
    for number in range(count):
        yield from gated(f"{name}.experts.{number}", hidden, width)
    if kind == "qwen2_moe":
        yield from gated(f"{name}.shared_expert", hidden, config["shared_expert_intermediate_size"])
        yield from linear(f"{name}.shared_expert_gate", hidden, 1)
    if kind.startswith("deepseek"):
        yield from gated(f"{name}.shared_experts", hidden, config["n_shared_experts"] * width)


def llama(config):
    """And all that have grown from it."""
    kind, hidden = config["model_type"], config["hidden_size"]
    norms = ["input_layernorm", "post_attention_layernorm"]
    if kind in ("gemma2", "gemma3_text"):
        norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden)
    for layer in range(config["num_hidden_layers"]):
        name = f"model.layers.{layer}"
        for part in norms:
            yield from norm(f"{name}.{part}", hidden)
        attention = latent_attention if kind.startswith("deepseek") else ordinary_attention
        yield from attention(f"{name}.self_attn", config)
        if has_experts(config, layer):
            yield from experts(f"{name}.mlp", config)
        else:
            yield from gated(f"{name}.mlp", hidden, config["intermediate_size"], config.get("mlp_bias", False))
    yield from norm("model.norm", hidden)
    if not config.get("tie_word_embeddings", kind.startswith("gemma")):
        yield from linear("lm_head", hidden, config["vocab_size"])


def tensors_of(config):
    """Pairs of name and shape."""
    if config["model_type"] == "gemma3":
        config = {**GEMMA_3, "model_type": "gemma3_text", **config["text_config"]}
    makers = {"opt": opt, "gpt2": gpt2, "gpt_neox": gpt_neox, "phi": phi}
    return makers.get(config["model_type"], llama)(config)
