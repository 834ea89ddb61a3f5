# SPDX-License-Identifier: Apache-2.0
"""Numbers of whole systems by name: those of runs, as defined in the simulator's glossary, and those of servers."""

from typing import Any, Dict, List, Mapping, Optional

from .common.errors import InputError, suggestion
from .simulator import Simulator

EDP = "energy_delay_product_pj_s"


class Metrics:
    """Names of a system's numbers in a report: those of the glossary, EDP, and the ratios to the baseline. Only reports of
    whole models have the metrics of inferences."""

    def __init__(self, simulator: Simulator) -> None:
        glossary = simulator.glossary
        self.paths = {row["name"]: row["path"].split(".") for row in glossary["metrics"]}
        self._of_gemms = [row["name"] for row in glossary["metrics"] if row["of_gemms"]]
        self.inference = [row["name"] for row in glossary["inference"]]
        self.ratios = [row["name"] for row in glossary["ratios"]]

    @property
    def names(self) -> List[str]:
        return [*self.paths, EDP, *self.inference, *self.ratios]

    @property
    def usual(self) -> List[str]:
        """Names that every report has; patterns select among these."""
        return [*self._of_gemms, EDP, *self.ratios]

    def check(self, name: str, where: str) -> None:
        """InputError unless `name` is a metric."""
        if name not in self.names:
            raise InputError(f"{where}: `{name}` is not a number of the report; docs/glossary.md lists them, besides "
                             f"{EDP}{suggestion(name, self.names)}")

    def numbers(self, report: Mapping[str, Any]) -> Dict[str, Dict[str, Any]]:
        """{system: {metric: value}} of a report; None for a number without meaning. TypeError if it is not a report."""
        ratios = {each.get("system"): each for each in report["ratios"]}
        result = {}
        for system in report["systems"]:
            name = system.get("name")
            if not isinstance(name, str):
                raise TypeError("a system of the report has no name")
            values: Dict[str, Any] = {}
            for metric, path in self.paths.items():
                value = system
                for part in path:
                    value = value.get(part) if isinstance(value, dict) else None
                values[metric] = _measured(metric, value)
            energy, time_s = values["energy_total_pj"], values["time_s"]
            values[EDP] = None if energy is None or time_s is None else energy * time_s
            values.update({key: _measured(key, system.get(key)) for key in self.inference})
            own = ratios.get(name)
            values.update({ratio: _measured(ratio, own.get(ratio)) if own else 1.0 for ratio in self.ratios})
            result[name] = values
        return result


class ServeMetrics:
    """Like Metrics, for the systems of a serve.json: names of docs/serve.schema.json. The part of a latency precedes its unit
    (`first_token_p99_s`); names inside `energy` and `cache` have that name as a prefix."""

    _LATENCIES = ("first_token_s", "per_token_s", "latency_s", "queueing_s")
    _PARTS = ("mean", "p50", "p90", "p95", "p99", "most")
    _PLAIN = ("makespan_s", "requests_per_s", "goodput_per_s", "good_share", "output_tokens_per_s", "prompt_tokens_per_s", "mean_batch",
              "busy_share", "link_share", "link_bytes", "rounding_share", "iterations", "computed_tokens", "good_requests")
    _INNER = {"energy": ("total_j", "per_output_token_j", "compute_j", "sram_j", "dram_j", "link_j"),
              "cache": ("blocks", "most_blocks", "preemptions", "reused_tokens", "swapped_tokens")}

    def __init__(self) -> None:
        self.paths: Dict[str, List[str]] = {name: [name] for name in self._PLAIN}
        for latency in self._LATENCIES:
            self.paths.update({f"{latency.removesuffix('_s')}_{part}_s": [latency, part] for part in self._PARTS})
        for group, parts in self._INNER.items():
            self.paths.update({f"{group}_{part}": [group, part] for part in parts})

    @property
    def names(self) -> List[str]:
        return list(self.paths)

    usual = names

    def check(self, name: str, where: str) -> None:
        """InputError unless `name` is a metric."""
        if name not in self.paths:
            raise InputError(f"{where}: `{name}` is not a number of a server; docs/serving.md lists them{suggestion(name, self.names)}")

    def numbers(self, report: Mapping[str, Any]) -> Dict[str, Dict[str, Any]]:
        """{system: {metric: value}} of a serve.json; None for a number without meaning."""
        result = {}
        for system in report["systems"]:
            values: Dict[str, Any] = {}
            for metric, path in self.paths.items():
                value = system
                for part in path:
                    value = value.get(part) if isinstance(value, dict) else None
                values[metric] = _measured(metric, value)
            result[str(system["name"])] = values
        return result


def _measured(metric: str, value: Any) -> Optional[float]:
    """A number of a report, or None. Numbers beyond 10^100 are rejected: their sums and products would not be finite."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e100):
        raise TypeError(f"{metric} of the report is not a number from 0 to 1e100")
    return value
