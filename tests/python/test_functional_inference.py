# SPDX-License-Identifier: Apache-2.0
"""Functional simulations of layers and models against numpy, bit for bit: a chain of operations on one side, the same
operations on the machine's numbers on the other.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_functional_inference.py
"""

import json

import jsonschema
import numpy as np
import pytest
import vector_arithmetic as unit
from functional_tools import bits_of, ROOT
from inference_reference import bell, hidden, Inference
from inference_tools import GEMMA, LENGTHS, LLAMA, NEOX, OPT, Run

pytestmark = pytest.mark.filterwarnings("ignore:overflow|invalid|divide")


class Check(Inference):
    """Follows the operations of a run and compares each one's results with its own."""

    def __init__(self, run, system, model, keys, values, fused=False, head_bits=16):
        shape = {"heads": model["num_attention_heads"],
                 "kv_heads": model.get("num_key_value_heads", model["num_attention_heads"]),
                 "hidden": model["hidden_size"]}
        shape["head_dim"] = model.get("head_dim", shape["hidden"] // shape["heads"])
        super().__init__(shape, system, LENGTHS, keys, values)
        self.run, self.system, self.config, self.fused, self.head_bits = run, system, model, fused, head_bits
        self.compared = 0

    def dumped(self, what, system=False):
        return self.run.tensor(f"{self.system}/{self.row}.{what}" if system else f"{self.row}.{what}")

    def same(self, expected):
        results = self.dumped("outputs", True)
        assert results.shape == expected.shape, self.name
        assert np.array_equal(bits_of(results), bits_of(expected)), (self.system, self.name)
        self.compared += 1

    def passes(self, slices_of):
        """Goes through all operations; slices_of(pass) gives the slices of a pass."""
        self.pass_name = None
        for self.row, op in enumerate(self.run.system(self.system)["ops"]):
            self.name = op["name"]
            pass_name, _, rest = self.name.partition(".")
            layer, _, operation = rest.rpartition(".")
            self.layer = int(layer[5:]) if layer else None
            if pass_name != self.pass_name:
                self.pass_name = pass_name
                self.start(slices_of(pass_name), self.dumped("inputs", True))
                self.blocks = []
            self.window = self.config["sliding_window"] if self.has_window() else 0
            self.model["window"] = self.window
            getattr(self, "at_" + operation)(op)
        assert self.compared == self.row + 1

    def has_window(self):
        return "sliding_window" in self.config and self.layer is not None and (self.layer + 1) % self.config[
            "sliding_window_pattern"] != 0

    # --- rows ---

    def linear(self, x, tensor):
        """Weights in INT4, groups of 128, as dumped."""
        operand = {"codes": self.dumped("codes"), "scales": self.dumped("scales"), "bits": 4, "group": 128}
        return self.element.product(self.read_by(self.tensors[x], tensor), operand, LENGTHS[tensor])

    def normed(self, rows):
        beta = self.dumped("beta") if (self.run.out / "tensors" / f"{self.row}.beta.npy").exists() else None
        return unit.norm(rows, self.dumped("gamma"), beta)

    def put(self, tensor, values):
        self.tensors[tensor] = values
        self.same(values)

    def at_embedding(self, op):
        self.put("hidden", self.tensors["hidden"])

    def at_positions(self, op):
        table = bell_table(len(self.tensors["hidden"][0]), self.config["max_position_embeddings"])
        sums = self.tensors["hidden"].astype(np.float32) + table[self.positions].astype(np.float32)
        self.put("hidden", sums.astype(np.float16))

    def at_attention_norm(self, op):
        self.put("normed", self.read_by(self.normed(self.tensors["hidden"]), "A_qkv"))

    def at_qkv_proj(self, op):
        results = self.linear("normed", "A_qkv")
        d, kv = self.model["heads"] * self.model["head_dim"], self.model["kv_heads"] * self.model["head_dim"]
        self.tensors.update(q=results[:, :d], k=results[:, d : d + kv], v=results[:, d + kv :])
        self.same(results)

    def last_for_queries(self, values):
        keys = self.cache(self.layer, 0, 0)
        probe = {"halves": 0} if keys.form == "fp16" else {"bits": keys.bits, "group": keys.group}
        return self.read_by(values, "A_q", self.element.on_array(probe))

    def at_q_proj(self, op):
        results = self.linear("normed", "A_qkv")
        learned = self.config["model_type"] == "opt"
        self.put("q", self.last_for_queries(results) if learned else results)

    def at_q_groups(self, op):
        self.put("q", self.last_for_queries(self.tensors["q"]))

    def at_k_proj(self, op):
        self.put("k", self.linear("normed", "A_qkv"))

    def at_v_proj(self, op):
        self.put("v", self.linear("normed", "A_qkv"))

    def at_q_norm(self, op):
        self.head_norm("q")

    def at_k_norm(self, op):
        self.head_norm("k")

    def head_norm(self, tensor):
        rows = self.tensors[tensor]
        results = self.normed(rows.reshape(-1, self.model["head_dim"]))
        self.same(results)
        self.tensors[tensor] = results.reshape(rows.shape)

    def turned(self, tensor):
        d = self.model["head_dim"]
        return unit.rotary(self.tensors[tensor], self.positions, d, int(d * self.config.get("rotary_pct", 1)))

    def at_q_rotary(self, op):
        self.put("q", self.last_for_queries(self.turned("q")))

    def at_k_rotary(self, op):
        self.put("k", self.turned("k"))

    def projected(self, x, tensor):
        self.put("part", self.linear(x, tensor))

    def at_o_proj(self, op):
        self.projected("attention", "A_o")

    at_out_proj = at_o_proj

    def at_post_attention_norm(self, op):
        self.put("part", self.normed(self.tensors["part"]))

    at_post_feed_forward_norm = at_post_attention_norm

    def at_attention_residual(self, op):
        sums = self.tensors["hidden"].astype(np.float32) + self.tensors["part"].astype(np.float32)
        self.put("hidden", sums.astype(np.float16))

    at_feed_forward_residual = at_attention_residual

    def at_feed_forward_norm(self, op):
        self.put("normed", self.read_by(self.normed(self.tensors["hidden"]), "A_u"))

    def at_gate_up_proj(self, op):
        results = self.linear("normed", "A_u")
        self.tensors["gate"], self.tensors["up"] = np.split(results, 2, axis=1)
        self.same(results)

    def at_gate_proj(self, op):
        self.put("gate", self.linear("normed", "A_u"))

    at_fc1 = at_gate_proj

    def at_up_proj(self, op):
        self.put("up", self.linear("normed", "A_u"))

    def at_activation(self, op):
        x = self.tensors["gate"].astype(np.float32)
        kind = self.config.get("hidden_act", self.config.get("hidden_activation", "relu"))
        result = {"silu": unit.silu, "relu": lambda v: np.where(v > 0, v, np.float32(0))}.get(kind, unit.gelu)(x)
        if "up" in self.tensors:
            result = result * self.tensors["up"].astype(np.float32)
        self.put("active", self.read_by(result.astype(np.float16), "A_d"))

    def at_down_proj(self, op):
        self.projected("active", "A_d")

    at_fc2 = at_down_proj

    def at_final_norm(self, op):
        last = [self.rows_of(sequence).stop - 1 for sequence, _, _ in self.slices]
        array = self.system == "fp-fp" or self.head_bits <= 4
        self.put("finished", self.read_by(self.normed(self.tensors["hidden"][last]), "A_head", array))

    def at_head(self, op):
        if self.head_bits == 16:
            self.put("logits", self.element.product(self.tensors["finished"], {"halves": self.dumped("weights")}, 0))
        else:
            operand = {"codes": self.dumped("codes"), "scales": self.dumped("scales"), "bits": self.head_bits, "group": 128}
            self.put("logits", self.element.product(self.tensors["finished"], operand, LENGTHS["A_head"]))

    # --- attention ---

    def at_k_append(self, op):
        self.append(op, 0)

    def at_v_append(self, op):
        self.append(op, 1)

    def append(self, op, which):
        self.fill(self.layer)
        self.appended = getattr(self, "appended", {})
        first = self.appended.get(self.row_key(which), 0)
        results = []
        for sequence, before, tokens in self.slices_at(op, first, which):
            cache = self.cache(self.layer, sequence, which)
            results.append(cache.appended(cache.whole(before), cache.whole(before + tokens)))
        self.appended[self.row_key(which)] = first + len(results)
        self.same(np.concatenate(results))

    def row_key(self, which):
        return self.pass_name, self.layer, which

    def slices_at(self, op, first, which):
        """The sequences of an append: those that complete groups, gemm.count of them from the first on."""
        cache = self.cache(self.layer, 0, which)
        complete = [s for s in self.slices if cache.whole(s[1] + s[2]) > cache.whole(s[1])]
        return complete[first : first + op["count"]]

    def at_scores(self, op):
        self.fill(self.layer)
        if not self.blocks:
            width = self.model["heads"] * self.model["head_dim"]
            self.tensors["attention"] = np.zeros((len(self.positions), width), dtype=np.float16)
            self.blocks = list(self.blocks_of_pass())
        block = []
        for _ in range(op["count"] // self.model["kv_heads"]):
            block.append(self.blocks.pop(0))
        self.results = {}
        group, d = self.rows_per_head(), self.model["head_dim"]
        for sequence, first, queries in block:
            for head in range(self.model["kv_heads"]):
                results, last = self.attend(self.layer, sequence, head, first, queries)
                for name, values in results.items():
                    self.results.setdefault(name, []).append(values)
                start = next(before for number, before, _ in self.slices if number == sequence)
                rows = self.tensors["attention"][self.rows_of(sequence)][first - start : first - start + queries]
                rows[:, head * group * d : (head + 1) * group * d] = last.reshape(queries, -1)
        self.same(np.concatenate(self.results["scores"]))

    def blocks_of_pass(self, size=32):
        """Blocks of queries in the order in which they run: those of equal sequences together."""
        at = 0
        while at < len(self.slices):
            same = [s for s in self.slices[at:] if s[1:] == self.slices[at][1:]] if self.batched else [self.slices[at]]
            _, before, tokens = self.slices[at]
            for first in range(0, tokens, size):
                for sequence, _, _ in same:
                    yield sequence, before + first, min(size, tokens - first)
            at += len(same)

    batched = False

    def at_softmax(self, op):
        self.same(np.concatenate(self.results["softmax"]))

    def at_values(self, op):
        self.same(np.concatenate(self.results["values"]))

    def at_open_values(self, op):
        self.same(np.concatenate(self.results["open_values"]))

    def at_values_sum(self, op):
        self.same(np.concatenate(self.results["values_sum"]))


def bell_table(width, rows):
    return bell(3, "positions", 3, rows * width).reshape(rows, width).astype(np.float16)


FORMATS = {"fp16": ("fp16", 16, 64), "int4": ("int", 4, 64), "anda4": ("anda", 4, 64), "int3": ("int", 3, 64),
           "anda6": ("anda", 6, 64), "int8x32": ("int", 8, 32)}


def cache_settings(keys, values):
    settings = ["workload.attention.query_block=32"]
    for name, (form, bits, group) in (("k", FORMATS[keys]), ("v", FORMATS[values])):
        settings += [f"kv_cache.{name}.format={form}", f"kv_cache.{name}.group={group}"]
        settings += [] if form == "fp16" else [f"kv_cache.{name}.bits={bits}"]
    return settings


def check(run, model, system, keys, values, slices_of, batched=False, **options):
    chain = Check(run, system, model, FORMATS[keys], FORMATS[values], **options)
    chain.batched = batched
    chain.passes(slices_of)
    return chain


def one_prompt(tokens):
    return lambda name: [(0, 0, tokens)] if name == "prefill" else [(0, tokens + int(name[6:]) - 1, 1)]


@pytest.mark.parametrize("level", ["fast", "cycle"])
@pytest.mark.parametrize("keys, values", [("int4", "int4"), ("anda4", "anda4"), ("fp16", "fp16"), ("int3", "anda6"),
                                          ("int8x32", "int8x32")])
def test_a_layer_with_every_format_of_the_cache(tmp_path, keys, values, level):
    """70 tokens: groups of 64 tokens with 6 open ones, blocks of 32 queries, two query heads a key head."""
    run = Run(tmp_path, LLAMA, "workload.tokens=70", f"accelerator.level={level}", *cache_settings(keys, values))
    for system in ("fp-fp", "anda"):
        chain = check(run, LLAMA, system, keys, values, one_prompt(70))
        assert chain.compared > 20
    assert np.array_equal(run.tensor("fp-fp/0.inputs"), hidden(3, "input.prefill", 70, 96))


def test_a_model_generates_tokens(tmp_path):
    """Every decode step works on the embedding of the token that was the likeliest, and on the cache so far."""
    run = Run(tmp_path, LLAMA, "workload.scope=model", "workload.phase=generate", "workload.tokens=62",
              "workload.output_tokens=4", *cache_settings("int4", "int4"), systems="fp-fp, figna, anda")
    table = hidden(3, "embedding", 70, 96)
    for system in ("fp-fp", "figna", "anda"):
        chain = check(run, LLAMA, system, "int4", "int4", one_prompt(62))
        ops = run.system(system)["ops"]
        rows = {name: i for i, name in enumerate(op["name"] for op in ops)}
        for step in range(1, 4):
            before = "prefill" if step == 1 else f"decode{step - 1}"
            token = int(np.argmax(run.tensor(f"{system}/{rows[before + '.head']}.outputs")[0]))
            inputs = run.tensor(f"{system}/{rows[f'decode{step}.embedding']}.inputs")
            assert np.array_equal(inputs[0], table[token]), (system, step)
        # The third decode step completes a group of 64 values: it is appended, and no token is open.
        assert "decode2.layer0.v_append" in rows and "decode1.layer0.v_append" not in rows
        assert "decode2.layer1.open_values" not in rows and "decode1.layer1.values" not in rows
        assert chain.compared == len(ops)


@pytest.mark.parametrize("model, settings", [
    (OPT, ["workload.scope=model"]),
    (OPT, ["workload.scope=model", "workload.head_weight_bits=4"]),
    (OPT, ["workload.fuse_projections=true", "workload.layers=2"]),
    (LLAMA, ["workload.fuse_projections=true"]),
    (GEMMA, ["workload.layers=2"]),
    (NEOX, []),
], ids=["opt", "opt-head4", "opt-fused", "llama-fused", "gemma-window", "neox-parallel"])
def test_models_of_other_kinds(tmp_path, model, settings):
    run = Run(tmp_path, model, "workload.tokens=75", *cache_settings("int4", "anda4"), *settings)
    head_bits = 4 if "workload.head_weight_bits=4" in settings else 16
    for system in ("fp-fp", "anda"):
        check(run, model, system, "int4", "anda4", one_prompt(75), head_bits=head_bits)


def test_unequal_prompts_in_chunks(tmp_path):
    run = Run(tmp_path, LLAMA, "workload.prompts=40*2 70", "workload.prefill_chunk=48",
              *cache_settings("int4", "int4"))

    def slices_of(name):
        return {"prefill0": [(0, 0, 40), (1, 0, 40), (2, 0, 48)], "prefill1": [(2, 48, 22)]}[name]

    for system in ("fp-fp", "anda"):
        check(run, LLAMA, system, "int4", "int4", slices_of, batched=True)


def test_small_buffers_change_no_bit(tmp_path):
    """Rows that do not fit are cut, read once per pass and, of products, passed by in parts."""
    settings = ["workload.tokens=70", *cache_settings("int4", "fp16")]
    large = Run(tmp_path / "large", {**LLAMA, "intermediate_size": 1100}, *settings)
    small = Run(tmp_path / "small", {**LLAMA, "intermediate_size": 1100}, *settings,
                "accelerator.activation_buffer.mantissa_bytes=16384", "accelerator.vector_unit.fpus=7", "tiling=auto")
    reads = [[op["dram_read_bytes"] for op in run.system("anda")["ops"]] for run in (large, small)]
    assert reads[0] != reads[1]
    for system in ("fp-fp", "anda"):
        for row in range(len(reads[0])):
            assert np.array_equal(bits_of(large.tensor(f"{system}/{row}.outputs")),
                                  bits_of(small.tensor(f"{system}/{row}.outputs"))), (system, row)


def test_data_changes_no_time_and_errors_are_reported(tmp_path):
    settings = ["workload.tokens=70", *cache_settings("int4", "int4")]
    on = Run(tmp_path / "on", LLAMA, *settings)
    off = Run(tmp_path / "off", LLAMA, *settings, "functional.enabled=false")
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / "docs" / "report.schema.json").read_text()))
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(on.report)] == []
    for a, b in zip(on.report["systems"], off.report["systems"]):
        assert a["actions"] == b["actions"] and a["cycles"] == b["cycles"]
        assert all("functional" in op for op in a["ops"]) and "functional" not in b["ops"][0]
    errors = {op["name"].split(".")[-1]: op["functional"] for op in on.system("anda")["ops"]}
    plain = {op["name"].split(".")[-1]: op["functional"] for op in on.system("fp-fp")["ops"]}
    assert errors["softmax"]["sqnr_db"] < 40 < plain["softmax"]["sqnr_db"]
    # SQNR of a softmax by hand, from what was dumped.
    row = next(i for i, op in enumerate(on.system("fp-fp")["ops"]) if op["name"].endswith("softmax"))
    x = on.tensor(f"fp-fp/{row}.inputs").astype(np.float64) / 8
    position = np.arange(64) // 2 % 32
    raised = np.where(np.arange(32) <= np.tile(position, 2)[:, None], np.exp(x), 0)
    exact = raised / raised.sum(axis=1, keepdims=True)
    noise = on.tensor(f"fp-fp/{row}.outputs").astype(np.float64) - exact
    sqnr = 10 * np.log10((exact**2).sum() / (noise**2).sum())
    assert on.system("fp-fp")["ops"][row]["functional"]["sqnr_db"] == pytest.approx(sqnr, abs=0.01)


def test_a_decode_has_a_context(tmp_path):
    """The context is made up: what comes of one token follows from the caches that were dumped by nobody."""
    runs = [Run(tmp_path / str(seed), LLAMA, "workload.phase=decode", "workload.tokens=100", f"functional.seed={seed}",
                *cache_settings("int4", "int4")) for seed in (3, 4, 3)]
    outputs = [run.tensor(f"anda/{len(run.system('anda')['ops']) - 1}.outputs") for run in runs]
    assert np.array_equal(outputs[0], outputs[2]) and not np.array_equal(outputs[0], outputs[1])
