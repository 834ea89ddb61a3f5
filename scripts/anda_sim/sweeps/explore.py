# SPDX-License-Identifier: Apache-2.0
"""Searches the points of a sweep file for the Pareto front of several objectives, with Optuna.

Trials are asked for in batches. Parallel processes simulate each batch, and results are reported to Optuna in the order of the requests.
The sampler of trial n is seeded with the seed and n, and its proposal depends only on the trials before it. The
same seed therefore gives the same trials on any number of cores, and a killed search resumes as if it had not been interrupted.
"""

import hashlib
import json
import math
import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from anda_sim.common import scalar
from anda_sim.common.errors import InputError
from anda_sim.metrics import EDP

from .found import Found
from .local import LocalExecutor
from .loss import LossTable
from .results import Results
from .space import has_key, look_up, system_names
from .sweep import cell
from .study import damage, database_errors, spare_syncs, storage_of

# Short names of common objectives.
ALIASES = {"cycles": "cycles", "time": "time_s", "energy": "energy_total_pj", "area": "area_total_mm2", "edp": EDP,
           "power": "power_on_chip_mw"}
DEFAULTS = {"minimise": ["cycles", "energy"], "constraints": [], "sampler": "nsga2", "trials": 200, "seed": 1, "batch": 16,
            "population": 32}
_CONSTRAINT = re.compile(r"\s*(\w+)\s*(<=|>=)\s*(\S+)\s*\Z")
_ATTRIBUTE = "anda:violations"


@dataclass
class Constraint:
    """`metric <= bound` or `metric >= bound`."""

    metric: str
    sense: str
    bound: float

    def violation(self, value):
        """Violation relative to the bound, so that constraints have equal weight; 0 or less if the constraint is met."""
        excess = value - self.bound if self.sense == "<=" else self.bound - value
        return excess / abs(self.bound) if self.bound else excess

    def __str__(self):
        return f"{self.metric} {self.sense} {self.bound:g}"


class Exploration:
    """A search over the space of `sweep`. `options`: those of DEFAULTS, and `system` and `loss`.

    The folder `out` holds the results and the study: results.sqlite and results.csv as for a sweep, study.sqlite of Optuna."""

    def __init__(self, sweep, options):
        self.sweep = sweep
        self.options = {**DEFAULTS, **sweep.file.explore, **{k: v for k, v in options.items() if v is not None}}
        self.where = sweep.file.where("explore")
        self.system = self.options.get("system") or system_names(sweep.effective)[-1]
        if self.system not in system_names(sweep.effective):
            raise InputError(f"{self.where}: system: `{self.system}` is none of {', '.join(sweep.effective['systems'])}")
        if "systems" in sweep.file.keys:
            raise InputError(f"{sweep.file.where('systems')}: systems cannot be a parameter of a search; "
                             "choose the element with accelerator.mxu.processing_element or run a sweep")
        self.objectives = [self._metric(name) for name in self.options["minimise"]]
        if len(set(self.objectives)) < len(self.objectives):
            raise InputError(f"{self.where}: minimise: names a number twice")
        self.constraints = [self._constraint(text) for text in self.options["constraints"]]
        loss = self.options.get("loss")
        self.loss_limit = loss["limit"] if loss else None
        self.loss = LossTable(loss["table"], loss.get("monotone", False)) if loss else None
        self._fill_outputs()
        self.base_places = self._base_places()
        self.reference = None

    def _metric(self, name):
        metric = ALIASES.get(name, name)
        self.sweep.metrics.check(metric, self.where)
        return metric

    def _constraint(self, text):
        match = _CONSTRAINT.match(text)
        try:
            bound = scalar.number(match[3]) if match else None
        except scalar.OutOfRange:
            bound = None
        if bound is None:
            raise InputError(f"{self.where}: `{text}` is not a constraint such as `area <= 2.5`; it is a number, <= or >=, a bound")
        return Constraint(self._metric(match[1]), match[2], float(bound))

    def _fill_outputs(self):
        wanted = [*self.objectives, *(each.metric for each in self.constraints)]
        self.sweep.outputs += [name for name in dict.fromkeys(wanted) if name not in self.sweep.outputs]

    # The study has one number for each axis: the index in its list of values.

    def _signature(self):
        """Digest of everything that must be equal in a study and a call that resumes it."""
        file = self.sweep.file
        said = {"axes": [[axis.keys, axis.values] for axis in file.axes],
                "derived": [[each.key, each.expression.text] for each in file.derived],
                "conditions": [condition.text for condition, _ in file.conditions],
                "base": self.sweep.plan({}).key, "objectives": self.objectives, "system": self.system,
                "constraints": [str(each) for each in self.constraints], "loss": self._loss_signature(),
                **{name: self.options[name] for name in ("sampler", "seed", "batch", "population")}}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def _loss_signature(self):
        if not self.loss:
            return None
        return [hashlib.sha256(self.loss.path.read_bytes()).hexdigest(), self.loss_limit, self.loss.monotone]

    def _sampler(self, number, name=""):
        """The sampler of a trial, or of one of its values. Seeding per value keeps an existing value from affecting the others."""
        import optuna
        seed = int.from_bytes(hashlib.sha256(f"{self.options['seed']} {number} {name}".encode()).digest()[:4], "big")
        constrained = {"constraints_func": lambda trial: trial.user_attrs[_ATTRIBUTE]} if self._is_constrained else {}
        if self.options["sampler"] == "tpe":
            return self._ordered(optuna.samplers.TPESampler)(seed=seed, constant_liar=True, multivariate=True, **constrained)
        return self._ordered(optuna.samplers.NSGAIISampler)(
            seed=seed, population_size=self.options["population"], **constrained)

    def _ordered(self, base):
        """A sampler that takes the parameters in the order of the file; Optuna takes them in the order of its database."""
        names = self._names()

        class Ordered(base):
            def infer_relative_search_space(self, study, trial):
                space = super().infer_relative_search_space(study, trial)
                return {name: space[name] for name in names if name in space}

        return Ordered

    @property
    def _is_constrained(self):
        return bool(self.constraints or self.loss)

    def _study(self, out):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        path = os.path.realpath(out / "study.sqlite")
        if not os.path.exists(path):
            self._begin_study(path)
        storage = storage_of(path)
        spare_syncs(storage.engine)
        try:
            study = optuna.load_study(storage=storage, study_name=self.sweep.name)
            signature = study.user_attrs.get("signature")
        except KeyError:
            signature = None
        if signature != self._signature():
            raise InputError(f"{path}: is of another search: the parameters, the objectives, the constraints, the base, the "
                             "sampler or the simulator differ; choose another folder with --out, whose results.sqlite "
                             "may be copied from this one")
        return study

    def _begin_study(self, path):
        """Creates a new study completely or not at all, since half a database would be taken for a complete one."""
        import optuna
        new = f"{path}.new"
        for leftover in (new, f"{new}-journal"):
            Path(leftover).unlink(missing_ok=True)
        storage = storage_of(new)
        study = optuna.create_study(storage=storage, study_name=self.sweep.name,
                                    directions=["minimize"] * len(self.objectives))
        study.set_user_attr("signature", self._signature())
        self._enqueue_base(study)
        storage.engine.dispose()
        os.replace(new, path)

    def _names(self):
        return [" & ".join(axis.keys) for axis in self.sweep.file.axes]

    def _base_places(self):
        """The index of the base's value on each axis, None if it is not on the axis."""
        base = self.sweep.plan({}).key
        return [next((place for place, values in enumerate(axis.values)
                      if self.sweep.plan(dict(zip(axis.keys, values))).key == base), None)
                for axis in self.sweep.file.axes]

    def _enqueue_base(self, study):
        """Makes the base the first trial if it is a point of the space, so that the front is never worse than the base."""
        if None not in self.base_places:
            study.enqueue_trial(dict(zip(self._names(), self.base_places)))

    def _suggest(self, trial):
        """Index of the trial's value on each axis. Axes of numbers are ordered; other values are categories."""
        places = []
        for name, axis in zip(self._names(), self.sweep.file.axes):
            ordered = all(isinstance(value, (int, float)) and not isinstance(value, bool) for values in axis.values
                          for value in values)
            last = len(axis.values) - 1
            trial.study.sampler = self._sampler(trial.number, name)
            places.append(trial.suggest_int(name, 0, last) if ordered
                          else trial.suggest_categorical(name, list(range(last + 1))))
        return places

    def _ask(self, study, first, count):
        """[(number, values of the axes, the trial or None if it is finished)] of trials first … first + count − 1.

        A killed search may already have asked for some trials, and finished some of these."""
        import optuna
        # The base is still in the queue, from which ask() takes it.
        known = {trial.number: trial for trial in study.get_trials(deepcopy=False)
                 if trial.state != optuna.trial.TrialState.WAITING}
        asked = []
        for number in range(first, first + count):
            earlier = known.get(number)
            if earlier and len(earlier.params) == len(self._names()):
                places = [earlier.params[name] for name in self._names()]
                # A sampler that depends on other trials would now see more finished trials than in the original call.
                study.sampler = optuna.samplers.RandomSampler()
                trial = None if earlier.state.is_finished() else optuna.trial.Trial(study, earlier._trial_id)
            else:
                study.sampler = self._sampler(number)
                trial = optuna.trial.Trial(study, known[number]._trial_id) if number in known else study.ask()
                places = self._suggest(trial)
            asked.append((number, self._chosen(places), trial))
        return asked

    def _chosen(self, places):
        """The values of the axes at these indices; ValueError if a study has indices outside the axes."""
        places = list(places)
        for name, axis, place in zip(self._names(), self.sweep.file.axes, places):
            if type(place) is not int or not 0 <= place < len(axis.values):
                raise ValueError(f"{name} is at {place}, its places are 0 to {len(axis.values) - 1}")
        return tuple(axis.values[place] for axis, place in zip(self.sweep.file.axes, places))

    def run(self, out=None, jobs=None, executor=None, limits=None, progress=None):
        """Searches until the requested number of trials is reached, and returns a Found."""
        out = Path(out or Path("results") / "explore" / self.sweep.name)
        with database_errors(out / "study.sqlite"):
            return self._run(out, jobs, executor, limits, progress)

    def _run(self, out, jobs, executor, limits, progress):
        sweep = self.sweep
        limits = {**sweep.file.limits, **(limits or {})}
        with Results(out, sweep.columns(system_names(sweep.effective)) + ["loss", "feasible"]) as results:
            path = out / "study.sqlite"
            with damage(path):
                study = self._study(out)
                finished = self._finished(study)
            there = self._kept_rows(finished, results)
            results.begin(list(there.values()))
            bar = progress(self.options["trials"], list(there.values())) if progress else None
            runner = (executor or (lambda r: LocalExecutor(r.work, jobs)))(results)
            try:
                self.reference = self._reference(results, runner, limits)
                results.write_base({**self.reference, **{key: cell(self.of_base(key)) for key in sweep.file.keys}})
                for first in range(0, self.options["trials"], self.options["batch"]):
                    count = min(self.options["batch"], self.options["trials"] - first)
                    with damage(path):
                        asked = [each for each in self._ask(study, first, count) if each[0] not in there]
                    self._batch(study, results, runner, limits, asked, bar)
            finally:
                runner.close()
                if bar:
                    bar.close()
            rows = results.rows()
        return Found(self, out, results.columns, rows)

    def _finished(self, study):
        """{number: values of the axes} of the trials that an earlier call finished."""
        return {trial.number: self._chosen(trial.params[name] for name in self._names())
                for trial in study.get_trials(deepcopy=False)
                if trial.number < self.options["trials"] and trial.state.is_finished()}

    def _kept_rows(self, finished, results):
        """{number: row} of the finished trials whose outcomes are kept."""
        rows = {}
        for number, chosen in finished.items():
            point = self._point(number, chosen)
            outcome = self.sweep.known(results, point) if point else None
            if outcome:
                rows[number] = self._row(point, outcome, results.columns)
        return rows

    def _reference(self, results, runner, limits):
        (row,) = self._evaluate(results, runner, limits, [self.sweep.plan({})])
        if row["status"] != "done":
            raise InputError(f"{self.sweep.file.where('base')}: the base itself cannot be run: {row['error']}")
        return row

    def of_base(self, key):
        """The base's value of a parameter, an empty text if it has none."""
        for axis, place in zip(self.sweep.file.axes, self.base_places):
            if key in axis.keys and place is not None:
                return axis.values[place][axis.keys.index(key)]
        effective = self.sweep.effective
        return look_up(effective, key) if has_key(effective, key) else ""

    def _batch(self, study, results, runner, limits, asked, bar):
        import optuna

        points = [point for number, chosen, _ in asked if (point := self._point(number, chosen))]
        rows = {row["point"]: row for row in self._evaluate(results, runner, limits, points)}
        results.add_rows(rows.values())
        for number, _, trial in asked:
            row = rows.get(number)
            values = self._values(row) if row else None
            study.sampler = self._sampler(number)  # stores the constraints of the trials reported to it
            if trial and values is None:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
            elif trial:
                trial.set_user_attr(_ATTRIBUTE, self._violations(row))
                study.tell(trial, values)
            if bar:
                bar.update(row or {"status": "done"})

    def _point(self, number, chosen):
        """The Point of a trial, None if a condition forbids it."""
        settings = self.sweep.space.complete(chosen)
        return None if settings is None else self.sweep.plan(settings, number)

    def _evaluate(self, results, runner, limits, points):
        """Rows of points. Simulates those missing from results.sqlite."""
        outcomes, missing = {}, {}
        for point in points:
            outcome = self.sweep.known(results, point)
            if outcome:
                outcomes[point.key or id(point)] = outcome
            else:
                missing[point.key] = point
        for outcome in runner.run([self.sweep.job(point, limits) for point in missing.values()]):
            results.add(outcome, missing[outcome["key"]].settings, self.sweep.simulator.sha256, [])
            outcomes[outcome["key"]] = outcome
        return [self._row(point, outcomes[point.key or id(point)], results.columns) for point in points]

    def _row(self, point, outcome, columns):
        row = self.sweep.row(point, outcome, columns)
        loss = self.loss(self.sweep.simulator.effective(point.config)) if self.loss and point.config else None
        row["loss"] = loss if loss is None or math.isfinite(loss) else None
        known = self._values(row) is not None
        row["feasible"] = int(known and all(each <= 0 for each in self._violations(row)))
        return row

    def _values(self, row):
        values = [row[f"{self.system}.{name}"] for name in self.objectives]
        return None if None in values or row["status"] != "done" else values

    def _violations(self, row):
        violations = [each.violation(row[f"{self.system}.{each.metric}"]) for each in self.constraints]
        if self.loss:
            # A combination missing from the table violates the limit more than any in the table.
            bound = Constraint("loss", "<=", self.loss_limit)
            violations.append(bound.violation(row["loss"]) if row["loss"] is not None else 1e9)
        return violations
