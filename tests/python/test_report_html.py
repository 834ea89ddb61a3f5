# SPDX-License-Identifier: Apache-2.0
"""scripts/report: the page in a headless browser (Debian's chromium), and refused input."""

import json
import re
import shutil
from pathlib import Path

import pytest
from report_inputs import SWEEP, WRONG, call, make_run, report_of, script
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

HOSTILE = "</script><script>window.broken=1</script><img src=x onerror=window.broken=1> & é"
SWITCHES = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder / "first", "--timeline", folder / "timeline.json")
    shutil.move(folder / "timeline.json", folder / "first" / "timeline.json")
    make_run(folder / "wide", "--set", "accelerator.mxu.rows=32")
    (folder / "sweep").mkdir()
    (folder / "sweep" / "results.csv").write_text(SWEEP)
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = Options()
    for switch in [*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


class Page:
    """A page opened in a window of some size, in light or dark."""

    def __init__(self, browser, path, width=1280, height=900, scheme="light"):
        self.browser = browser
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        self.resize(width, height)
        browser.get_log("browser")
        browser.get(Path(path).as_uri())
        WebDriverWait(browser, 60).until(
            lambda driver: driver.execute_script("return document.documentElement.dataset.ready === 'true'")
        )

    def resize(self, width, height):
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700},
        )

    def run(self, script, *args):
        return self.browser.execute_script(script, *args)

    def errors(self):
        return [entry for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]

    def traces(self, chart):
        """name and numbers of the bars of a chart, as drawn."""
        return self.run(
            "const list = (values) => Array.from(values || []);"
            "const traces = document.getElementById(arguments[0]).data;"
            "return traces.map((t) => ({name: t.name, x: list(t.x), y: list(t.y)}))",
            chart,
        )

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def choose(self, control, value):
        self.run(
            "const c = document.getElementById(arguments[0]);"
            "c[c.type === 'checkbox' ? 'checked' : 'value'] = arguments[1];"
            "c.dispatchEvent(new Event('change', {bubbles: true}));",
            control,
            value,
        )

    def text(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)

    def style(self, selector, name):
        return self.run("return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", selector, name)

    def keys(self, *keys):
        for key in keys:
            self.browser.switch_to.active_element.send_keys(key)

    def overflows(self):
        return self.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.fixture(scope="module")
def files(runs):
    made = {}
    for name, inputs in {
        "one": ["first"],
        "two": ["first", "wide"],
        "sweep": ["sweep"],
        "all": ["first", "wide", "sweep"],
    }.items():
        made[name] = runs / f"{name}.html"
        result = script("report", *(runs / one for one in inputs), "-o", made[name])
        assert result.returncode == 0, result.stderr
    return made


def test_everything_is_drawn_without_errors_or_network(files, browser):
    page = Page(browser, files["all"])
    assert page.errors() == []
    assert (
        page.run("return performance.getEntriesByType('resource').filter((r) => !r.name.startsWith('data:')).length")
        == 0
    )
    for chart in ("c-compare", "c-energy", "c-cycles", "c-stalls"):
        assert page.count(f"#{chart} .bars .point path") >= 4, chart
    for chart in ("c-roofline", "c-scatter"):
        assert page.count(f"#{chart} .scatterlayer .points path") >= 10, chart
    assert page.count("#c-area .treemaplayer .slice") == 1 + 4 + 2 * (
        5 + 6
    ), "a root, four systems, of which two have a compressor"
    assert page.count("#c-bandwidth .scatterlayer .js-line") == 8
    assert page.count("#c-array .scatterlayer .js-fill") >= 4
    assert page.count("#c-parallel .y-axis") >= 4
    assert page.count(".chart[role=img][aria-label]") == 10
    assert all(
        len(label) > 20
        for label in page.run(
            "return [...document.querySelectorAll('.chart')].map((c) => c.getAttribute('aria-label'))"
        )
    )
    assert page.text("#sections a") == [
        "Headline",
        "Comparison",
        "Energy",
        "Time and stalls",
        "Roofline",
        "Area",
        "External memory over time",
        "GeMMs",
        "Configuration and assumptions",
        "Points",
    ]


def test_charts_show_the_numbers_of_the_report(files, runs, browser):
    page = Page(browser, files["one"])
    systems = report_of(runs / "first")["systems"]
    energy = page.traces("c-energy")
    for i, system in enumerate(systems):
        # The axis has a prefix, so shares are compared.
        totals = [sum(trace["x"][j] for trace in energy) for j in range(len(systems))]
        for trace, component in (
            ("DRAM", system["energy_pj"]["dram"]),
            ("MXU", system["energy_pj"]["by_component"]["mxu"]),
        ):
            drawn = next(one for one in energy if one["name"] == trace)["x"][i]
            assert drawn / totals[i] == pytest.approx(component / system["energy_pj"]["total"])
        assert totals[i] / totals[0] == pytest.approx(system["energy_pj"]["total"] / systems[0]["energy_pj"]["total"])
    stalls = {trace["name"]: trace["x"] for trace in page.traces("c-stalls")}
    assert [stalls["stall: DRAM"][i] for i in range(2)] == [system["stall_cycles"]["dram"] for system in systems]
    points = [trace for trace in page.traces("c-roofline") if trace["name"] in ("fp-fp", "anda")]
    assert [len(trace["x"]) for trace in points] == [3, 3]
    for trace, system in zip(points, systems):
        ops = system["ops"][:3]
        assert trace["y"] == pytest.approx([op["effective_tops"] for op in ops])
        assert trace["x"] == pytest.approx(
            [2 * op["macs"] / (op["dram_read_bytes"] + op["dram_write_bytes"]) for op in ops]
        )
    ratio = report_of(runs / "first")["ratios"][0]
    assert page.text("#cards .better") == [
        f"{ratio[key]:#.4g}×" for key in ("speedup", "energy_efficiency", "area_efficiency")
    ]


def test_controls_change_what_is_drawn(files, runs, browser):
    page = Page(browser, files["one"])
    page.choose("energy-by", "tensor")
    assert page.traces("c-energy")[0]["y"] == [
        f"{system} · {tensor}" for system in ("fp-fp", "anda") for tensor in ("A_qkv", "A_o", "A_d")
    ]
    page.choose("energy-by", "kind")
    assert "anda · A_d 1×4096×512" in page.traces("c-energy")[0]["y"]
    page.choose("energy-share", True)
    traces = page.traces("c-energy")
    for i in range(6):
        assert sum(trace["x"][i] for trace in traces) == pytest.approx(100)
    page.choose("compare-metric", "speedup")
    assert page.traces("c-compare")[0]["x"] == pytest.approx([1, report_of(runs / "first")["ratios"][0]["speedup"]])
    assert page.errors() == []


def test_tables_sort_and_filter_by_keyboard(files, browser):
    page = Page(browser, files["one"])
    rows = "#ops-table tbody tr"
    assert page.count(rows) == 12
    page.run("document.querySelector('#ops-table input').focus()")
    page.keys("anda a_o")
    assert page.count(rows) == 2
    assert page.text("#ops-table [role=status]") == ["2 of 12 rows"]
    page.keys(*[Keys.BACKSPACE] * len("anda a_o"))
    assert page.count(rows) == 12

    heads = page.text("#ops-table th")
    place = heads.index("cycles") + 1
    page.run("document.querySelector(`#ops-table th:nth-child(${arguments[0]}) button`).focus()", place)
    page.keys(Keys.ENTER)

    def cycles():
        return [int(text.replace(",", "")) for text in page.text(f"#ops-table tbody td:nth-child({place})")]

    def order():
        return page.run(
            "return document.querySelector(`#ops-table th:nth-child(${arguments[0]})`).getAttribute('aria-sort')", place
        )

    assert order() == "descending" and cycles() == sorted(cycles(), reverse=True) and len(set(cycles())) > 1
    page.keys(Keys.SPACE)
    assert order() == "ascending" and cycles() == sorted(cycles())


def test_the_keyboard_reaches_everything(files, browser):
    page = Page(browser, files["all"])
    page.keys(Keys.TAB)
    assert page.run("return document.activeElement.className") == "skip"
    assert page.run(
        "return document.activeElement.getBoundingClientRect().left >= 0"
    ), "the skip link shows when it has the focus"
    page.keys(Keys.ENTER)
    assert page.run("return document.activeElement.id") == "main"
    reached = set()
    for _ in range(400):
        page.keys(Keys.TAB)
        name = page.run(
            "const e = document.activeElement; if (e === document.body) return '';"
            "return e.id || `${e.tagName} ${e.className} ${e.textContent.slice(0, 20)}`"
        )
        if not name:
            break
        reached.add(name)
        assert page.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", name
    for control in (
        "compare-metric",
        "energy-by",
        "energy-share",
        "cycles-by",
        "cycles-share",
        "array-system",
        "sweep-x",
        "sweep-y",
        "sweep-front",
    ):
        assert control in reached
    assert any(name.startswith("DIV scroller") for name in reached)
    assert any(name.startswith("SUMMARY") for name in reached)


def luminance(colour):
    channels = [float(c) / 255 for c in re.findall(r"[\d.]+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_charts_follow_the_colour_scheme(files, browser, scheme):
    page = Page(browser, files["all"], scheme=scheme)
    background = page.style("body", "backgroundColor")
    assert (luminance(background) < 0.1) == (scheme == "dark")
    for selector in ("body", "figcaption", "nav a", ".card dt", ".card .better", "th button"):
        assert contrast(page.style(selector, "color"), background) >= 4.5, selector
    for chart in ("#c-energy .xtick text", "#c-roofline .legendtext", "#c-scatter .ytick text"):
        assert contrast(page.style(chart, "fill"), background) >= 4.5, chart
    # Also while the page is open.
    other = "dark" if scheme == "light" else "light"
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": other}]}
    )
    WebDriverWait(browser, 20).until(
        lambda _: contrast(page.style("#c-energy .xtick text", "fill"), page.style("body", "backgroundColor")) >= 4.5
    )
    assert (luminance(page.style("body", "backgroundColor")) < 0.1) == (other == "dark")


@pytest.mark.parametrize("first, widths", [(390, [390, 320]), (1280, [1280, 768, 390])])
def test_no_page_is_wider_than_its_window(files, browser, first, widths):
    page = Page(browser, files["all"], width=first, height=844)
    page.choose("energy-by", "kind")
    page.choose("cycles-by", "kind")

    def drawn():
        return page.run(
            "return [...document.querySelectorAll('figure > .chart')].map("
            "(chart) => chart.querySelector('.main-svg').getBoundingClientRect().width)"
        )

    for width in widths:  # the charts follow the window
        page.resize(width, 844)
        WebDriverWait(browser, 20).until(lambda _: all(200 <= chart <= width for chart in drawn()))
        assert len(drawn()) == 9
        assert page.overflows() <= 0, width
    # Labels and bars share the width.
    assert page.run("return document.querySelector('#c-energy .barlayer').getBoundingClientRect().width") > 60


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
