# SPDX-License-Identifier: Apache-2.0
"""scripts/report: the page in a headless browser."""

import re

import pytest
from report_browser import Page
from report_inputs import report_of
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from anda_sim.figures import palette


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
    assert page.count("#c-bandwidth .scatterlayer .js-line") == 8 + page.run("return Number(document.getElementById('bandwidth-peak').checked)")
    assert page.count("#c-array .scatterlayer .js-fill") >= 4
    assert page.count("#c-parallel .y-axis") >= 4
    assert page.count(".chart[role=img][aria-label]") == 11
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


def hexadecimal(colour):
    return "#" + "".join(f"{int(float(part)):02x}" for part in re.findall(r"[\d.]+", colour)[:3])


def contrast(a, b):
    return palette.contrast(hexadecimal(a), hexadecimal(b))


def luminance(colour):
    return palette.luminance(hexadecimal(colour))


def texts_on_bars(page, chart, text):
    """Checks the contrast of every text inside a bar, and returns their number."""
    pairs = page.run(
        "return [...document.querySelectorAll(`${arguments[0]} ${arguments[1]}`)].map((place) => {"
        "const text = place.querySelector('text') || place;"
        "const shape = text.closest('.point, .slice').querySelector('path');"
        "const [inner, outer] = [text, shape].map((e) => e.getBoundingClientRect());"
        "const inside = inner.width > 0 && text.textContent.trim() && inner.left >= outer.left - 1 && inner.right <= outer.right + 1;"
        "return inside ? [getComputedStyle(text).fill, getComputedStyle(shape).fill] : null}).filter((pair) => pair !== null)",
        chart, text)
    for pair in pairs:
        assert contrast(*pair) >= 4.5, (chart, pair)
    return len(pairs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_charts_follow_the_colour_scheme(files, browser, scheme):
    page = Page(browser, files["all"], scheme=scheme)
    background = page.style("body", "backgroundColor")
    assert (luminance(background) < 0.1) == (scheme == "dark")
    for selector in ("body", "figcaption", "nav a", ".card dt", ".card .better", "th button"):
        assert contrast(page.style(selector, "color"), background) >= 4.5, selector
    for chart in ("#c-energy .xtick text", "#c-roofline .legendtext", "#c-scatter .ytick text"):
        assert contrast(page.style(chart, "fill"), background) >= 4.5, chart
    assert texts_on_bars(page, "#c-compare", ".bartext") >= 4
    assert texts_on_bars(page, "#c-area", ".slicetext") >= 10
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
        assert len(drawn()) == 10
        assert page.overflows() <= 0, width
    # Labels and bars share the width.
    assert page.run("return document.querySelector('#c-energy .barlayer').getBoundingClientRect().width") > 60
