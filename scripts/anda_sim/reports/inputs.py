# SPDX-License-Identifier: Apache-2.0
"""Loads the results named by the scripts' arguments."""

from pathlib import Path

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError
from anda_sim.metrics import ServeMetrics

from .runs import load_run, name_runs
from .servers import load_server, name_servers
from .tables import from_dicts, load_comparison, load_search, load_table

# Files that identify the kind of a results folder.
RESULTS = ("report.json", "results.csv", "compare.json", "search.json", "serve.json")


def file_of(path):
    """The file of a results folder, or the named file itself."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder")
    if path.is_dir():
        found = next((path / name for name in RESULTS if (path / name).is_file()), None)
        if found is None:
            raise InputError(
                f"{path}: has neither report.json (of anda-sim run), results.csv (of a sweep or an exploration), "
                "compare.json, search.json nor serve.json"
            )
        return found
    if path.suffix not in (".csv", ".sqlite", ".json"):
        raise InputError(f"{path}: must be a folder of results, or a .json, .csv or .sqlite file of them")
    return path


def load_all(paths):
    """(runs, tables, servers) of the named results, in order."""
    runs, tables, servers = [], [], []
    for path in paths:
        file = file_of(Path(path))
        if file.suffix != ".json":
            tables.append(load_table(file))
            continue
        document = strict_json.load(file)
        # Each kind has parts that the others lack.
        if isinstance(document, dict) and "models" in document:
            tables.append(load_comparison(file, document))
        elif isinstance(document, dict) and "front" in document:
            tables.append(load_search(file, document))
        elif isinstance(document, dict) and "cluster" in document:
            servers.append(load_server(file, document))
        else:
            runs.append(load_run(file, document))
    name_runs(runs)
    name_servers(servers)
    return runs, tables, servers


def load(paths):
    """(runs, tables) of the named results, in order. Servers become one table, with a row for each server and system."""
    runs, tables, servers = load_all(paths)
    rows = [
        {"server": server.label, "system": name, **values}
        for server in servers
        for name, values in ServeMetrics().numbers(server.report).items()
    ]
    return runs, [*tables, *([from_dicts(servers[0].file, rows, ("server", "system", "first_token_p99_s"))] if rows else [])]
