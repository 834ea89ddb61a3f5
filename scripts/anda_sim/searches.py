# SPDX-License-Identifier: Apache-2.0
"""The search for mantissa lengths from Python: `anda-sim search`."""

import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from . import html
from .common import schema, strict_json
from .common.errors import InputError
from .configuration import Config, ConfigLike, config_of
from .progress import watched
from .simulator import PathLike
from .studies import kept

TENSORS = ("A_qkv", "A_o", "A_u", "A_d")


def _best(result: Mapping[str, Any]) -> Mapping[str, Any]:
    best: Mapping[str, Any] = result.get("schedule", result.get("per_layer", result["best"]))
    return best


class Found:
    """The result of `anda-sim search`. report -- all of search.json; folder -- the results folder, None if not kept."""

    def __init__(self, config: Config, report: Mapping[str, Any], folder: Optional[Path]) -> None:
        self.config, self.report, self.folder = config, report, folder

    @property
    def baseline_perplexity(self) -> float:
        return float(self.report["baseline_perplexity"])

    def frame(self) -> Any:
        """A DataFrame with a row for each tolerance: whether it is met, the best combination, its loss and savings, and with
        simulate=True the comparison with FP-FP."""
        import pandas

        return pandas.DataFrame([self._row(result) for result in self.report["results"]])

    @staticmethod
    def _row(result: Mapping[str, Any]) -> Dict[str, Any]:
        best = _best(result)
        simulated = {key: result["simulation"][key] for key in ("speedup", "area_efficiency", "energy_efficiency")} \
            if "simulation" in result else {}
        return {"tolerance": result["tolerance"], "met": result["meets_tolerance"], **dict(zip(TENSORS, best["combination"])),
                "loss": best["loss"], "perplexity": best["perplexity"], "bops_saving": best.get("bops_saving"), **simulated}

    def front(self) -> Any:
        """A DataFrame of the evaluated combinations that no other beats in both cost and loss."""
        import pandas

        return pandas.DataFrame([{**dict(zip(TENSORS, each["combination"])),
                                  **{key: value for key, value in each.items() if key not in ("combination", "layers")}}
                                 for each in self.report["front"]])

    def config_for(self, tolerance: float) -> Config:
        """The configuration with the result for a tolerance. InputError if no combination met it."""
        for result in self.report["results"]:
            if result["tolerance"] == tolerance and result["meets_tolerance"]:
                best = _best(result)
                lengths = best.get("attention", {})
                keys = {f"precision.layers.{number}": bits for number, bits in enumerate(best.get("layers", []))}
                keys.update({f"precision.schedule.{position}": {**dict(zip(TENSORS, entry["combination"])), **entry.get("attention", {})}
                             for position, entry in best.get("schedule", {}).items()})
                keys.update({f"precision.{tensor}": lengths[tensor] for tensor in ("A_q", "A_p") if tensor in lengths})
                keys.update({f"kv_cache.{cached.lower()}.bits": lengths[cached] for cached in ("K", "V") if cached in lengths})
                return self.config.replace({"precision": dict(zip(TENSORS, best["combination"])), **keys})
        met = ", ".join(str(result["tolerance"]) for result in self.report["results"] if result["meets_tolerance"])
        raise InputError(f"tolerance {tolerance}: there is no result for it; met are {met or 'none'}")

    def __repr__(self) -> str:
        met = sum(result["meets_tolerance"] for result in self.report["results"])
        return f"<Found {met} of {len(self.report['results'])} tolerances met, {self.report['evaluations']} evaluations>"

    def _repr_html_(self) -> str:
        rows = [self._row(result) for result in self.report["results"]]
        head = list(dict.fromkeys(key for row in rows for key in row))
        caption = f"{self.report['name']}: mantissa bits, objective {self.report['objective']}"
        return html.table(caption, head, [[str(row.get(key)) if key == "met" else row.get(key) for key in head] for row in rows])


def search(config: ConfigLike = None, *, model_dir: Optional[PathLike] = None, tokens: Optional[PathLike] = None,
           evaluator: Optional[str] = None, tolerance: Union[float, Sequence[float]] = 0.01, objective: Optional[str] = None,
           iterations: Optional[int] = None, per_layer: bool = False, layer_iterations: Optional[int] = None,
           attention: Sequence[str] = (), schedule: Sequence[Union[int, str]] = (),
           simulate: bool = False, threads: Optional[int] = None, out: Optional[PathLike] = None, progress: bool = True,
           program: Optional[PathLike] = None, **keys: Any) -> Found:
    """Searches for the mantissa lengths of lowest cost at which the loss of accuracy stays within a tolerance (docs/search.md).

    config -- the workload and the machine, as in run(); without both config and keys, the model of model_dir; model_dir,
    tokens -- the checkpoint and the text for measuring perplexity, or evaluator -- a shell command that returns perplexities;
    tolerance -- the largest loss as a share, or several; attention -- which of A_q, A_p, K and V to search as well; schedule --
    positions at which lengths may change, numbers or "decode"; out -- a folder that keeps the results and the log, from which
    the same call resumes. An unmet tolerance is not an error: `met` of its row is False."""
    if config is None and not keys and model_dir is not None:
        keys = {"config_json": Path(os.path.realpath(model_dir)) / "config.json"}
    made = config_of(config, keys, program)
    tolerances = [tolerance] if isinstance(tolerance, (int, float)) else list(tolerance)
    given = {"--model-dir": model_dir, "--tokens": tokens, "--evaluator": evaluator, "--objective": objective,
             "--iterations": iterations, "--layer-iterations": layer_iterations, "--threads": threads}
    options: List[Any] = [word for name, value in given.items() if value is not None for word in (name, value)]
    options += [word for name, parts in (("--attention", attention), ("--schedule", schedule)) if parts
                for word in (name, ",".join(map(str, parts)))]
    options += [name for name, wanted in (("--per-layer", per_layer), ("--simulate", simulate)) if wanted]
    with kept(out) as folder, tempfile.TemporaryDirectory(prefix="anda-sim-") as temporary:
        file = Path(temporary) / "search.yaml"
        file.write_text(made.text, encoding="utf-8")
        watched(made.simulator, ["search", file, "--out", folder, "--quiet", "--tolerance", ",".join(map(repr, map(float, tolerances))),
                                 *options], made.name, progress, accept=(0, 1))
        report = strict_json.load(folder / "search.json")
        schema.check(folder / "search.json", report, schema.named("search"), "a search.json of anda-sim search")
        return Found(made, report, None if out is None else folder)
