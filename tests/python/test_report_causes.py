# SPDX-License-Identifier: Apache-2.0
"""Charts take the stall causes from the reports: a cause added to the simulator shows without a change here."""

import json

import pytest
from report_inputs import call, loaded, make_run, report_of

from anda_sim.reports import page, runs

NEW = "thermal_limit"


@pytest.fixture()
def schema_of_that_version(monkeypatch):
    """A version that adds a cause also adds it to the schema, which test_stall_causes checks."""
    monkeypatch.setattr(runs.schema, "check", lambda *_: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run with a stall cause that this version does not have."""
    folder = make_run(tmp_path_factory.mktemp("causes") / "run", "--timeline", tmp_path_factory.mktemp("t") / "t.json")
    report = report_of(folder)
    for system in report["systems"]:
        system["stall_cycles"][NEW] = 1000
        for row in system["tensors"] + system["ops"]:
            row[f"stall_{NEW}_cycles"] = 7
    (folder / "report.json").write_text(json.dumps(report))
    return folder


def test_a_new_cause_reaches_the_data_of_the_page(folder, schema_of_that_version):
    run = loaded(folder)
    text = page.page([run], [], "").decode()
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    causes = list(report_of(folder)["systems"][0]["stall_cycles"])
    assert list(data["states"]) == ["busy", *causes] and causes[-1] == NEW
    assert data["states"][NEW] == "stall: thermal limit"
    assert data["states"]["dram"] == "stall: DRAM"
    system = data["runs"][0]["systems"][0]
    assert system["whole"]["cycles"][NEW] == 1000
    assert all(part["cycles"][NEW] == 7 for part in system["tensors"])
    assert sum(kind["cycles"][NEW] for kind in system["kinds"]) == 7 * len(run.systems[0]["ops"])


def test_a_new_cause_has_its_own_colour_in_figures(folder, schema_of_that_version, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    for kind in ("cycles", "stalls"):
        assert call("plot", folder, "--kind", kind, "-o", tmp_path / f"{kind}.svg", capsys=capsys)[0] == 0
    from anda_sim.figures import palette

    states = runs.states_of([loaded(folder)])
    assert len(set(palette.each(states).values())) == len(states)


def test_a_report_whose_rows_lack_a_cause_is_refused(tmp_path):
    report = report_of(make_run(tmp_path / "run"))
    del report["systems"][1]["ops"][0]["stall_dram_cycles"]
    with pytest.raises(runs.InputError, match="stall_dram_cycles"):
        runs.check("report.json", report)
