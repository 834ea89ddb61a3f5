# SPDX-License-Identifier: Apache-2.0
"""A headless browser (Debian's chromium), pages opened in it, and runs whose report it shows."""

import shutil
from pathlib import Path

import pytest
from report_inputs import SWEEP, make_run, script
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait


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
