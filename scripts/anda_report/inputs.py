# SPDX-License-Identifier: Apache-2.0
"""What the arguments of the scripts name."""

from pathlib import Path

from .errors import InputError
from .runs import load_run, name_runs
from .tables import load_table


def load(paths):
    """(runs, tables) of folders of runs or sweeps, report.json and CSV files, in their order."""
    runs, tables = [], []
    for text in paths:
        path = Path(text)
        if not path.exists():
            raise InputError(f"{path}: there is no such file or folder")
        if path.is_dir():
            if (path / "report.json").is_file():
                runs.append(load_run(path))
            elif (path / "results.csv").is_file():
                tables.append(load_table(path))
            else:
                raise InputError(f"{path}: has neither report.json (of anda-sim run) nor results.csv (of a sweep)")
        elif path.suffix == ".csv":
            tables.append(load_table(path))
        elif path.suffix == ".json":
            runs.append(load_run(path))
        else:
            raise InputError(f"{path}: must be a folder with report.json or results.csv, or such a file")
    name_runs(runs)
    return runs, tables
