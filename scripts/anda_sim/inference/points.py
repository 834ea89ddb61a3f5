# SPDX-License-Identifier: Apache-2.0
"""The points of the study, and the simulation of one."""

from dataclasses import dataclass
from typing import Any, Dict

from ..common.tree import SOURCE
from ..simulator import Simulator, set_options

# Mantissa lengths within 1 % loss: those of the paper for LLaMA-13B, taken for LLaMA-3-8B as well.
MODELS = {"LLaMA-13B": (7, 5, 6, 6), "LLaMA-3-8B": (7, 5, 6, 6)}
# Keys and values: number format and bits; queries and probabilities have 8 mantissa bits.
CACHES: Dict[str, Dict[str, Any]] = {
    "FP16": {},
    "INT4": {"kv_cache.k.format": "int", "kv_cache.v.format": "int"},
    "Anda, 4 bits": {"kv_cache.k.format": "anda", "kv_cache.v.format": "anda"},
}
ATTENTION_BITS = 8
# Large enough for every point: the study measures time, not the number of memory stacks.
CAPACITY_BYTES = 1 << 42
_TENSORS = ("A_qkv", "A_o", "A_u", "A_d")
_ATTENTION = ("attention_scores", "attention_values", "softmax", "kv_append")


@dataclass(frozen=True)
class Point:
    model: str
    phase: str
    context: int
    batch: int
    cache: str


@dataclass(frozen=True)
class Measured:
    """Time and energy of the two systems, and their time by part: GeMMs with INT weights, attention, output head, other."""

    time_s: Dict[str, float]
    energy_j: Dict[str, float]
    parts_s: Dict[str, Dict[str, float]]
    cache_bytes: float

    @property
    def speedup(self) -> float:
        return self.time_s["fp-fp"] / self.time_s["anda"]

    @property
    def energy_ratio(self) -> float:
        return self.energy_j["fp-fp"] / self.energy_j["anda"]

    @property
    def gemm_speedup(self) -> float:
        return self.parts_s["fp-fp"]["gemms"] / self.parts_s["anda"]["gemms"]

    def share(self, system: str, part: str) -> float:
        return self.parts_s[system][part] / self.time_s[system]

    @property
    def amdahl(self) -> float:
        """Speedup by Amdahl's law, if all but the GeMMs took as long as on the baseline: 1 / (rest + GeMMs / their speedup)."""
        gemms = self.share("fp-fp", "gemms")
        return 1 / (1 - gemms + gemms / self.gemm_speedup)


def settings(point: Point) -> Dict[str, Any]:
    """The configuration keys of a point, which override those of configs/llama-13b.yaml."""
    lengths = dict(zip((f"precision.{tensor}" for tensor in _TENSORS), MODELS[point.model]))
    return {"workload.model": point.model, "workload.scope": "model", "workload.phase": point.phase,
            "workload.tokens": point.context, "workload.batch": point.batch, "simulation.fold_layers": True,
            "workload.ignore_positions": True, "dram.capacity_bytes": CAPACITY_BYTES, "precision.A_q": ATTENTION_BITS,
            "precision.A_p": ATTENTION_BITS, "workload.head_weight_bits": 4, **lengths, **CACHES[point.cache]}


def _parts(system: Dict[str, Any]) -> Dict[str, float]:
    parts = {"gemms": 0.0, "attention": 0.0, "head": 0.0, "other": 0.0}
    for op in system["ops"]:
        kind = op["kind"]
        part = "gemms" if kind == "gemm" else "attention" if kind in _ATTENTION else "head" if kind == "output_head" else "other"
        parts[part] += op["time_s"]
    return parts


def measure(simulator: Simulator, point: Point) -> Measured:
    report = simulator.results("run", SOURCE / "configs" / "llama-13b.yaml", "report.json", *set_options(settings(point)))
    systems = {system["name"]: system for system in report["systems"]}
    return Measured({name: system["time_s"] for name, system in systems.items()},
                    {name: system["energy_pj"]["total"] * 1e-12 for name, system in systems.items()},
                    {name: _parts(system) for name, system in systems.items()}, systems["anda"]["kv_cache_bytes"])
