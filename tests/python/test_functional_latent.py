# SPDX-License-Identifier: Apache-2.0
"""Multi-head latent attention on real data against numpy, bit for bit: expanded and absorbed, and what the two differ by.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_functional_latent.py
"""

import re

import numpy as np
import pytest
import vector_arithmetic as unit
from functional_tools import quantise
from inference_reference import bell, Cache
from inference_tools import LENGTHS, Run
from test_functional_inference import cache_settings, Check, FORMATS, one_prompt

pytestmark = pytest.mark.filterwarnings("ignore:overflow|invalid|divide")

RANK, NOPE, ROPE, VALUE, HEADS = 112, 48, 16, 32, 3
DEEPSEEK = {"model_type": "deepseek_v2", "hidden_size": 96, "intermediate_size": 160, "num_hidden_layers": 2,
            "num_attention_heads": HEADS, "num_key_value_heads": HEADS, "q_lora_rank": 40, "kv_lora_rank": RANK,
            "qk_nope_head_dim": NOPE, "qk_rope_head_dim": ROPE, "v_head_dim": VALUE, "vocab_size": 70, "hidden_act": "silu",
            "max_position_embeddings": 512, "n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2,
            "moe_intermediate_size": 32, "first_k_dense_replace": 2, "moe_layer_freq": 1, "n_group": 1, "topk_group": 1,
            "scoring_func": "softmax", "norm_topk_prob": False, "attention_bias": False, "tie_word_embeddings": False}


class LatentCheck(Check):
    """`absorbed` tells of a pass whether its attention works on the latents."""

    def __init__(self, run, system, model, keys, values, absorbed, copy=False):
        super().__init__(run, system, model, keys, values)
        self.absorbs, self.copy = absorbed, copy
        self.model["kv_heads"] = 1

    @property
    def absorbed(self):
        return self.absorbs(self.pass_name)

    def fill(self, layer):
        if layer in self.cached:
            return
        self.cached.add(layer)
        for sequence, _, _ in self.slices:
            rows = self.rows_of(sequence)
            self.cache(layer, sequence, 0).add(np.concatenate([self.tensors["latent"][rows], self.tensors["k_rope"][rows]], axis=1))
            self.cache(layer, sequence, 1).add(self.tensors["latent"][rows])

    def head(self, tensor, head, width, rows=slice(None)):
        return self.tensors[tensor][rows, head * width : (head + 1) * width]

    # --- rows ---

    def query_input(self):
        return "q_a" if self.config["q_lora_rank"] else "normed"

    def split(self, results, *names):
        widths = {"q_nope": HEADS * NOPE, "q_rope": HEADS * ROPE, "latent": RANK, "k_rope": ROPE, "q_a": self.config["q_lora_rank"]}
        self.same(results)
        first = 0
        for name in names:
            self.tensors[name] = results[:, first : first + widths[name]]
            first += widths[name]
        assert first == results.shape[1]

    def at_q_a_proj(self, op):
        self.put("q_a", self.linear("normed", "A_qkv"))

    def at_kv_a_proj(self, op):
        self.split(self.linear("normed", "A_qkv"), "latent", "k_rope")

    def at_qkv_a_proj(self, op):
        self.split(self.linear("normed", "A_qkv"), "q_a", "latent", "k_rope")

    def at_qkv_proj(self, op):
        self.split(self.linear("normed", "A_qkv"), "q_nope", "q_rope", "latent", "k_rope")

    def at_q_proj(self, op):
        self.split(self.linear(self.query_input(), "A_qkv"), "q_nope", "q_rope")

    def at_q_a_norm(self, op):
        self.put("q_a", self.read_by(self.normed(self.tensors["q_a"]), "A_qkv"))

    def read_queries(self, values):
        return self.read_by(values, "A_qkv") if self.absorbed else self.last_for_queries(values)

    def at_q_nope_proj(self, op):
        self.put("q_nope", self.read_queries(self.linear(self.query_input(), "A_qkv")))

    def at_q_groups(self, op):
        self.put("q_nope", self.read_queries(self.tensors["q_nope"]))

    def at_q_rope_proj(self, op):
        self.put("q_rope", self.linear(self.query_input(), "A_qkv"))

    def at_kv_a_norm(self, op):
        self.put("latent", self.normed(self.tensors["latent"]))

    def at_q_rotary(self, op):
        self.put("q_rope", self.last_for_queries(unit.rotary(self.tensors["q_rope"], self.positions, ROPE, ROPE)))

    def at_k_rotary(self, op):
        self.put("k_rope", unit.rotary(self.tensors["k_rope"], self.positions, ROPE, ROPE))

    # --- absorbed ---

    def expansion(self, head, values):
        """The part of the matrix of keys and values that makes those of a head, before it is quantised."""
        width = NOPE + VALUE
        matrix = bell(3, f"layer{self.layer}.kv_b_proj", 3, RANK * HEADS * width).reshape(RANK, -1) / np.sqrt(np.float32(RANK))
        first = head * width + (NOPE if values else 0)
        return matrix[:, first : first + (VALUE if values else NOPE)]

    def by_head(self, x, tensor, values, read):
        results = []
        for head in range(HEADS):
            matrix = self.expansion(head, values)
            codes, scales = quantise(matrix if values else matrix.T, 4)
            operand = {"codes": codes, "scales": scales, "bits": 4, "group": 128}
            results.append(read(self.element.product(self.read_by(self.head(x, head, len(codes)), tensor), operand, LENGTHS[tensor])))
        self.same(np.concatenate(results))
        return np.concatenate(results, axis=1)

    def at_query_absorb(self, op):
        self.tensors["q_latent"] = self.by_head("q_nope", "A_qkv", False, self.last_for_queries)

    def at_value_absorb(self, op):
        self.tensors["attention"] = self.by_head("attended", "A_o", True, lambda values: self.read_by(values, "A_o"))

    def at_latent_append(self, op):
        self.append(op, 0)

    def at_latent_copy_append(self, op):
        self.append(op, 1)

    # --- expanded ---

    def at_latent_groups(self, op):
        self.fill(self.layer)
        rows = [self.cache(self.layer, sequence, 0).halves[:, :RANK] for sequence, _, _ in self.slices]
        self.put("context", self.read_by(np.concatenate(rows), "A_qkv"))

    def at_kv_b_proj(self, op):
        results = self.linear("context", "A_qkv")
        self.same(results)
        self.expanded, first = {}, 0
        for sequence, before, tokens in self.slices:
            rows = results[first : first + before + tokens].reshape(before + tokens, HEADS, NOPE + VALUE)
            first += before + tokens
            turned = self.cache(self.layer, sequence, 0).halves[:, None, RANK:].repeat(HEADS, axis=1)
            made = [Cache(*form, which == 1) for which, form in enumerate(self.forms)]
            made[0].add(np.concatenate([rows[:, :, :NOPE], turned], axis=2).reshape(before + tokens, -1))
            made[1].add(rows[:, :, NOPE:].reshape(before + tokens, -1))
            self.expanded[sequence] = made

    def groups(self, op, which):
        """Of gemm.count sequences that have whole groups, from the first on that no operation had."""
        made = [self.expanded[sequence][which] for sequence, _, _ in self.slices]
        made = [cache for cache in made if cache.whole(len(cache.halves)) > 0]
        key = (*self.row_key(which), "expanded")
        self.appended = getattr(self, "appended", {})
        first = self.appended.get(key, 0)
        self.appended[key] = first + op["count"]
        self.same(np.concatenate([cache.appended(0, cache.whole(len(cache.halves))) for cache in made[first : first + op["count"]]]))

    def at_k_groups(self, op):
        self.groups(op, 0)

    def at_v_groups(self, op):
        self.groups(op, 1)

    # --- attention ---

    def at_scores(self, op):
        self.fill(self.layer)
        heads = 1 if self.absorbed else HEADS
        if not self.blocks:
            width = RANK if self.absorbed else VALUE
            self.output = "attended" if self.absorbed else "attention"
            self.tensors[self.output] = np.zeros((len(self.positions), HEADS * width), dtype=np.float16)
            self.blocks = list(self.blocks_of_pass())
        self.results = {}
        for _ in range(op["count"] // heads):
            sequence, first, queries = self.blocks.pop(0)
            start = next(before for number, before, _ in self.slices if number == sequence)
            begin = self.rows_of(sequence).start + first - start
            rows = slice(begin, begin + queries)
            for head in range(heads):
                results, last = self.attend_to(sequence, head, rows, first, queries)
                for name, values in results.items():
                    self.results.setdefault(name, []).append(values)
                last = last.reshape(queries, -1)
                self.tensors[self.output][rows, head * last.shape[1] : (head + 1) * last.shape[1]] = last
        self.same(np.concatenate(self.results["scores"]))

    def attend_to(self, sequence, head, rows, first, queries):
        end, per_query = first + queries, HEADS if self.absorbed else 1
        if self.absorbed:
            keys, values = self.cache(self.layer, sequence, 0), self.cache(self.layer, sequence, 1)
            columns = [slice(0, RANK + ROPE), slice(0, RANK)]
            x = np.concatenate([self.tensors["q_latent"][rows].reshape(queries, HEADS, RANK),
                                self.tensors["q_rope"][rows].reshape(queries, HEADS, ROPE)], axis=2).reshape(-1, RANK + ROPE)
            if not self.copy:
                values = Cache("fp16", 16, 64, True)
                values.add(keys.halves[:, :RANK])
        else:
            keys, values = self.expanded[sequence]
            columns = [slice(head * (NOPE + ROPE), (head + 1) * (NOPE + ROPE)), slice(head * VALUE, (head + 1) * VALUE)]
            x = np.concatenate([self.head("q_nope", head, NOPE, rows), self.head("q_rope", head, ROPE, rows)], axis=1)
        results = {"scores": self.element.product(x, keys.operand(0, end, columns[0]), LENGTHS["A_q"])}
        seen = np.arange(end) <= first + np.arange(len(x))[:, None] // per_query
        stored = end if values.form == "fp16" else min(end, values.whole(len(values.halves)))
        operand = values.operand(0, max(stored, 1), columns[1])
        p = unit.softmax(results["scores"], np.float32(1) / np.sqrt(np.float32(NOPE + ROPE)), seen)
        results["softmax"] = p = self.read_by(p, "A_p", self.element.on_array(operand))
        last = []
        if stored > 0:
            results["values"] = self.element.product(p[:, :stored], operand, LENGTHS["A_p"])
            last.append("values")
        if end > stored:
            halves = {"halves": values.halves[stored:end, columns[1]]}
            results["open_values"] = self.element.product(p[:, stored:], halves, LENGTHS["A_p"])
            last.append("open_values")
        if len(last) == 2:
            results["values_sum"] = (results["values"].astype(np.float32) + results["open_values"].astype(np.float32)).astype(np.float16)
            last.append("values_sum")
        results[last[-1]] = self.read_by(results[last[-1]], "A_o")
        return results, results[last[-1]]


CASES = {
    "expand-fp16": (["expand"], "fp16", "fp16", False, {}),
    "expand-int4": (["expand"], "int4", "int4", False, {}),
    "expand-anda4": (["expand"], "anda4", "anda4", False, {"fuse": True}),
    "absorb-fp16": (["absorb"], "fp16", "fp16", False, {"fuse": True}),
    "absorb-copy": (["absorb"], "int4", "anda4", True, {}),
    "direct-expand": (["expand"], "int4", "fp16", False, {"q_lora_rank": None}),
    "direct-absorb": (["absorb"], "anda4", "int4", True, {"q_lora_rank": None, "fuse": True}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_layer_with_latent_attention_is_numpy_bit_for_bit(tmp_path, case):
    """70 tokens: groups of 64 tokens with 6 open ones, blocks of 32 queries."""
    (way,), keys, values, copy, changes = CASES[case]
    changes = dict(changes)
    fuse = changes.pop("fuse", False)
    model = {**DEEPSEEK, **changes}
    run = Run(tmp_path, model, "workload.tokens=70", f"workload.attention.latent={way}", f"workload.attention.latent_copy={str(copy).lower()}",
              f"workload.fuse_projections={str(fuse).lower()}", *cache_settings(keys, values))
    for system in ("fp-fp", "anda"):
        chain = LatentCheck(run, system, model, FORMATS[keys], FORMATS[values], lambda name: way == "absorb", copy)
        chain.passes(one_prompt(70))
        assert chain.compared > 20


def test_a_model_expands_its_prompts_and_absorbs_its_decodes(tmp_path):
    run = Run(tmp_path, DEEPSEEK, "workload.scope=model", "workload.phase=generate", "workload.prompts=40*2 62", "workload.output_tokens=3",
              "workload.attention.latent_copy=true", *cache_settings("int4", "int4"))

    def slices_of(name):
        step = 0 if name == "prefill" else int(name[6:])
        return [(i, tokens + step - 1 if step else 0, 1 if step else tokens) for i, tokens in enumerate((40, 40, 62))]

    names = {op["name"] for op in run.system("anda")["ops"]}
    assert "prefill.layer0.kv_b_proj" in names and "decode1.layer0.query_absorb" in names and "decode1.layer0.kv_b_proj" not in names
    for system in ("fp-fp", "anda"):
        chain = LatentCheck(run, system, DEEPSEEK, FORMATS["int4"], FORMATS["int4"], lambda name: name != "prefill", True)
        chain.batched = True
        chain.passes(slices_of)
        assert chain.compared == len(run.system(system)["ops"])


def test_both_ways_differ_by_the_quantisation_of_one_matrix(tmp_path):
    """The half that makes keys has its groups along the other side: the ways come closer with its bits."""
    noise = {}
    for bits in (4, 8):
        outputs = []
        for way in ("expand", "absorb"):
            run = Run(tmp_path / f"{way}{bits}", DEEPSEEK, "workload.tokens=40", f"workload.attention.latent={way}", f"precision.weight_bits={bits}",
                      "accelerator.mxu.weight_bits=8", systems="fp-fp")
            row = next(i for i, op in enumerate(run.system("fp-fp")["ops"]) if op["name"].endswith("o_proj"))
            outputs.append(run.tensor(f"fp-fp/{row}.outputs").astype(np.float64))
        noise[bits] = ((outputs[0] - outputs[1]) ** 2).sum() / (outputs[0] ** 2).sum()
    assert noise[8] < 1e-4 and noise[8] < noise[4] / 50 and noise[4] < 0.1


@pytest.mark.parametrize("settings, words", [
    (["kv_cache.k.format=int", "workload.attention.latent=absorb"], "kv_cache.k.format is int, must be fp16 with .* absorbed latents"),
    (["kv_cache.k.format=int", "kv_cache.k.group=128", "workload.attention.latent=expand"], "kv_cache.k.group is 128, must divide 128 and 64"),
    (["workload.layers=3"], "experts"),
])
def test_what_has_no_values_is_refused_by_name(tmp_path, settings, words):
    run = Run(tmp_path, {**DEEPSEEK, "num_hidden_layers": 3}, "workload.tokens=40", *settings, status=2)
    assert re.search(words, run.message), run.message
