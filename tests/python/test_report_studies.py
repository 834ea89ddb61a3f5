# SPDX-License-Identifier: Apache-2.0
"""Comparisons, sweeps and explorations in pages and figures: bars with their means, a line for each combination, the base."""

import json
import math
import re

import pytest
from report_browser import Page
from report_inputs import call, loaded, script

from anda_sim.figures.style import Figures
from anda_sim.reports.bars import plot_comparison
from anda_sim.reports.look import Look
from anda_sim.sweeps.lines import line_keys, lines
from anda_sim.sweeps.plot import plot_sweep

SPEEDUPS = {"OPT-1.3B": (1.0, 2.0, 4.0), "OPT-2.7B": (1.0, 8.0, 9.0)}
SYSTEMS = ["fp-fp", "figna", "anda"]


def system(name, ratio):
    return {"name": name, "cycles": 100, "time_s": 1 / ratio, "effective_tops": 1.0, "area_mm2": 1.0, "tops_per_mm2": 1.0,
            "energy_compute_pj": 1.0, "energy_sram_pj": 1.0, "energy_dram_pj": 1.0, "energy_total_pj": 3.0,
            **ratios(ratio)}


def ratios(ratio):
    return {"speedup": ratio, "area_efficiency": ratio + 1, "energy_efficiency": ratio + 2,
            "energy_share": {"compute": 0.5 / ratio, "sram": 0.25 / ratio, "dram": 0.25 / ratio, "total": 1 / ratio}}


def geometric(place):
    return math.prod(row[place] for row in SPEEDUPS.values()) ** (1 / len(SPEEDUPS))


@pytest.fixture
def compared(tmp_path):
    sha = "0" * 64
    document = {"schema_version": 1, "name": "Two models", "tool_version": "1", "level": "fast", "technology_sha256": sha, "config_sha256": sha,
                "baseline": "fp-fp", "notes": ["a note"],
                "models": [{"name": model, "workload": f"{model}, prefill", "trace_sha256": sha,
                            "systems": [system(*pair) for pair in zip(SYSTEMS, row)]} for model, row in SPEEDUPS.items()],
                "means": [{"name": name, **ratios(geometric(place))} for place, name in enumerate(SYSTEMS)]}
    (tmp_path / "compare.json").write_text(json.dumps(document))
    return tmp_path


def test_a_comparison_begins_with_bars_for_models_and_their_means(browser, compared):
    assert script("report", compared, "-o", compared / "report.html").returncode == 0
    page = Page(browser, compared / "report.html")
    assert page.text("h1") == ["Two models: 3 systems on 2 models"]
    assert page.text("main h2") == ["Systems on models", "Points"]
    traces = page.traces("c-compared")
    assert [trace["name"] for trace in traces] == SYSTEMS
    for place, trace in enumerate(traces):
        assert trace["x"] == ["OPT-1.3B", "OPT-2.7B", "<b>mean</b>"]
        assert trace["y"] == pytest.approx([*(row[place] for row in SPEEDUPS.values()), geometric(place)])
    page.choose("compared-metric", "energy_efficiency")
    assert page.traces("c-compared")[1]["y"][:2] == [4, 10]
    page.choose("compared-metric", "energy")
    parts = page.traces("c-compared")
    assert [part["name"] for part in parts] == ["compute", "SRAM", "DRAM"]
    assert [sum(part["x"][place] for part in parts) for place in range(3)] == pytest.approx([100 / geometric(place) for place in range(3)])
    first = page.run("return [...document.querySelector('#compared-table tbody').rows].slice(0, 3).map((r) => [...r.cells].map((c) => c.textContent))")
    assert [row[:3] for row in first] == [["mean", name, f"{geometric(place):.3f}×"] for place, name in enumerate(SYSTEMS)]
    assert "a note" in "".join(page.text("#compared-notes p")) and page.errors() == []


def test_a_figure_of_a_comparison_has_the_same_bars(compared, capsys):
    out = compared / "figure.svg"
    assert call("plot", compared, "--kind", "compare", "-o", out, capsys=capsys) == (0, "")
    assert "improvement over fp-fp; mean: geometric" in out.read_text()
    table = loaded(compared)

    def heights(look):
        figure = plot_comparison(Figures, table.comparison, look)
        assert len(figure.axes) == 3
        return [[bar.get_height() for bar in bars] for bars in figure.axes[0].containers], figure

    assert heights(Look())[0] == [pytest.approx([*(row[place] for row in SPEEDUPS.values()), geometric(place)]) for place in range(3)]
    chosen, figure = heights(Look(systems=["anda", "figna"], labels={"anda": "Ours"}, hatches=True, values=True))
    assert chosen == [pytest.approx([4, 9, 6]), pytest.approx([2, 8, 4])]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Ours", "figna"]
    assert [bars[0].get_hatch() for bars in figure.axes[0].containers] == ["", "////"]
    assert {"4.00", "9.00", "6.00"} <= {text.get_text() for text in figure.axes[0].texts}


def test_systems_of_a_comparison_that_differ_by_model_are_refused(compared, capsys):
    document = json.loads((compared / "compare.json").read_text())
    document["models"][1]["systems"].pop()
    (compared / "compare.json").write_text(json.dumps(document))
    status, message = call("plot", compared, "--kind", "compare", "-o", compared / "x.svg", capsys=capsys)
    assert status == 2 and "the systems of OPT-2.7B are not those of the means" in message


@pytest.mark.parametrize("options, fragment", [
    (["--systems", "anda,fignaa"], "--systems fignaa: Two models has no such system; there are fp-fp, figna, anda; did you mean `figna`?"),
    (["--systems", "anda,anda"], "is not a list of different systems"),
    (["--label", "gpu=GPU"], "--label gpu=…: there is no such system here"),
    (["--label", "anda"], "is not SYSTEM=TEXT"),
    (["--width", "0.5"], "is not column, page or a number of inches from 1 to 40"),
    (["--font", "No such font"], "--font No such font: is not installed; there are serif"),
    (["--font-size", "tall"], "is not a number of points"),
    (["--kind", "pareto", "--systems", "anda"], "--systems and --label go with runs and comparisons"),
])
def test_wrong_looks_are_refused(compared, options, fragment, capsys):
    status, message = call("plot", compared, "--kind", "compare", *options, "-o", compared / "x.svg", capsys=capsys)
    assert status == 2 and fragment in message and not (compared / "x.svg").exists()


def test_width_and_font_of_a_figure(compared, capsys):
    out = compared / "figure.pdf"
    for options, inches in ([], 3.3), (["--width", "page"], 7), (["--width", "5", "--height", "4"], 5):
        assert call("plot", compared, "--kind", "compare", *options, "-o", out, capsys=capsys) == (0, "")
        assert float(re.findall(rb"/MediaBox \[ 0 0 ([0-9.]+) ", out.read_bytes())[0]) == pytest.approx(72 * inches)
    svg = compared / "figure.svg"
    assert call("plot", compared, "--kind", "compare", "--font", "serif", "--font-size", "15", "-o", svg, capsys=capsys) == (0, "")
    sizes = {float(size) for size in re.findall(r"font: ([0-9.]+)px", svg.read_text())}
    assert min(sizes) >= 14 and "DejaVu Serif" in svg.read_text() and "'DejaVu Sans'" not in svg.read_text()


# --- sweeps ---

KEYS = ["rows", "columns", "tiling"]
ROWS = [{"point": n, "status": "done", "error": "", "rows": rows, "columns": columns, "tiling": tiling, "linked": 2 * rows, "half": columns // 2,
         "anda.time_s": 100 / rows / columns + (tiling == "auto"), "anda.energy_total_pj": 1e12 * rows}
        for n, (tiling, rows, columns) in enumerate((t, r, c) for t in ("paper", "auto") for r in (8, 16, 32) for c in (8, 16))]
COLUMNS = ["point", "status", "error", *KEYS, "anda.time_s", "anda.energy_total_pj"]


def test_each_line_of_a_sweep_is_one_combination_of_the_other_parameters():
    assert line_keys(ROWS, KEYS, "rows") == ["columns", "tiling"]
    assert line_keys(ROWS, KEYS, "rows", "tiling") == ["tiling", "columns"]
    assert line_keys(ROWS, [*KEYS, "linked", "half"], "rows") == ["columns", "tiling"], "linked parameters follow from others"
    assert line_keys(ROWS[:1], KEYS, "rows") == []
    figure = plot_sweep(ROWS, COLUMNS, KEYS)
    for panel in figure.axes:
        drawn = panel.get_lines()
        assert len(drawn) == 4
        for line in drawn:
            across = list(line.get_xdata())
            assert across == sorted(set(across)) == [8, 16, 32], "no zig-zag"
        assert len({(line.get_color(), line.get_linestyle()) for line in drawn}) == 4
    assert [panel.get_ylabel() for panel in figure.axes] == ["anda: time (s)", "anda: energy total (J)"]
    labels = [text.get_text() for text in figure.axes[-1].get_legend().get_texts()]
    assert labels == ["columns 8, tiling paper", "columns 16, tiling paper", "columns 8, tiling auto", "columns 16, tiling auto"]
    for place, rows in enumerate(lines(ROWS, ["columns", "tiling"]).values()):
        assert list(figure.axes[0].get_lines()[place].get_ydata()) == [ROWS[row]["anda.time_s"] for row in rows]


def test_a_page_of_a_sweep_has_a_line_for_each_combination(browser, tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("\n".join([",".join(COLUMNS), *(",".join(str(row[name]) for name in COLUMNS) for row in ROWS)]) + "\n")
    assert script("report", path, "-o", tmp_path / "report.html").returncode == 0
    page = Page(browser, tmp_path / "report.html", width=700)
    assert page.text("h1") == [f"{tmp_path.name}: sweep of rows, columns, tiling"]
    traces = page.traces("c-lines")
    assert [trace["name"] for trace in traces] == [f"columns {columns}, tiling {tiling}" for tiling in ("paper", "auto") for columns in (8, 16)]
    assert all(trace["x"] == [8, 16, 32] for trace in traces)
    assert traces[0]["y"] == pytest.approx([row["anda.time_s"] for row in ROWS if (row["columns"], row["tiling"]) == (8, "paper")])
    assert "A result of anda over a parameter" in page.text("#lines-caption")[0]
    page.choose("lines-x", "tiling")
    assert len(page.traces("c-lines")) == 6
    # What is wider than the window says so, until it is scrolled.
    hints = "return [...document.querySelectorAll('#points-table .wider')].map((e) => e.hidden)"
    page.resize(390, 900)
    assert page.run(hints) == [False] and page.errors() == []
    page.resize(1600, 900)
    assert page.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
    assert page.run(hints) == [True]


@pytest.mark.parametrize("values, offered", [([1, 10, 100], True), ([0, 10, 100], False), ([-1, 1, 2], False)])
def test_logarithms_never_leave_a_chart_empty(browser, tmp_path, values, offered):
    path = tmp_path / "results.csv"
    path.write_text("point,status,error,rows,anda.time_s,anda.energy_total_pj\n"
                    + "".join(f"{n},done,,{value},{n + 1},{1e12 * value}\n" for n, value in enumerate(values)))
    assert script("report", path, "-o", tmp_path / "report.html").returncode == 0
    page = Page(browser, tmp_path / "report.html")
    for chart, control, select, column in (("c-scatter", "sweep-y-log", "sweep-y", "anda.energy_total_pj"),
                                           ("c-lines", "lines-x-log", "lines-x", "rows")):
        page.choose(select, column)
        assert page.run("return document.getElementById(arguments[0]).disabled", control) == (not offered)
        page.choose(control, True)  # even if a reader had it checked before
        axis = "y" if chart == "c-scatter" else "x"
        assert page.run("return document.getElementById(arguments[0]).layout[arguments[1] + 'axis'].type === 'log'", chart, axis) == offered
        assert page.count(f"#{chart} .scatterlayer .points path") >= 3
    assert page.errors() == []


def test_the_base_of_an_exploration_is_marked(browser, tmp_path, capsys):
    head = "point,status,error,rows,anda.time_s,anda.energy_total_pj,loss,feasible\n"
    (tmp_path / "results.csv").write_text(head + "0,done,,8,1,1e12,0,1\n1,done,,16,2,5e11,0,1\n")
    (tmp_path / "base.csv").write_text(head + "0,done,,12,1.5,8e11,0,1\n")
    assert script("report", tmp_path, "-o", tmp_path / "report.html").returncode == 0
    page = Page(browser, tmp_path / "report.html")
    (base,) = [trace for trace in page.traces("c-scatter") if trace["name"] == "base"]
    assert (base["x"], base["y"]) == ([1.5], pytest.approx([0.8]))
    assert page.run("return document.getElementById('lines-part').hidden") is True
    out = tmp_path / "front.svg"
    assert call("plot", tmp_path, "--kind", "pareto", "-o", out, capsys=capsys) == (0, "")
    assert ">base<" in out.read_text()
    # Of other columns, as left by an exploration of other parameters.
    (tmp_path / "base.csv").write_text("point,status\n0,done\n")
    assert loaded(tmp_path).base is None
