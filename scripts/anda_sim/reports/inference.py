# SPDX-License-Identifier: Apache-2.0
"""Data of a whole inference for the page."""

from collections import defaultdict

METRICS = ("time_to_first_token_s", "time_per_output_token_s", "tokens_per_s", "prompt_tokens_per_s", "energy_per_token_j", "kv_cache_bytes")
# Kinds of operation in the order of a layer, with their names on the page.
KINDS = {"gemm": "GeMMs", "attention_scores": "scores", "softmax": "softmax", "attention_values": "values", "kv_append": "cache append",
         "norm": "normalisation", "rotary": "rotary embedding", "activation": "activation", "residual": "residual sums", "router": "router",
         "embedding": "embedding", "output_head": "output head"}


def inference(system):
    """Metrics of a system of a report, and its time by kind of operation for prefill, decode and each decode pass. None if the
    system has GeMMs only."""
    if "kv_cache_bytes" not in system:
        return None
    passes = defaultdict(lambda: defaultdict(float))
    for op in system["ops"]:
        passes[op["output_token"]][op["kind"]] += op["time_s"]
    decode = [{"token": token + 1, "parts": dict(parts)} for token, parts in sorted(passes.items()) if token > 0]
    further = defaultdict(float)
    for each in decode:
        for kind, time_s in each["parts"].items():
            further[kind] += time_s
    phases = [{"name": name, "parts": dict(parts)} for name, parts in (("prefill", passes.get(0, {})), ("decode", further)) if parts]
    return {**{metric: system[metric] for metric in METRICS}, "phases": phases, "decode": decode}
