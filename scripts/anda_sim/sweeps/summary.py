# SPDX-License-Identifier: Apache-2.0
"""The best points of a sweep, printed at its end."""

from anda_sim.figures.units import more_is_better, scaled
from anda_sim.metrics import EDP

from .plot import systems_of

# Criteria for best points, as far as the sweep has these numbers.
_WANTED = ("time_s", "energy_total_pj", EDP, "tops_per_mm2", "goodput_per_s", "first_token_p99_s", "energy_per_output_token_j")


def best_points(result):
    """(head, rows) of a table of the last system's best point for each criterion, or None if no point has a number."""
    done = [row for row in result.rows if row["status"] == "done"]
    systems = systems_of(result.columns, result.parameters)
    if not done or not systems:
        return None
    system = systems[-1]
    rows = []
    for name in _WANTED:
        column = f"{system}.{name}"
        known = [row for row in done if column in row and row[column] is not None]
        if not known:
            continue
        best = (max if more_is_better(name) else min)(known, key=lambda row: row[column])
        (value,), label = scaled(name, [best[column]])
        rows.append([label, f"{value:.4g}", str(best["point"]), *(str(best[key]) for key in result.parameters)])
    head = [f"best of {len(done)}, {system}", "", "point", *(".".join(key.split(".")[-2:]) for key in result.parameters)]
    return head, rows
