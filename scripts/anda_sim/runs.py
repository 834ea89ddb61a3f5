# SPDX-License-Identifier: Apache-2.0
"""A run of the simulator as Python objects, and the function that performs one."""

import io
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

from . import html
from .by_system import BySystem
from .common import strict_json
from .common.errors import InputError
from .configuration import Config, ConfigLike, config_of
from .metrics import Metrics
from .picture import Picture, drawn
from .progress import watched
from .simulator import PathLike
from .si_units import si

# Columns of a run's table after the name of the system.
_SHOWN = ("time_s", "energy_j", "area_mm2", "power_w", "ops_per_s", "ops_per_j", "speedup", "energy_efficiency",
          "area_efficiency")


class System:
    """One accelerator with its memory in a run. Every number of docs/glossary.md is an attribute in SI units, areas in mm²:
    `energy_total_pj` is energy_total_j, `effective_tops` ops_per_s, `tops_per_w` ops_per_j. A number that does not apply is None.

    `ops` lists its GeMMs; `data` is its part of report.json, in the units of the report."""

    name: str
    cycles: int
    time_s: float
    utilization: float
    energy_total_j: float
    energy_compute_j: float
    energy_sram_j: float
    energy_dram_j: float
    power_on_chip_w: float
    power_dram_w: float
    area_total_mm2: float
    ops_per_s: float
    ops_per_j: float
    dram_read_bytes: int
    dram_write_bytes: int
    dram_bandwidth_bytes_per_s: float
    speedup: float
    area_efficiency: float
    energy_efficiency: float

    def __init__(self, data: Mapping[str, Any], numbers: Mapping[str, Any], ops: Any) -> None:
        self.name, self.data, self.ops = data["name"], data, ops
        self.numbers: Dict[str, Any] = dict(si(name, value) for name, value in numbers.items())
        for name, value in self.numbers.items():
            setattr(self, name, value)

    @property
    def energy_j(self) -> float:
        """Total energy, including external memory."""
        return self.energy_total_j

    @property
    def power_w(self) -> float:
        """Average power of chip and external memory."""
        return self.power_on_chip_w + self.power_dram_w

    @property
    def area_mm2(self) -> float:
        return self.area_total_mm2

    @property
    def stall_cycles(self) -> Dict[str, int]:
        """Stall cycles by cause."""
        return dict(self.data["stall_cycles"])

    @property
    def actions(self) -> Dict[str, int]:
        """All counters of the blocks, by name."""
        return dict(self.data["actions"])

    @property
    def energy_by_component_j(self) -> Dict[str, float]:
        parts = {**self.data["energy_pj"]["by_component"], "dram": self.data["energy_pj"]["dram"]}
        return {name: value * 1e-12 for name, value in parts.items()}

    @property
    def area_by_component_mm2(self) -> Dict[str, float]:
        return dict(self.data["area_mm2"]["by_component"])

    def __repr__(self) -> str:
        return f"<System {self.name}: {html.number(self.time_s)} s, {html.number(self.energy_j)} J, {html.number(self.area_mm2)} mm²>"


class Run(BySystem[System]):
    """The result of `anda-sim run`: `systems` by name, the baseline first. The run has the attributes of its last system:
    `run.time_s` is `run["anda"].time_s` in a run of FP-FP and Anda.

    config -- the Config; report -- all of report.json; ops -- DataFrame with a row for each GeMM and system, as in ops.csv;
    notes -- remarks on possibly surprising results; folder -- the results folder, None if not kept."""

    _kind = "run"

    def __init__(self, config: Config, page: Any, ops: Any, folder: Optional[Path]) -> None:
        self.config, self.report, self.ops, self.folder = config, page.report, ops, folder
        self.name = str(self.report["run"]["name"])
        self._page = page
        numbers = Metrics(config.simulator).numbers(self.report)
        self.systems = {
            data["name"]: System(data, numbers[data["name"]], ops[ops["system"] == data["name"]].reset_index(drop=True))
            for data in self.report["systems"]}

    @property
    def notes(self) -> List[str]:
        return list(self.report["run"]["notes"])

    @property
    def assumptions(self) -> List[str]:
        return list(self.report["run"]["assumptions"])

    @property
    def baseline(self) -> System:
        return next(iter(self.systems.values()))

    def plot(self, kind: str = "energy", **options: Any) -> Picture:
        """A figure as scripts/plot draws it.

        kind -- energy, cycles, stalls, area, compare, roofline or bandwidth; options -- those of scripts/plot: by (system,
        tensor or kind), share, width and height in inches, font, font_size, systems, labels (a map), hatches, values."""
        from .reports.plots import RUN_KINDS

        if kind not in RUN_KINDS:
            raise InputError(f"plot: kind is `{kind}`, must be one of {', '.join(RUN_KINDS)}")
        if options.get("by", "system") not in ("system", "tensor", "kind"):
            raise InputError(f"plot: by is `{options['by']}`, must be system, tensor or kind")
        return drawn(lambda plt, look: RUN_KINDS[kind](plt, [self._page], look), options)

    def _repr_html_(self) -> str:
        info = self.report["run"]
        return (html.table(f"{self.name}: {info['workload']}, level {info['level']}", ["system", *_SHOWN], self._rows(_SHOWN))
                + html.notes(self.notes) + html.details("effective configuration", self.config.text))


def read_ops(text: str) -> Any:
    """ops.csv as a DataFrame."""
    import pandas

    return pandas.read_csv(io.StringIO(text), float_precision="round_trip", keep_default_na=False, na_values=[""],
                           dtype={"system": str, "name": str, "tensor": str})


def run(config: ConfigLike = None, *, out: Optional[PathLike] = None, level: Optional[str] = None, timeline: bool = False,
        progress: bool = True, program: Optional[PathLike] = None, **keys: Any) -> Run:
    """Simulates a configuration and returns the Run.

    config -- a Config, a file, a map of keys, or nothing for the defaults; keys -- keys to change, as for Config():
    run("llama-13b.yaml", phase="decode", batch=8). out -- a folder for report.json, ops.csv and config.yaml; by default
    nothing is kept. level -- fast, detailed or cycle. timeline -- record activity over time, for plot("bandwidth").
    progress -- show progress. Raises InputError or RunError."""
    from .reports.runs import load_run

    config = config_of(config, keys, program)
    with tempfile.TemporaryDirectory(prefix="anda-sim-") as temporary:
        folder = Path(temporary if out is None else os.path.realpath(out))
        file = Path(temporary) / "run.yaml"
        file.write_text(config.text, encoding="utf-8")
        options: List[Any] = ["--level", level] if level else []
        options += ["--timeline", folder / "timeline.json"] if timeline else []
        try:
            watched(config.simulator, ["run", file, "--out", folder, "--quiet", *options], config.name, progress)
        except InputError as error:
            # The effective configuration is in a temporary file that users do not know.
            named = str(config.file or "the configuration")
            raise InputError(*(line.replace(str(file), named) for line in error.args)) from None
        page = load_run(folder / "report.json", strict_json.load(folder / "report.json"))
        return Run(config, page, read_ops((folder / "ops.csv").read_text(encoding="utf-8")), None if out is None else folder)
