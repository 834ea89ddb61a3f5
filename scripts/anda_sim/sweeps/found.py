# SPDX-License-Identifier: Apache-2.0
"""Results of a search: its front as a table, DataFrame and picture."""

from anda_sim import html
from anda_sim.common.table import print_table
from anda_sim.figures.pareto import pareto_front

from .sweep import cell


class Found:
    """The result of a search: `rows` of all trials, `front`, and `reference`, the row of the base."""

    def __init__(self, exploration, folder, columns, rows):
        self.exploration, self.folder, self.columns, self.rows = exploration, folder, columns, rows
        self.reference = exploration.reference
        self.objectives = [f"{exploration.system}.{name}" for name in exploration.objectives]

    @property
    def front(self):
        """Rows of the Pareto front, sorted by the first objective."""
        return pareto_front([row for row in self.rows if row["feasible"]], self.objectives)

    def frame(self):
        """All trials as a pandas DataFrame."""
        import pandas
        return pandas.DataFrame(self.rows, columns=self.columns)

    def table(self):
        """(head, rows) of the front for readers: each point with its numbers, absolute and relative to the base."""
        keys, names = self.exploration.sweep.file.keys, self.exploration.objectives
        shown = [*self.objectives, *(f"{self.exploration.system}.{each.metric}" for each in self.exploration.constraints
                                     if each.metric not in names)]
        short = [".".join(key.split(".")[-2:]) for key in keys]
        head = ["point", *short, *(name.split(".", 1)[1] for name in shown), *(f"{name} / base" for name in names)]
        table = [["base", *(str(cell(self.exploration.of_base(key))) for key in keys), *(f"{self.reference[name]:.5g}" for name in shown),
                  *("1" for _ in names)]]
        for row in self.front:
            table.append([str(row["point"]), *(str(row[key]) for key in keys), *(f"{row[name]:.5g}" for name in shown),
                          *(f"{row[name] / self.reference[name]:.3f}" if self.reference[name] else "" for name in self.objectives)])
        return head, table

    def print(self):
        """Prints the table of the front."""
        print_table(*self.table())
        feasible = sum(row["feasible"] for row in self.rows)
        print(f"{len(self.front)} on the front, {feasible} of {len(self.rows)} trials meet the constraints")

    def front_frame(self):
        """The Pareto front as a pandas DataFrame."""
        import pandas
        return pandas.DataFrame(self.front, columns=self.columns)

    def plot(self):
        """The Picture of trials, front and base: axes show the first two objectives, colour a third."""
        from anda_sim.picture import Picture

        from .plot import plot_front
        return Picture(lambda: plot_front(self))

    def _repr_html_(self):
        return html.table("Pareto front", *self.table())
