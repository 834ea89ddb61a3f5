# SPDX-License-Identifier: Apache-2.0
"""Reads and validates results of anda-sim serve for scripts/report, and selects the data of the page."""

from pathlib import Path

from anda_sim.common import schema
from anda_sim.common.errors import InputError
from anda_sim.metrics import ServeMetrics

SCHEMA_VERSION = 1
LATENCIES = {
    "first_token": "to the first token",
    "per_token": "per further token",
    "latency": "to the last token",
    "queueing": "to admission",
}
PERCENTILES = {"p50": "50 %", "p90": "90 %", "p95": "95 %", "p99": "99 %", "most": "longest"}


class Server:
    """A serve.json: `report`, `config` the text of config.yaml or None, `label` its name among others."""

    def __init__(self, file, report):
        self.file, self.report, self.label = Path(file), report, report["name"]
        config = self.file.parent / "config.yaml"
        self.config = config.read_text(encoding="utf-8", errors="replace") if config.is_file() else None

    @property
    def systems(self):
        return self.report["systems"]


def load_server(file, report):
    """The Server of a serve.json of the supported layout (docs/serve.schema.json)."""
    version = report.get("schema_version") if isinstance(report, dict) else None
    if type(version) is int and version != SCHEMA_VERSION:
        raise InputError(
            f"{file}: schema_version is {version}, this script reads {SCHEMA_VERSION}: "
            "simulate again, or use the scripts of the version that made it"
        )
    schema.check(file, report, schema.named("serve"), "a serve.json of anda-sim serve")
    for system in report["systems"]:
        if len({len(part) for part in system["series"].values() if isinstance(part, list)}) != 1:
            raise InputError(f"{file}: the series of {system['name']} have different lengths")
    return Server(file, report)


def name_servers(servers):
    """Makes the names of servers unique, by their folders."""
    folders = [server.file.absolute().parent.name for server in servers]
    labels = [server.label for server in servers]
    for place, server in enumerate(servers):
        if labels.count(server.label) > 1:
            server.label = folders[place] if folders.count(folders[place]) == 1 else f"{server.label} ({place + 1})"


def server_data(server):
    """The data of a server for the page."""
    report = server.report
    numbers = ServeMetrics().numbers(report)
    return {
        "label": server.label,
        "workload": report["workload"],
        "level": report["level"],
        "notes": report["notes"],
        "config": server.config,
        "requests": report["requests"],
        "cluster": report["cluster"],
        "systems": [
            {
                "name": system["name"],
                "numbers": numbers[system["name"]],
                "blocks": system["cache"]["blocks"],
                "series": system["series"],
            }
            for system in server.systems
        ],
    }
