# SPDX-License-Identifier: Apache-2.0
"""The page that scripts/report makes of servers, in a browser."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from report_browser import Page
from report_inputs import call, loaded
from serving_tools import write_model


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("servers")
    write_model(folder)
    (folder / "base.yaml").write_text("name: a <b> server\nworkload: {config_json: config.json}\nsystems: [fp-fp, anda]\n"
                                      "serving: {requests: {count: 30, prompt: {mean: 20, most: 60}, output: {mean: 5, most: 9}}}\n")
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    for name, rate in (("slow", 1000), ("fast", 100000)):
        subprocess.run([program, "serve", folder / "base.yaml", "--out", folder / name, "-q", "--set", f"serving.requests.rate_per_s={rate}"],
                       check=True, timeout=60)
    return folder


def report(folder, name):
    return json.loads((folder / name / "serve.json").read_text())


def test_charts_show_the_numbers_of_servers(servers, browser, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert call("report", servers / "slow", servers / "fast", "-o", out, capsys=capsys)[0] == 0
    page = Page(browser, out)
    assert page.errors() == [] and page.run("return document.querySelectorAll('#servers-table tbody tr').length") == 4
    drawn = page.run("return document.getElementById('c-load').data.map((line) => [line.name, line.x, line.customdata])")
    assert [name for name, *_ in drawn] == ["fp-fp, 1 accelerator (1 × 1)", "anda, 1 accelerator (1 × 1)"]
    for place, (_, rates, _) in enumerate(drawn):
        assert rates == [report(servers, name)["requests"]["rate_per_s"] for name in ("slow", "fast")]
    y, unit = page.run("const c = document.getElementById('c-load'); return [c.data[1].y, c.layout.yaxis.title.text]")
    factor = {"s": 1, "ms": 1e-3, "µs": 1e-6}[unit.rpartition("(")[2].rstrip(")")]
    wanted = [report(servers, name)["systems"][1]["first_token_s"]["p99"] for name in ("slow", "fast")]
    assert [value * factor for value in y] == pytest.approx(wanted)
    last = report(servers, "fast")["systems"][1]["series"]
    assert page.run("return document.getElementById('c-series').data.map((line) => line.y)") == [last["running"], last["waiting"]]
    page.run("const s = document.getElementById('series-of'); s.value = 'shares'; s.dispatchEvent(new Event('change'));")
    assert page.run("return document.getElementById('c-series').data[0].y") == last["busy_share"]


@pytest.mark.parametrize("width,scheme", [(1280, "dark"), (390, "light")])
def test_a_page_of_one_server_fits_its_window(servers, browser, tmp_path, capsys, width, scheme):
    out = tmp_path / "page.html"
    assert call("report", servers / "slow", "-o", out, capsys=capsys)[0] == 0
    page = Page(browser, out, width=width, scheme=scheme)
    assert page.errors() == [] and page.run("return document.documentElement.scrollWidth <= window.innerWidth")
    assert page.run("return document.getElementById('load-part').hidden")


def test_damaged_results_of_servers_are_refused(servers, tmp_path, capsys):
    good = report(servers, "slow")
    for change, said in ((lambda part: part["systems"][0]["series"]["waiting"].pop(), "different lengths"),
                         (lambda part: part["systems"][0].pop("energy"), "energy is missing"),
                         (lambda part: part.update(schema_version=2), "schema_version is 2, this script reads 1")):
        changed = json.loads(json.dumps(good))
        change(changed)
        (tmp_path / "serve.json").write_text(json.dumps(changed))
        status, error = call("report", tmp_path, "-o", tmp_path / "p.html", capsys=capsys)
        assert status == 2 and said in error


def test_servers_are_a_table_for_figures(servers):
    table = loaded(servers / "slow")
    assert table.columns[:3] == ["server", "system", "first_token_p99_s"]
    assert table.column("first_token_p99_s") == [system["first_token_s"]["p99"] for system in report(servers, "slow")["systems"]]
