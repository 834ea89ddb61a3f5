# SPDX-License-Identifier: Apache-2.0
"""Effects of how attention is computed, operands are shared and lengths fall over time: the second half of docs/inference.md."""

from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

from ..common.tree import SOURCE
from ..simulator import Simulator, set_options
from .points import ATTENTION_BITS, CAPACITY_BYTES

LENGTHS = {"A_qkv": 7, "A_o": 5, "A_u": 6, "A_d": 6, "A_q": ATTENTION_BITS, "A_p": ATTENTION_BITS}
COMMON: Dict[str, Any] = {"workload.scope": "model", "simulation.fold_layers": True, "workload.ignore_positions": True,
                          "dram.capacity_bytes": CAPACITY_BYTES, "workload.head_weight_bits": 4,
                          **{f"precision.{tensor}": bits for tensor, bits in LENGTHS.items()}}
INT8 = {"kv_cache.k.format": "int", "kv_cache.k.bits": 8, "kv_cache.v.format": "int", "kv_cache.v.bits": 8}
INT4 = {"kv_cache.k.format": "int", "kv_cache.v.format": "int"}
LOCAL_BYTES = 4 << 20

PREFILL = {"workload.phase": "prefill", "workload.tokens": 2048}
DECODE = {"workload.phase": "decode", "workload.tokens": 8192, "workload.batch": 8}


@dataclass(frozen=True)
class Variant:
    table: str
    model: str
    name: str
    keys: Tuple[Tuple[str, Any], ...]


def _variant(table: str, model: str, name: str, *keys: Dict[str, Any]) -> Variant:
    return Variant(table, model, name, tuple((key, value) for part in keys for key, value in part.items()))


def _latent() -> List[Variant]:
    model = "DeepSeek-V2-Lite"
    ways = {"expand": {"workload.attention.latent": "expand"}, "absorb": {"workload.attention.latent": "absorb"},
            "absorb, latents twice": {"workload.attention.latent": "absorb", "workload.attention.latent_copy": True}}
    return [_variant(f"latent, {phase}", model, f"{cache}, {way}", keys, formats, PREFILL if phase == "prefill" else DECODE)
            for phase in ("prefill", "decode") for cache, formats in (("FP16", {}), ("INT4", INT4)) for way, keys in ways.items()
            if not (cache == "FP16" and "twice" in way)]


def _sharing() -> List[Variant]:
    model = "LLaMA-3-8B"
    fused = {"workload.fuse_projections": True}
    local = {"accelerator.local_memory.bytes": LOCAL_BYTES}
    steps = {"nothing": {}, "fused projections": fused, "fused, results on chip": {**fused, **local}}
    phases = {"prefill": {**PREFILL, "workload.attention.query_block": 32}, "decode": DECODE}
    return [_variant(f"sharing, {phase}", model, name, keys, INT4, {"tiling": "auto"}, phases[phase])
            for phase in phases for name, keys in steps.items()]


def _schedules() -> List[Variant]:
    """Decodes after a prompt of 2,048 tokens: with its lengths, with shorter ones, and also with narrower keys and values from position 256."""
    shorter = {tensor: 5 if tensor != "A_o" else 4 for tensor in LENGTHS}
    later = {f"precision.schedule.2048.{tensor}": bits for tensor, bits in shorter.items()}
    narrow = {f"precision.schedule.{position}.{operand}": 3 for position in (256, 2048) for operand in "KV"}
    steps = {"as the prompt": {}, "shorter activations": later, "shorter activations, narrower cache": {**later, **narrow}}
    anda = {"kv_cache.k.format": "anda", "kv_cache.v.format": "anda"}
    decode = {"workload.phase": "decode", "workload.tokens": 2048, "workload.batch": 32}
    return [_variant("schedule", "LLaMA-3-8B", name, anda, decode, step) for name, step in steps.items()]


SLOW = {"dram.data_rate_bit_per_s": 200_000_000}  # a tenth of the paper's memory: 25.6 GB/s


def _ahead() -> List[Variant]:
    """The same passes without and with weight prefetch, on the paper's memory and on a slow one."""
    passes = {"prefill, 2048 tokens": PREFILL, "decode, 1 sequence": {**DECODE, "workload.batch": 1}, "decode, 8 sequences": DECODE}
    memories = {"256 GB/s": {}, "25.6 GB/s": SLOW}
    return [_variant(f"ahead, {flag}", "LLaMA-3-8B", f"{name}, {memory}", INT4, keys, of_pass, {"workload.prefetch_weights": flag == "on"})
            for memory, keys in memories.items() for name, of_pass in passes.items() for flag in ("off", "on")]


def variants() -> List[Variant]:
    return _latent() + _sharing() + _ahead() + _schedules()


@dataclass(frozen=True)
class Found:
    time_s: Dict[str, float]
    energy_j: Dict[str, float]
    dram_bytes: float  # moved by Anda
    cache_bytes: float


def measure(simulator: Simulator, variant: Variant) -> Found:
    keys = {**COMMON, "workload.model": variant.model, **dict(variant.keys)}
    report = simulator.results("run", SOURCE / "configs" / "llama-13b.yaml", "report.json", *set_options(keys))
    systems = {system["name"]: system for system in report["systems"]}
    moved = systems["anda"]["dram_bytes"]
    return Found({name: system["time_s"] for name, system in systems.items()},
                 {name: system["energy_pj"]["total"] * 1e-12 for name, system in systems.items()}, moved["read"] + moved["write"],
                 systems["anda"]["kv_cache_bytes"])
