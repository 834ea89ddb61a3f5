# SPDX-License-Identifier: Apache-2.0
"""Compares systems on several models from Python: `anda-sim compare`."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union

from . import html
from .common import schema, strict_json
from .configuration import Config, default_simulator, find_file
from .picture import Picture, drawn
from .progress import watched
from .si_units import si
from .simulator import PathLike, set_options
from .studies import kept
from .values import flat

_RATIOS = ("speedup", "area_efficiency", "energy_efficiency")


class Comparison:
    """The result of `anda-sim compare`. report -- all of compare.json; folder -- the results folder, None if not kept."""

    def __init__(self, report: Mapping[str, Any], folder: Optional[Path]) -> None:
        self.report, self.folder = report, folder

    @property
    def name(self) -> str:
        return str(self.report["name"])

    @property
    def notes(self) -> List[str]:
        return list(self.report["notes"])

    def frame(self) -> Any:
        """A DataFrame with a row for each model and system, in SI units; areas in mm²."""
        import pandas

        rows = []
        for model in self.report["models"]:
            for system in model["systems"]:
                numbers = dict(si(key, value) for key, value in system.items() if key not in ("name", "energy_share"))
                shares = {f"energy_share_{part}": share for part, share in system["energy_share"].items()}
                rows.append({"model": model["name"], "system": system["name"], **numbers, **shares})
        return pandas.DataFrame(rows)

    def means(self) -> Any:
        """A DataFrame with a row for each system: geometric means over the models, arithmetic means of energy shares."""
        import pandas

        rows = [{"system": mean["name"], **{ratio: mean[ratio] for ratio in _RATIOS},
                 **{f"energy_share_{part}": share for part, share in mean["energy_share"].items()}}
                for mean in self.report["means"]]
        return pandas.DataFrame(rows).set_index("system")

    def plot(self, **options: Any) -> Picture:
        """Bars of speedup, energy and area efficiency for each model and their geometric means, as scripts/plot draws them.

        options -- width and height in inches, font, font_size, systems, labels (a map), hatches, values."""
        from .reports.bars import plot_comparison

        return drawn(lambda plt, look: plot_comparison(plt, self.report, look), options)

    def __repr__(self) -> str:
        return f"<Comparison {self.name}: {len(self.report['models'])} models, {len(self.report['means'])} systems>"

    def _repr_html_(self) -> str:
        rows = [[mean["name"], *(mean[ratio] for ratio in _RATIOS)] for mean in self.report["means"]]
        caption = f"{self.name}: means over {len(self.report['models'])} models, against {self.report['baseline']}"
        return html.table(caption, ["system", *_RATIOS], rows) + html.notes(self.notes)


def _written(comparison: Mapping[str, Any], folder: Path) -> Path:
    """Writes the file of a comparison given as a map. Its models may be Configs."""

    def path_of(config: Union[Config, PathLike], name: str) -> str:
        if not isinstance(config, Config):
            return str(find_file(config))
        file = folder / f"{name}.yaml"
        file.write_text(config.text, encoding="utf-8")
        return str(file)

    models: Dict[str, Any] = {}
    for number, (name, runs) in enumerate(comparison.get("models", {}).items()):
        models[name] = ({system: path_of(config, f"{number}-{place}") for place, (system, config) in enumerate(runs.items())}
                        if isinstance(runs, Mapping) else path_of(runs, str(number)))
    file = folder / "comparison.yaml"
    # JSON is YAML.
    file.write_text(json.dumps({**comparison, "models": models}, ensure_ascii=False), encoding="utf-8")
    return file


def compare(comparison: Union[PathLike, Mapping[str, Any]], *, systems: Optional[Sequence[str]] = None,
            models: Optional[Sequence[str]] = None, out: Optional[PathLike] = None, jobs: Optional[int] = None,
            progress: bool = True, program: Optional[PathLike] = None, **keys: Any) -> Comparison:
    """Simulates every system on every model and returns the Comparison.

    comparison -- a file (docs/compare.md), "compare/paper.yaml" for the paper's comparison, or a map such as
    {"systems": ["fp-fp", "anda"], "models": {"LLaMA-13B": "llama-13b.yaml"}}, whose models may also be Configs; systems,
    models -- restrict the comparison to these; jobs -- parallel simulations; keys -- keys of every run, dotted as in
    **{"accelerator.mxu.rows": 32}; out -- a folder that keeps compare.json and compare.csv."""
    simulator = default_simulator(None if program is None else os.path.realpath(program))
    with kept(out) as folder, tempfile.TemporaryDirectory(prefix="anda-sim-") as temporary:
        file = _written(comparison, Path(temporary)) if isinstance(comparison, Mapping) else find_file(comparison)
        options: List[Any] = ["--systems", ",".join(systems)] if systems is not None else []
        options += ["--models", ",".join(models)] if models is not None else []
        options += ["--jobs", jobs] if jobs is not None else []
        watched(simulator, ["compare", file, "--out", folder, "--quiet", *options, *set_options(flat(keys))], file.stem, progress)
        report = strict_json.load(folder / "compare.json")
        schema.check(folder / "compare.json", report, schema.named("compare"), "a compare.json of anda-sim compare")
        return Comparison(report, None if out is None else folder)
