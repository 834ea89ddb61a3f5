# SPDX-License-Identifier: Apache-2.0
"""Runs `anda-sim serve` on a small model."""

import csv
import json
from pathlib import Path

from anda_sim.simulator import set_options

HEADS, KV_HEADS, HEAD_DIM, HIDDEN, LAYERS = 4, 2, 32, 128, 3
SHAPE = {"model_type": "llama", "hidden_size": HIDDEN, "intermediate_size": 256, "num_hidden_layers": LAYERS,
         "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS, "head_dim": HEAD_DIM, "vocab_size": 500,
         "max_position_embeddings": 4096}


def write_model(folder, **changes):
    path = Path(folder) / "config.json"
    path.write_text(json.dumps({**SHAPE, **changes}))
    return path


def write_trace(folder, requests):
    """Requests as (seconds, prompt, output[, priority[, hashes]]), in the format of Mooncake."""
    path = Path(folder) / "requests.jsonl"
    lines = []
    for arrival, prompt, output, *more in requests:
        line = {"timestamp": arrival * 1e3, "input_length": prompt, "output_length": output}
        line.update(zip(("priority", "hash_ids"), more))
        lines.append(json.dumps(line))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_config(folder, keys, requests=None, shape=None):
    """A configuration of the small model, with dotted keys, and the requests of a trace unless the keys say which."""
    base = Path(folder) / "server.yaml"
    base.write_text("systems: [anda]\nserving: {}\n")
    wanted = {"workload.config_json": str(write_model(folder, **(shape or {}))), **keys}
    if requests is not None:
        wanted["serving.requests.trace"] = str(write_trace(folder, requests))
    return base, set_options(wanted)


def serve(simulator, folder, keys, requests=None, **shape):
    """(serve.json, rows of requests.csv by system and request); numbers are numbers, n/a is None. shape -- keys of config.json."""
    base, settings = write_config(folder, keys, requests, shape)
    out = Path(folder) / "out"
    simulator.call("serve", base, "--out", out, "--quiet", *settings)
    return json.loads((out / "serve.json").read_text()), read_requests(out / "requests.csv")


def read_requests(path):
    with open(path, encoding="utf-8") as file:
        rows = [{key: value if key == "system" else None if value == "n/a" else float(value) for key, value in row.items()}
                for row in csv.DictReader(file)]
    return sorted(rows, key=lambda row: (row["system"], row["request"]))
