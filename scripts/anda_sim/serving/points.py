# SPDX-License-Identifier: Apache-2.0
"""Machines of the study, the simulation of one under a load, and the search for the fewest accelerators that keep the limit."""

import math
from dataclasses import dataclass
from typing import Any, Dict, Optional

from ..common.tree import SOURCE
from ..simulator import PathLike, Simulator, set_options

BASE = SOURCE / "configs" / "serving" / "llama-3-8b.yaml"
FIRST_TOKEN_S = 2.0
# Configuration keys of each system and its cache. The base configuration has a cache of 4-bit Anda groups.
_FP16 = {"kv_cache.k.format": "fp16", "kv_cache.v.format": "fp16"}
SYSTEMS: Dict[str, Dict[str, Any]] = {
    "FP-FP, FP16 cache": {"systems": ["fp-fp"], **_FP16},
    "Anda, FP16 cache": {"systems": ["anda"], **_FP16},
    "Anda, 4-bit cache": {"systems": ["anda"]},
}
# Numbers of accelerators that share a layer, limited by the key/value heads of LLaMA-3-8B.
TENSORS = (1, 2, 4, 8)
MOST_ACCELERATORS = 256
# Mantissa lengths for 1 % loss, as in docs/inference.md.
_LENGTHS = {"precision.A_qkv": 7, "precision.A_o": 5, "precision.A_u": 6, "precision.A_d": 6, "precision.A_q": 8, "precision.A_p": 8,
            "workload.head_weight_bits": 4}


@dataclass(frozen=True)
class Machine:
    """A system with square arrays of `side` × `side` elements, and `tensor` accelerators per replica."""

    system: str
    side: int
    tensor: int


@dataclass(frozen=True)
class Served:
    """Results of a server with `accelerators` accelerators under a load."""

    accelerators: int
    tensor: int
    first_token_p99_s: float
    per_token_p50_s: float
    busy_share: float
    energy_per_token_j: float


@dataclass(frozen=True)
class Alone:
    """Time to the first token of requests that do not queue."""

    first_token_p99_s: float
    first_token_mean_s: float


def machine_keys(side: int) -> Dict[str, Any]:
    """Keys of the paper's machine with a `side` × `side` array. Buffer sizes scale with the array's area, port widths with its side."""
    scale = side / 16
    area = scale * scale
    sizes = {"mxu.rows": side, "mxu.columns": side, "weight_buffer.word_bits": 1024 * scale, "weight_buffer.bytes": 2**20 * area,
             "activation_buffer.mantissa_bytes": 2**20 * area, "activation_buffer.exponent_bytes": 2**17 * area,
             "activation_buffer.read_words_per_cycle": 2 * scale, "compressor.lanes": 16 * scale,
             "compressor.values_per_cycle": 64 * scale, "vector_unit.fpus": 64 * area}
    return {f"accelerator.{key}": int(value) for key, value in sizes.items()}


def area_mm2(simulator: Simulator, system: str, side: int) -> float:
    """Area of an accelerator in mm², without external memory."""
    keys = {**machine_keys(side), "systems": SYSTEMS[system]["systems"], "workload.layers": 1, "workload.tokens": 16}
    report = simulator.results("run", SOURCE / "configs" / "llama-13b.yaml", "report.json", *set_options(keys))
    return float(report["systems"][0]["area_mm2"]["total"])


class Load:
    """A Poisson load of requests with the sizes of Azure's conversations. `cache`: a folder of simulated GeMMs."""

    def __init__(self, simulator: Simulator, requests: int, cache: PathLike) -> None:
        self._simulator, self._requests, self._cache = simulator, requests, cache

    def _run(self, machine: Machine, replicas: int, rate_per_s: float, **more: Any) -> Dict[str, Any]:
        keys = {**machine_keys(machine.side), **_LENGTHS, **SYSTEMS[machine.system], "serving.requests.rate_per_s": rate_per_s,
                "serving.requests.count": self._requests, "serving.scheduler.round_lengths": 64,
                "system.accelerators": machine.tensor * replicas, "system.parallel.tensor": machine.tensor, **more}
        report = self._simulator.results("serve", BASE, "serve.json", "--cache", self._cache, *set_options(keys))
        system: Dict[str, Any] = report["systems"][0]
        return system

    def serve(self, machine: Machine, replicas: int, rate_per_s: float) -> Served:
        system = self._run(machine, replicas, rate_per_s)
        return Served(machine.tensor * replicas, machine.tensor, system["first_token_s"]["p99"], system["per_token_s"]["p50"],
                      system["busy_share"], system["energy"]["per_output_token_j"])

    def alone(self, machine: Machine) -> Alone:
        """Time to the first token at one prompt a day on average, so that no prompt waits for another."""
        latency = self._run(machine, 1, 1 / 86400, **{"serving.requests.output.most": 1})["first_token_s"]
        return Alone(latency["p99"], latency["mean"])

    def fewest(self, machine: Machine, rate_per_s: float, alone: Alone, limit: int) -> Optional[Served]:
        """The server with the fewest replicas that keeps the limit on the first token; None if it needs more than `limit` accelerators.
        Relies on that time falling with the number of replicas."""
        most = limit // machine.tensor
        # All prompts are computed between the first arrival and the last first token.
        work_s = self._requests * alone.first_token_mean_s
        span_s = (self._requests - 1) / rate_per_s + FIRST_TOKEN_S
        lower, upper = math.ceil(0.9 * work_s / span_s) - 1, math.ceil(1.2 * work_s / span_s)
        if lower >= most:
            return None
        upper = min(upper, most)
        found = self.serve(machine, upper, rate_per_s)
        while found.first_token_p99_s > FIRST_TOKEN_S:
            if upper == most:
                return None
            lower, upper = upper, min(most, math.ceil(1.5 * upper))
            found = self.serve(machine, upper, rate_per_s)
        while upper - lower > 1:
            middle = (lower + upper) // 2
            server = self.serve(machine, middle, rate_per_s)
            if server.first_token_p99_s > FIRST_TOKEN_S:
                lower = middle
            else:
                upper, found = middle, server
        return found
