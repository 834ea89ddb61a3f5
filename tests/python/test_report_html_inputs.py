# SPDX-License-Identifier: Apache-2.0
"""scripts/report: pages of several runs, of sweeps and of strange names, and refused input."""

import json
import shutil

import pytest
from report_browser import Page
from report_inputs import SWEEP, WRONG, call, make_run, report_of, script

HOSTILE = "</script><script>window.broken=1</script><img src=x onerror=window.broken=1> & é"


def test_several_runs_stay_apart(files, browser):
    page = Page(browser, files["two"])
    assert page.text("#cards h3") == ["first · fp-fp", "first · anda", "wide · fp-fp", "wide · anda"]
    assert page.count("#setups summary") == 4
    # Every system of the area chart has its name, wherever there is space.
    named = {text for text in page.text("#c-area .slicetext") if "-fp:" in text or "anda:" in text}
    assert len(named) == 4 and sum(text.startswith("wide") for text in named) == 2, named
    assert "rows: 32" in page.text("#setups pre")[1] and "rows: 32" not in page.text("#setups pre")[0]
    assert "technology.mxu: " in "".join(page.text("#setups li"))


def test_a_sweep_has_its_front_and_omits_failed_points(files, browser):
    from anda_sim.figures.pareto import front_indices

    page = Page(browser, files["sweep"])
    assert "16 points, 1 not finished" in page.text("#sweep-note")[0]
    assert page.count("#points-table tbody tr") == 16
    rows = [line.split(",") for line in SWEEP.splitlines()[1:]]
    done = [(float(row[5]), float(row[6])) for row in rows if row[1] == "done"]
    expected = sorted(done[i] for i in front_indices(done))
    points, front = page.traces("c-scatter")
    assert (
        len(points["x"]) == 15 and front["name"] == f"Pareto front, {len(expected)} points" and 2 < len(expected) < 15
    )
    drawn = sorted(zip(front["x"], front["y"]))
    assert [x for x, _ in drawn] == pytest.approx([x for x, _ in expected])
    assert [y for _, y in drawn] == pytest.approx([y * 1e-12 for _, y in expected])
    # More TOPS/W is better, so the front changes sides.
    page.choose("sweep-y", "anda.tops_per_w")
    assert "and more of the vertical one is better" in page.text("#scatter-caption")[0]
    page.choose("sweep-colour", "tiling")
    assert [trace["name"] for trace in page.traces("c-scatter")][:2] == ["paper", "auto"]
    page.choose("sweep-front", False)
    assert len(page.traces("c-scatter")) == 2
    page.choose("sweep-x", "tiling")
    assert page.errors() == []


def test_an_exploration_has_the_front_of_its_feasible_points(browser, tmp_path):
    path = tmp_path / "results.csv"
    path.write_text(
        "point,status,error,rows,tiling,anda.time_s,anda.energy_total_pj,loss,feasible\n"
        "0,done,,8,paper,1,1e12,,0\n1,done,,16,auto,2,3e12,0.5,1\n2,done,,32,auto,3,2e12,0.5,1\n"
        "3,failed,no,64,auto,,,0.5,0\n4,done,,64,paper,90,4e12,0.5,1\n"
    )
    assert script("report", path, "-o", tmp_path / "report.html").returncode == 0
    page = Page(browser, tmp_path / "report.html")
    assert "5 points, 1 not finished, see the table; 1 breaks a constraint" in page.text("#sweep-note")[0]
    for colour in ("rows", "tiling", ""):
        page.choose("sweep-colour", colour)
        traces = {trace["name"]: trace for trace in page.traces("c-scatter")}
        assert (traces["breaks a constraint"]["x"], traces["breaks a constraint"]["y"]) == ([1], [1])
        front = traces["Pareto front, 2 points"]
        assert (front["x"], front["y"]) == ([2, 3], [3, 2])
        assert sorted(x for name, trace in traces.items() if "front" not in name for x in trace["x"]) == [1, 2, 3, 90]
    # Times that differ by a factor of 90 are on a logarithmic axis, energies are not.
    assert page.run("return ['sweep-x-log', 'sweep-y-log'].map((id) => document.getElementById(id).checked)") == [True, False]
    page.choose("sweep-y-log", True)
    assert page.errors() == []


def test_many_values_times_and_empty_columns_of_a_table(browser, tmp_path):
    path = tmp_path / "models.csv"
    names = [f"model {i}" for i in range(30)]
    path.write_text("point,status,error,model,rows,time_s,bops\n" + "".join(
        f"{i},done,,{name},{4 << i % 3},{0.5 * 3 ** i % 5000},{1e12 + i}\n" for i, name in enumerate(names)))
    assert script("report", path, "-o", tmp_path / "report.html").returncode == 0
    page = Page(browser, tmp_path / "report.html")
    page.choose("sweep-colour", "model")
    marks = page.run(
        "return document.getElementById('c-scatter').data.filter((t) => t.marker && t.name.startsWith('model'))"
        ".map((t) => t.marker.color + t.marker.symbol)"
    )
    assert len(marks) == len(set(marks)) == 30, "each value has a mark of its own"
    heads = [head.strip() for head in page.text("#points-table th")]
    assert heads == ["point", "status", "model", "rows", "time", "bit operations"], "errors are left out: there are none"
    times = [line[4] for line in page.run(
        "return [...document.querySelectorAll('#points-table tbody tr')].map((r) => [...r.children].map((c) => c.textContent))")]
    assert times[0] == "500 ms" and times[7] == "1094 s", "seconds, not kiloseconds"
    # A parameter with few values has its ticks at these.
    page.choose("sweep-colour", "rows")
    dimensions = page.run(
        "return document.getElementById('c-parallel').data[0].dimensions.map((d) => [d.label, Array.from(d.tickvals || [])])"
    )
    assert ["rows", [4, 8, 16]] in dimensions
    # The arrow of a heading stays next to its last word.
    assert page.run(
        "return [...document.querySelectorAll('th button span')].every("
        "(s) => new Set([...s.getClientRects()].map((r) => r.top)).size === 1)"
    )
    assert page.errors() == []


def test_names_of_any_kind_are_text(browser, tmp_path):
    trace = 'name,layer,tensor,m,k,n\n"' + HOSTILE + '",0,A_qkv,16,64,64\n'
    folder = make_run(
        tmp_path / "run", trace=trace, config=f"name: {json.dumps(HOSTILE)}\nworkload: {{trace: trace.csv}}\n"
    )
    (folder / "t.csv").write_text('x,"y</script>\n<script>window.broken=1</script>"\n1,2\n3,"4"\n')
    result = script("report", folder, folder / "t.csv", "-o", tmp_path / "report.html")
    assert result.returncode == 0, result.stderr
    page = Page(browser, tmp_path / "report.html")
    assert page.errors() == []
    assert page.run("return window.broken") is None
    assert page.text("h1")[0].startswith("</script>")
    assert "<img src=x" in page.text("#ops-table tbody td")[1]


LINK = '<a href="http://evil.example/">click</a>'


def test_names_are_neither_links_nor_control_characters(browser, tmp_path):
    folder = make_run(tmp_path / "run")
    report = report_of(folder)
    report["run"].update(name=f"{LINK}\x1b]0;owned\x07", workload="\u202e%{x}")
    for i, system in enumerate(report["systems"]):
        system.update(name=f"{LINK} {i}")
        for row in [*system["ops"], *system["tensors"]]:
            row["tensor"] = LINK
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "t.csv").write_text(
        "".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\n" for row in (
            [LINK, "constructor", "time_s"], [LINK, "1", "2"], ["%{x}", "2", "3"], ["2020-01-01", "3", "4"])))
    result = script("report", folder, folder / "t.csv", "-o", tmp_path / "report.html")
    assert result.returncode == 0, result.stderr
    page = Page(browser, tmp_path / "report.html")
    assert page.errors() == []
    assert page.count("svg a") == 0 and page.count("a[href*=evil]") == 0
    assert page.run("return [...document.querySelectorAll('svg text')].some((text) => text.textContent.includes(arguments[0]))", LINK)
    assert page.run("return /[\\x00-\\x08\\x0b-\\x1f\\u202e]/.test(document.body.innerText)") is False


def test_a_long_workload_stays_small(browser, tmp_path):
    trace = "name,layer,tensor,m,k,n\n" + "".join(
        f"op{i},{i // 7},A_qkv,{16 * (1 + i % 3)},64,64\n" for i in range(6000)
    )
    folder = make_run(tmp_path / "run", trace=trace)
    result = script("report", folder, "-o", tmp_path / "report.html")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "report.html").stat().st_size < 6_000_000
    page = Page(browser, tmp_path / "report.html")
    assert "More than 5000 GeMMs" in page.text("#ops-table")[0]
    assert page.count("#kinds-table tbody tr") == 6
    assert page.errors() == []


def test_same_results_same_bytes(files, runs, tmp_path):
    assert script("report", runs / "first", "-o", tmp_path / "again.html").returncode == 0
    assert (tmp_path / "again.html").read_bytes() == files["one"].read_bytes()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_inputs_are_refused_and_change_no_file(runs, tmp_path, name, capsys):
    make, fragment = WRONG[name]
    folder = tmp_path / "run"
    shutil.copytree(runs / "wide", folder)
    out = tmp_path / "report.html"
    out.write_text("older")
    status, message = call("report", make(folder), "-o", out, capsys=capsys)
    assert status == 2 and fragment in message and str(folder) in message
    assert out.read_text() == "older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "run"]


def test_a_folder_that_cannot_be_written_and_plotly_that_is_missing(runs, tmp_path, capsys, monkeypatch):
    (tmp_path / "file").touch()
    status, message = call("report", runs / "wide", "-o", tmp_path / "file" / "report.html", capsys=capsys)
    assert status == 1 and "file: File exists" in message
    assert call("report", runs / "wide", "-o", tmp_path / "new" / "report.html", capsys=capsys) == (0, "")
    monkeypatch.setattr("anda_sim.reports.plotly.FILE", tmp_path / "plotly.js")
    status, message = call("report", runs / "wide", "-o", tmp_path / "report.html", capsys=capsys)
    assert status == 1 and "scripts/install_dependencies reports" in message
    assert not (tmp_path / "report.html").exists()
