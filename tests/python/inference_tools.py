# SPDX-License-Identifier: Apache-2.0
"""Small models, and functional runs of them with their dumped tensors."""

import json
import subprocess

import numpy as np
from functional_tools import BUILD

LLAMA = {"model_type": "llama", "hidden_size": 96, "intermediate_size": 160, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 70,
         "max_position_embeddings": 512, "hidden_act": "silu"}
OPT = {"model_type": "opt", "hidden_size": 128, "ffn_dim": 192, "num_hidden_layers": 2, "num_attention_heads": 2,
       "vocab_size": 90, "max_position_embeddings": 256, "activation_function": "relu", "word_embed_proj_dim": 128,
       "do_layer_norm_before": True}
GEMMA = {"model_type": "gemma3_text", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
         "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 64, "vocab_size": 60,
         "max_position_embeddings": 512, "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 48,
         "sliding_window_pattern": 2}
NEOX = {"model_type": "gpt_neox", "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 1,
        "num_attention_heads": 2, "vocab_size": 50, "max_position_embeddings": 256, "hidden_act": "gelu",
        "rotary_pct": 0.25, "use_parallel_residual": True}
LENGTHS = {"A_qkv": 9, "A_o": 7, "A_u": 6, "A_d": 8, "A_q": 10, "A_p": 5, "A_head": 11}  # A_head: precision.other


class Run:
    """anda-sim on a small model, with its dumped tensors and its report."""

    def __init__(self, folder, model, *settings, status=0, systems="fp-fp, anda"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(model))
        (folder / "run.yaml").write_text("workload: {config_json: config.json, scope: layer}\n"
                                         "functional: {enabled: true, dump: true, seed: 3}\n")
        self.out = folder / "out"
        command = [BUILD / "src" / "anda-sim", "run", folder / "run.yaml", "--quiet", "--out", self.out]
        every = [f"precision.{tensor}={length}" for tensor, length in LENGTHS.items() if tensor != "A_head"]
        every += [f"systems=[{systems}]", f"precision.other={LENGTHS['A_head']}"]
        command += [part for setting in (*every, *settings) for part in ("--set", setting)]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
        self.message = done.stderr
        assert done.returncode == status, done.stderr
        self.report = json.loads((self.out / "report.json").read_text()) if status == 0 else None

    def tensor(self, name):
        return np.load(self.out / "tensors" / f"{name}.npy")

    def system(self, name):
        return next(system for system in self.report["systems"] if system["name"] == name)
