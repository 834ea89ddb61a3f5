# SPDX-License-Identifier: Apache-2.0
"""A sweep from its file to its results."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
import fnmatch
import json
import os

from anda_sim import html
from anda_sim.common.errors import InputError, RunError
from anda_sim.metrics import EDP, Metrics, ServeMetrics
from anda_sim.simulator import Simulator

from . import sweep_file
from .address import address
from .local import LocalExecutor
from .results import Results
from .space import Space, has_key, system_names

DEFAULT_OUTPUTS = ["cycles", "time_s", "energy_compute_pj", "energy_sram_pj", "energy_dram_pj", "energy_total_pj", EDP,
                   "area_total_mm2", "power_on_chip_mw", "power_dram_mw", "effective_tops", "tops_per_w", "tops_per_mm2",
                   "utilization", "dram_bandwidth_bytes_per_s", "speedup", "area_efficiency", "energy_efficiency"]
SERVE_OUTPUTS = ["requests_per_s", "goodput_per_s", "good_share", "output_tokens_per_s", "first_token_*_s", "per_token_*_s", "latency_*_s",
                 "queueing_*_s", "mean_batch", "busy_share", "link_share", "energy_per_output_token_j", "energy_total_j", "cache_*"]
# Overrides of every point: names carry no information, and the output files of all points would have the same name.
_FORCED = {"name": "point", "simulation.vcd": "", "simulation.timeline.file": "", "dram.request_trace": ""}


@dataclass
class Point:
    """One point: the values of the parameters, and how to run it. `config` is None if there is an `error`."""

    number: int
    settings: dict
    key: str
    config: str
    error: str
    systems: list


def cell(value):
    """A parameter's value as a table cell; lists become JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict, bool)) else value


class Sweep:
    """A sweep file with a simulator.

        sweep = Sweep("configs/sweeps/mantissa.yaml")
        frame = sweep.run("results/mantissa").frame()

    path -- the sweep file, or a SweepFile; program -- anda-sim or a Simulator, by default what find_program() finds;
    settings -- configuration keys common to all points, which override those of the file; folder -- base of
    relative paths among the values, by default that of the file. Raises InputError for an invalid file."""

    def __init__(self, path, program=None, settings=None, folder=None):
        self.file = path if isinstance(path, sweep_file.SweepFile) else sweep_file.load(path)
        self.simulator = program if isinstance(program, Simulator) else Simulator(program)
        self.settings = {**self.file.settings, **(settings or {})}
        self._folder = folder or sweep_file.real(self.file.path).parent
        text, error = self._config({})
        if text is None:
            raise InputError(*(self._place(line) for line in error.splitlines()))
        self.effective = self.simulator.effective(text)
        self.metrics = ServeMetrics() if self.serves else Metrics(self.simulator)
        self.space = Space(self.file, self.effective)
        self._check_keys()
        self.outputs = self._expand_outputs(self.file.outputs or (SERVE_OUTPUTS if self.serves else DEFAULT_OUTPUTS))

    @property
    def name(self):
        return self.file.name

    @property
    def serves(self):
        """Whether the points are servers instead of runs."""
        return self.file.command == "serve"

    def _config(self, settings):
        return self.simulator.config(self.file.base, {**self.settings, **settings, **_FORCED}, self._folder, self.serves)

    def _place(self, line):
        """Adds the place in the sweep file to a message line of anda-sim."""
        key = line.removeprefix("--set ").partition("=")[0]
        if line.startswith("--set ") and key in self.file.lines:
            return f"{self.file.where(key)}: {line.split(': ', 1)[-1]}"
        return line if line.startswith("--set ") else f"{self.file.where('base')}: {line}"

    def _check_keys(self):
        """Checks that every parameter and every name in a condition is a key of the configuration."""
        problems = []
        firsts = {key: axis.values[0][axis.keys.index(key)] for axis in self.file.axes for key in axis.keys}
        for key in self.file.keys:
            if key in _FORCED or key == "base":
                problems.append(f"{self.file.where(key)}: {key}: cannot be a parameter")
            elif not has_key(self.effective, key):
                # Keys such as precision.layers.3 are valid although the effective configuration lacks them.
                message = self._config({key: firsts.get(key, 1)})[1]
                if "is not a key" in message or "is a section" in message:
                    problems.append(f"{self.file.where(key)}: {message.split(': ', 1)[-1]}")
        expressions = [(each.expression, each.line) for each in self.file.derived] + self.file.conditions
        axis_keys = {key for axis in self.file.axes for key in axis.keys}
        earlier = set(axis_keys)
        for derived in self.file.derived:
            unknown = [name for name in derived.expression.names if name in self.file.keys and name not in earlier]
            problems += [f"{self.file.path}:{derived.line}: {derived.key}: follows {name}, which must stand before it"
                         for name in unknown]
            earlier.add(derived.key)
        for expression, line in expressions:
            problems += [f"{self.file.path}:{line}: `{name}` is neither a parameter nor a key of the configuration"
                         for name in expression.names
                         if name not in self.file.keys and not has_key(self.effective, name)]
        if problems:
            raise InputError(*problems)

    def _expand_outputs(self, wanted):
        """Names of metrics, with patterns such as energy_* expanded."""
        chosen = {}
        for name in wanted:
            found = fnmatch.filter(self.metrics.usual, name) or fnmatch.filter(self.metrics.names, name)
            if not found:
                self.metrics.check(name, f"{self.file.where('outputs')}: outputs")
            chosen.update(dict.fromkeys(found))
        return list(chosen)

    def plan(self, settings, number=0):
        """The Point for given values of the parameters."""
        text, error = self._config(settings)
        if text is None:
            return Point(number, settings, "", None, error, [])
        effective = self.simulator.effective(text)
        return Point(number, settings, address(self.simulator, text, effective), text, "", system_names(effective))

    def points(self):
        """All points, planned: each with its effective configuration and content address, or with its error."""
        settings = self.space.points()
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            points = list(pool.map(self.plan, settings, range(len(settings))))
        if all(point.config is None for point in points):
            raise InputError(f"{self.file.path}: no point is a legal configuration; the first one: {points[0].error}")
        return points

    def columns(self, systems):
        """Columns of the results after the fixed ones: the parameters, then the outputs of each system."""
        return [*self.file.keys, *(f"{system}.{name}" for system in systems for name in self.outputs)]

    def job(self, point, limits):
        """The job of a point, for an executor."""
        return {"key": point.key, "command": self.file.command, "config": point.config, "program": self.simulator.path,
                "program_sha256": self.simulator.sha256, "time_s": limits.get("time_s"),
                "memory_bytes": limits.get("memory_bytes")}

    def row(self, point, outcome, columns):
        """The row of a point with this outcome."""
        row = dict.fromkeys(columns)
        row.update({key: cell(value) for key, value in point.settings.items()})
        row.update(point=point.number, status=outcome["status"], error=outcome["error"])
        if outcome["report"]:
            try:
                measured = self.metrics.numbers(outcome["report"])
                row.update({f"{system}.{name}": measured[system][name] for system in point.systems for name in self.outputs})
            except (KeyError, TypeError) as error:
                what = f"it has no system {error}" if isinstance(error, KeyError) else error
                raise InputError(f"the report that is kept of point {point.number} ({point.key[:12]}…) is damaged: {what}; delete "
                                 "its row of the table runs in results.sqlite, or choose another folder with --out") from None
        return row

    def run(self, out=None, jobs=None, executor=None, limits=None, retry_failed=False, progress=None):
        """Runs the missing points and returns the SweepResult.

        out -- folder, results/sweeps/NAME by default; jobs -- parallel simulations; executor -- called with the Results,
        returns the executor of the points (this machine by default); limits -- {"time_s", "memory_bytes"} of a point, overriding
        those of the file; progress -- called with (total, known) and then its `update(outcome)` for each point."""
        points = self.points()
        out = Path(out or Path("results") / "sweeps" / self.name)
        limits = {**self.file.limits, **(limits or {})}
        systems = list(dict.fromkeys(system for point in points for system in point.systems))
        columns = self.columns(systems)
        with Results(out, columns) as results:
            known, missing = [], {}
            for point in points:
                outcome = self.known(results, point)
                if outcome is None or (retry_failed and point.config and outcome["status"] != "done"):
                    missing.setdefault(point.key, []).append(point)
                else:
                    known.append(self.row(point, outcome, results.columns))
            results.begin(known)
            bar = progress(len(points), known) if progress else None
            try:
                if missing:
                    self._run_missing(results, missing, limits, executor or (lambda r: LocalExecutor(r.work, jobs)), bar)
            finally:
                if bar:
                    bar.close()
            rows = results.rows()
        return SweepResult(out, results.columns, rows, self.file)

    @staticmethod
    def known(results, point):
        """The outcome of a point that needs no simulation, or None."""
        if point.config is None:
            return {"status": "invalid", "error": point.error, "report": None}
        return results.run(point.key)

    def _run_missing(self, results, missing, limits, make_executor, bar):
        executor = make_executor(results)
        try:
            for outcome in executor.run([self.job(points[0], limits) for points in missing.values()]):
                points = missing.pop(outcome["key"])
                rows = [self.row(point, outcome, results.columns) for point in points]
                results.add(outcome, points[0].settings, self.simulator.sha256, rows)
                if bar:
                    for row in rows:
                        bar.update(row)
        finally:
            executor.close()
        if missing:
            raise RunError(f"{len(missing)} points were not run")


class SweepResult:
    """Rows of a sweep: `rows` as dicts, `frame()` for pandas, `folder` with results.csv and results.sqlite (None if they
    were not kept)."""

    def __init__(self, folder, columns, rows, file):
        self.folder, self.columns, self.rows, self._file = folder, columns, rows, file

    @property
    def parameters(self):
        """The keys of the parameters."""
        return self._file.keys

    def plot(self, **options):
        """A figure over the first parameter, unless `x`, `y`, `system`, `series`, `title`, `x_scale` and `y_scale` say otherwise. These
        are the keys of the section `plot` of a sweep file."""
        from anda_sim.picture import Picture

        from .plot import plot_sweep
        return Picture(lambda: plot_sweep(self.rows, self.columns, self.parameters, **{**self._file.plot, **options}))

    def _repr_html_(self):
        failed = [f"point {row['point']}: {row['status']}: {row['error']}" for row in self.failed]
        return self.frame()._repr_html_() + html.notes(failed, "Points without numbers")

    def frame(self):
        """The rows as a pandas DataFrame, columns as in results.csv."""
        import pandas
        return pandas.DataFrame(self.rows, columns=self.columns)

    @property
    def failed(self):
        """Rows of points that are not done."""
        return [row for row in self.rows if row["status"] != "done"]
