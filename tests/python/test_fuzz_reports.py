# SPDX-License-Identifier: Apache-2.0
"""Any input of reports and figures gives a page and figures, or an InputError that names the file."""

import csv
import io
import json
import math
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hostile_values import NAMES, as_json, damaged, renamed
from report_inputs import make_run, report_of, script  # sets the path of what follows

from anda_sim.common import schema
from anda_sim.common.errors import InputError
from anda_sim.figures.style import styled
from anda_sim.reports.inputs import load
from anda_sim.reports.look import Look
from anda_sim.reports.page import page
from anda_sim.reports.plots import RUN_KINDS, TABLE_KINDS

LOOK = Look(by="tensor", hatches=True, values=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz") / "run"
    make_run(folder, "--timeline", folder / "timeline.json")
    return folder


def drawn(path, kinds=()):
    """The page of the input at a path, and figures of these kinds; None if it is refused by name."""
    try:
        runs, tables = load([path])
    except InputError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error), error
        return None
    made = page(runs, tables, "").decode("utf-8")
    for kind in kinds:
        draw, given_ = (RUN_KINDS[kind], runs) if kind in RUN_KINDS else (TABLE_KINDS[kind], tables)
        try:
            with styled() as figures:
                draw(figures, given_, LOOK).savefig(io.BytesIO(), format="svg")
        except InputError:
            continue
    data = made.split('id="data">')[1].split("</script>")[0]
    assert not any(ord(c) < 32 and c not in "\n\t" or c in "\x7f\x9b\u202e" for c in made)
    return json.loads(data, parse_constant=pytest.fail)


def test_a_report_with_anything_in_it_is_drawn_or_refused(run, tmp_path):
    whole = report_of(run)

    @settings(max_examples=60)
    @given(damaged(whole, 2))
    def holds(report):
        (tmp_path / "report.json").write_bytes(as_json(report))
        drawn(tmp_path)

    holds()


@pytest.mark.parametrize("kind", RUN_KINDS)
def test_any_names_and_zeros_can_be_drawn(run, tmp_path, kind):
    whole = report_of(run)

    @settings(max_examples=3)
    @given(renamed(whole))
    def holds(report):
        (tmp_path / "report.json").write_bytes(as_json(report))
        drawn(tmp_path, [kind])

    holds()


def test_a_run_of_nothing_can_be_drawn(run, tmp_path):
    """Every number 0 or, where the schema allows it, null."""
    report = report_of(run)

    def emptied(value, rules):
        rules = {**schema.named("report")["$defs"].get(rules.get("$ref", "").removeprefix("#/$defs/"), {}), **rules}
        if isinstance(value, dict):
            parts = {**schema.named("report")["$defs"].get("metrics", {}).get("properties", {}), **rules.get("properties", {})}
            return {key: emptied(part, parts.get(key, {})) for key, part in value.items()}
        if isinstance(value, list):
            return [emptied(part, rules.get("items", {})) for part in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return None if "null" in rules.get("type", ()) else max(0, rules.get("minimum", 0))
        return value

    report["systems"] = [emptied(system, {"$ref": "#/$defs/system"}) for system in report["systems"]]
    (tmp_path / "report.json").write_text(json.dumps(report))
    data = drawn(tmp_path, RUN_KINDS)
    assert data["runs"][0]["systems"][0]["tops_per_w"] is None


def test_a_timeline_with_anything_in_it_is_drawn_or_refused(run, tmp_path):
    whole = json.loads((run / "timeline.json").read_text())["otherData"]
    (tmp_path / "report.json").write_text((run / "report.json").read_text())

    @settings(max_examples=40)
    @given(damaged(whole))
    def holds(other):
        (tmp_path / "timeline.json").write_bytes(as_json({"traceEvents": [], "otherData": other}))
        drawn(tmp_path)

    holds()


CANDIDATE = {"combination": [7, 7, 6, 6], "bops": 100, "perplexity": 5.0, "loss": 0.01}


def test_comparisons_and_searches_with_anything_in_them_are_drawn_or_refused(tmp_path):
    sha = "0" * 64
    system = {name: 1.0 for name in schema.named("compare")["$defs"]["system"]["required"]} if "$defs" in schema.named("compare") else {}
    comparison = {"models": [{"name": "m", "systems": [{**system, "name": "fp-fp"}]}], "means": []}
    search = {"schema_version": 1, "tool_version": "1", "name": "n", "workload": "w", "trace_sha256": sha, "config_sha256": sha,
              "technology_sha256": sha, "evaluator": "e", "objective": "bops", "baseline_perplexity": 5.0, "evaluations": 1, "bops_fp16": 10,
              "results": [], "front": [CANDIDATE]}

    @settings(max_examples=40)
    @given(damaged(comparison) | damaged(search))
    def holds(document):
        (tmp_path / "x.json").write_bytes(as_json(document))
        drawn(tmp_path / "x.json", ["pareto"] if isinstance(document, dict) and "models" in document else [])

    holds()


CELLS = st.sampled_from(["", "1", "2.5", "1e3", "1e400", "-1e400", "1e200", "1e-200", "nan", "inf", "0x10", "1_0", "007", "true", "0", "-1",
                         *NAMES]) | st.text(max_size=5)


def test_a_table_with_anything_in_it_is_drawn_or_refused(tmp_path):
    @settings(max_examples=25)
    @given(st.lists(CELLS, min_size=1, max_size=4), st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=4))
    def holds(names, lines):
        text = io.StringIO()
        csv.writer(text).writerows([["point", "anda.time_s", *names][: 1 + len(names)], *[line[: 1 + len(names)] for line in lines]])
        (tmp_path / "t.csv").write_bytes(text.getvalue().encode("utf-8", errors="surrogatepass"))
        data = drawn(tmp_path / "t.csv", ["pareto"])
        if data:
            for row in data["tables"][0]["rows"]:
                assert all(not isinstance(value, float) or math.isfinite(value) for value in row)

    holds()

    @settings(max_examples=60)
    @given(st.binary(max_size=40) | st.text('a,"\n\r\0;1\ufeff', max_size=30).map(str.encode))
    def bytes_hold(content):
        (tmp_path / "b.csv").write_bytes(content)
        drawn(tmp_path / "b.csv")

    bytes_hold()


def test_a_database_with_anything_in_it_is_drawn_or_refused(tmp_path):
    path = tmp_path / "results.sqlite"
    value = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5).filter(lambda text: text.isprintable()) | st.binary(
        max_size=5) | st.sampled_from(NAMES)

    @settings(max_examples=25)
    @given(st.lists(st.tuples(value, value, value), max_size=4))
    def holds(rows):
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute('CREATE TABLE results (point, "$$", "anda.time_s")')
            database.executemany("INSERT INTO results VALUES (?, ?, ?)", rows)
            database.commit()
        drawn(path, ["pareto"])

    holds()

    with closing(sqlite3.connect(tmp_path / "whole.sqlite")) as database:
        database.execute("CREATE TABLE results (point, a)")
        database.execute("INSERT INTO results VALUES (1, 2.5)")
        database.commit()
    whole = (tmp_path / "whole.sqlite").read_bytes()

    @settings(max_examples=40)
    @given(st.integers(0, len(whole) - 1), st.binary(min_size=1, max_size=40))
    def damaged_bytes_hold(place, content):
        data = bytearray(whole)
        data[place : place + len(content)] = content
        path.write_bytes(bytes(data))
        drawn(path)

    damaged_bytes_hold()


def test_the_quick_check_of_a_schema_is_sure_only_of_what_jsonschema_accepts(run):
    import jsonschema

    report, rules = report_of(run), schema.named("report")
    for system in report["systems"]:
        system["ops"] = system["ops"][:1]
    slow, quick = jsonschema.Draft202012Validator(rules), schema._quick(rules, rules)
    assert quick(report) and slow.is_valid(report)

    @settings(max_examples=60)
    @given(damaged(report, 1))
    def holds(document):
        assert not quick(document) or slow.is_valid(document)

    holds()


@pytest.mark.parametrize("name", ["$$", "$\\frac{1}{0}$", "_hidden", '<a href="x">y</a>', "&lt;", "x" * 500])
def test_names_are_not_formulas_and_stay_in_legends(run, tmp_path, name):
    report = report_of(run)
    for system in report["systems"]:
        for row in [*system["ops"], *system["tensors"]]:
            row["tensor"] = name
    (tmp_path / "report.json").write_text(json.dumps(report))
    file = io.StringIO()
    with styled() as figures:
        RUN_KINDS["roofline"](figures, load([tmp_path])[0], LOOK).savefig(file, format="svg")
    import html

    assert html.escape(name[:19], quote=False) in file.getvalue()


@pytest.mark.parametrize("kind", ["report", "plot"])
def test_no_control_character_of_a_file_or_an_option_reaches_the_terminal(tmp_path, kind):
    escape = "\x1b]0;owned\x07"
    (tmp_path / "t.csv").write_text(f'"a{escape}","a{escape}"\n1,2\n')
    for words in ([tmp_path / "t.csv"], [tmp_path / escape]):
        done = script(kind, *words, "-o", tmp_path / f"{escape}.svg", *(["--kind", "pareto"] if kind == "plot" else []))
        assert done.returncode == 2 and done.stderr.replace("\n", "").isprintable() and len(done.stderr.splitlines()) == 1, done.stderr
