# SPDX-License-Identifier: Apache-2.0
"""A request server as Python objects, and the function that simulates one."""

import io
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

from . import html
from .by_system import BySystem
from .common import schema, strict_json
from .common.errors import InputError
from .configuration import Config, ConfigLike, config_of
from .metrics import ServeMetrics
from .progress import watched
from .simulator import PathLike

# Columns of a server's table after the name of the system.
_SHOWN = ("requests_per_s", "goodput_per_s", "output_tokens_per_s", "first_token_p50_s", "first_token_p99_s", "per_token_p50_s",
          "latency_p50_s", "busy_share", "energy_per_output_token_j")


class ServedSystem:
    """One system's results for the requests. Every number of docs/serving.md is an attribute: first_token_p99_s, goodput_per_s,
    energy_per_output_token_j. A number that does not apply is None. `data` is its part of serve.json; `requests` are its rows of
    requests.csv, sorted by request."""

    name: str
    makespan_s: float
    requests_per_s: float
    goodput_per_s: float
    good_share: float
    output_tokens_per_s: float
    mean_batch: float
    busy_share: float
    link_share: float
    energy_total_j: float
    energy_per_output_token_j: float

    def __init__(self, data: Mapping[str, Any], numbers: Mapping[str, Any], requests: Any) -> None:
        self.name, self.data, self.requests = data["name"], data, requests
        self.numbers: Dict[str, Any] = dict(numbers)
        for name, value in self.numbers.items():
            setattr(self, name, value)

    def series(self) -> Any:
        """A DataFrame of means over intervals: running, waiting, blocks, busy_share, link_share. The index is the end of each
        interval in seconds."""
        import pandas

        parts = dict(self.data["series"])
        interval = parts.pop("interval_s")
        frame = pandas.DataFrame(parts)
        frame.index = pandas.Index([interval * (place + 1) for place in range(len(frame))], name="time_s")
        return frame

    def __repr__(self) -> str:
        return f"<ServedSystem {self.name}: {html.number(self.requests_per_s)} requests/s>"


class Served(BySystem[ServedSystem]):
    """The result of `anda-sim serve`: `systems` by name. It has the attributes of its last system.

    config -- the Config; report -- all of serve.json; requests -- DataFrame with a row for each request and system, as in
    requests.csv; cluster -- accelerators, replicas, tensor, pipeline, expert, limits; folder -- the results folder, None if not
    kept."""

    _kind = "server"

    def __init__(self, config: Config, report: Mapping[str, Any], requests: Any, folder: Optional[Path]) -> None:
        self.config, self.report, self.requests, self.folder = config, report, requests, folder
        self.name = str(report["name"])
        numbers = ServeMetrics().numbers(report)
        self.systems = {}
        for data in report["systems"]:
            own = requests[requests["system"] == data["name"]].sort_values("request").reset_index(drop=True)
            self.systems[data["name"]] = ServedSystem(data, numbers[data["name"]], own)

    @property
    def notes(self) -> List[str]:
        return list(self.report["notes"])

    @property
    def cluster(self) -> Dict[str, Any]:
        return dict(self.report["cluster"])

    def _repr_html_(self) -> str:
        return (html.table(f"{self.name}: {self.report['workload']}", ["system", *_SHOWN], self._rows(_SHOWN)) + html.notes(self.notes)
                + html.details("effective configuration", self.config.text))


def serve(config: ConfigLike = None, *, out: Optional[PathLike] = None, cache: Optional[PathLike] = None, progress: bool = True,
          program: Optional[PathLike] = None, **keys: Any) -> Served:
    """Simulates a request server and returns a Served.

    config -- a Config, a file such as "serving/llama-3-8b.yaml", a map of keys, or nothing for the defaults; keys -- keys to change,
    as for Config(): serve(file, serving={"requests": {"rate_per_s": 0.1}}, system={"accelerators": 8}). out -- a folder for
    serve.json, requests.csv and config.yaml; by default nothing is kept. cache -- a folder of simulated GeMMs to reuse and
    extend. progress -- show progress. Raises InputError or RunError."""
    import pandas

    made = config_of(config, keys, program)
    with tempfile.TemporaryDirectory(prefix="anda-sim-") as temporary:
        folder = Path(temporary if out is None else os.path.realpath(out))
        file = Path(temporary) / "server.yaml"
        file.write_text(made.text, encoding="utf-8")
        options: List[Any] = ["--cache", os.path.realpath(cache)] if cache is not None else []
        try:
            watched(made.simulator, ["serve", file, "--out", folder, "--quiet", *options], made.name, progress)
        except InputError as error:
            # The effective configuration is in a temporary file that users do not know.
            named = str(made.file or "the configuration")
            raise InputError(*(line.replace(str(file), named) for line in error.args)) from None
        report = strict_json.load(folder / "serve.json")
        schema.check(folder / "serve.json", report, schema.named("serve"), "a serve.json of anda-sim serve")
        text = (folder / "requests.csv").read_text(encoding="utf-8")
        requests = pandas.read_csv(io.StringIO(text), float_precision="round_trip", na_values=["n/a"], dtype={"system": str})
        return Served(made, report, requests, None if out is None else folder)
