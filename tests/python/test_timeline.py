# SPDX-License-Identifier: Apache-2.0
"""anda-sim run --timeline: the file's format, and that its slices add up to the report."""

import json
import os
import subprocess
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

TRACE = "name,layer,tensor,m,k,n,count\nq,0,A_qkv,64,512,512,1\no,0,A_o,48,2048,200,2\nd,1,A_d,1,4096,512,1\n"


@pytest.fixture(scope="session")
def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


def call(program, folder, *args, config="workload: {trace: trace.csv}\n"):
    (folder / "trace.csv").write_text(TRACE)
    (folder / "run.yaml").write_text(config)
    return subprocess.run(
        [
            program,
            "run",
            folder / "run.yaml",
            "--out",
            folder / "out",
            "--timeline",
            folder / "timeline.json",
            "--quiet",
            *args,
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )


def run(program, folder, *args, **options):
    result = call(program, folder, *args, **options)
    assert result.returncode == 0, result.stderr
    return Timeline(folder / "timeline.json"), json.loads((folder / "out" / "report.json").read_text())


class Timeline:
    """A file in the trace event format, checked while it is read: known phases, named threads, instants in exact
    microseconds, slices of a thread that end before the next one begins."""

    def __init__(self, path):
        self.file = json.loads(path.read_text(), parse_float=Decimal)
        assert set(self.file) == {"displayTimeUnit", "otherData", "traceEvents"}
        assert self.file["displayTimeUnit"] == "ns"
        self.systems = {system["name"]: system for system in self.file["otherData"]["systems"]}
        self.slices = defaultdict(list)  # (system, thread): [(name, from, to, args)]
        self.counters = defaultdict(list)  # (system, counter): [(ts, args)]
        self.sort_indices = {"process": {}, "thread": {}}  # of processes by number, of threads by process and number
        self.processes, self.threads = {}, {}
        processes, threads, open_slices = self.processes, self.threads, {}
        for event in self.file["traceEvents"]:
            phase, process = event["ph"], event["pid"]
            if phase == "M":
                if event["name"] == "process_name":
                    processes[process] = event["args"]["name"]
                elif event["name"] == "thread_name":
                    # A number that is also that of a process, or of two threads, is the main thread of the one, or the
                    # other's.
                    assert event["tid"] not in [*processes, *(tid for _, tid in threads)]
                    threads[process, event["tid"]] = event["args"]["name"]
                elif event["name"] == "thread_sort_index":
                    assert (process, event["tid"]) in threads
                    self.sort_indices["thread"][process, event["tid"]] = event["args"]["sort_index"]
                else:
                    assert event["name"] == "process_sort_index" and process in processes
                    self.sort_indices["process"][process] = event["args"]["sort_index"]
                continue
            ts = event["ts"]
            assert isinstance(ts, Decimal) and ts >= 0 and -ts.as_tuple().exponent == 6
            system = processes[process]
            if phase == "C":
                assert event["args"] and all(isinstance(value, (int, Decimal)) for value in event["args"].values())
                self.counters[system, event["name"]].append((ts, event["args"]))
                continue
            thread = process, event["tid"]
            if phase == "B":
                assert thread not in open_slices
                assert event["name"] and event["args"]
                track = self.slices[system, threads[thread]]
                assert not track or track[-1][2] <= ts, "slices of a track overlap"
                open_slices[thread] = (event["name"], ts, event["args"])
            else:
                assert phase == "E", event
                name, begin, args = open_slices.pop(thread)
                assert ts >= begin and event["name"] == name
                self.slices[system, threads[thread]].append((name, begin, ts, args))
        assert not open_slices
        assert list(processes.values()) == list(self.systems)

    def sums(self, system, track):
        """Sum of every argument over the slices of each name; durations under "us"."""
        sums = defaultdict(Counter)
        for name, begin, end, args in self.slices[system, track]:
            sums[name]["us"] += end - begin
            for key, value in args.items():
                sums[name][key] += value
        return sums

    def total(self, system, track, key):
        return sum(entry[key] for entry in self.sums(system, track).values())

    def channels(self, system):
        return [track for name, track in self.slices if name == system and track.startswith("DRAM")]


@pytest.mark.parametrize("protocol", ["b_transport", "at"])
@pytest.mark.parametrize("level", ["fast", "detailed", "cycle"])
def test_slices_add_up_to_the_report(program, tmp_path, level, protocol):
    timeline, report = run(program, tmp_path, "--level", level, "--set", f"accelerator.dma.protocol={protocol}")
    clock_mhz = Decimal(285)
    for system in report["systems"]:
        name, actions = system["name"], system["actions"]
        assert timeline.systems[name]["complete"] is True
        array = timeline.sums(name, "MXU")
        assert array["busy"]["cycles"] == system["busy_cycles"]
        for cause, cycles in system["stall_cycles"].items():
            assert array["stall: " + cause]["cycles"] == cycles, cause
        # Instants are edges of the clock to the nearest picosecond.
        for state, sums in array.items():
            edges = 2 * sum(slice[0] == state for slice in timeline.slices[name, "MXU"])
            assert abs(sums["us"] - sums["cycles"] / clock_mhz) <= edges * Decimal("0.0000005"), state
        assert timeline.total(name, "MXU", "us") == timeline.total(name, "GeMMs", "us")
        assert timeline.total(name, "GeMMs", "cycles") == system["cycles"]
        assert [slice[0] for slice in timeline.slices[name, "GeMMs"]] == ["q", "o", "o", "d"]
        assert len(timeline.slices[name, "steps"]) == actions["controller.steps"]
        assert timeline.total(name, "vector unit", "values") == actions["vector_unit.values"]
        assert timeline.total(name, "compressor", "groups") == actions["compressor.groups"]
        assert timeline.total(name, "DMA read", "bytes") == system["dram_bytes"]["read"]
        assert timeline.total(name, "DMA write", "bytes") == system["dram_bytes"]["write"]
        bursts = sum(timeline.total(name, channel, "bursts") for channel in timeline.channels(name))
        assert bursts == actions["dram.read_bursts"] + actions["dram.write_bursts"]
        assert len(timeline.channels(name)) == (16 if level == "detailed" else 1)

        # The overview has the same in its intervals.
        overview = timeline.systems[name]
        ticks = sum(sum(overview[key]) for key in overview if key.startswith("array_"))
        assert Decimal(ticks).scaleb(-6) == timeline.total(name, "GeMMs", "us")
        assert sum(overview["read_bytes"]) + sum(overview["write_bytes"]) == bursts * 32


@pytest.mark.parametrize("intervals", [4096, 7])
@pytest.mark.parametrize("level", ["fast", "detailed"])
def test_shares_and_rates_of_the_overview_are_the_amounts_of_its_intervals(program, tmp_path, level, intervals):
    timeline, report = run(program, tmp_path, "--level", level, "--set", f"simulation.timeline.intervals={intervals}")
    for system in report["systems"]:
        name = system["name"]
        summary = timeline.systems[name]
        shares = timeline.counters[name, "whole run: MXU (% of time)"]
        rates = timeline.counters[name, "whole run: DRAM (GB/s)"]
        states = {key.removeprefix("array_").removesuffix("_ticks"): summary[key] for key in summary if key.startswith("array_")}
        shown = {state for state, ticks in states.items() if any(ticks)}
        count = len(summary["read_bytes"])
        assert 1 < count <= intervals and len(shares) == len(rates) == count
        worked_us = timeline.total(name, "GeMMs", "us")
        for i, ((begin, share), (also_begin, rate)) in enumerate(zip(shares, rates)):
            assert begin == also_begin == i * summary["interval_us"]
            end = min(begin + summary["interval_us"], summary["end_us"])
            assert end > begin
            assert set(share) == shown and set(rate) == {"read", "write"}
            # Six digits are written.
            for state, percent in share.items():
                assert float(percent * (end - begin) / 100) == pytest.approx(states[state][i] * 1e-6, rel=1e-5, abs=1e-9)
            for way, gigabytes in rate.items():
                assert float(gigabytes * (end - begin) * 1000) == pytest.approx(summary[f"{way}_bytes"][i], rel=1e-5, abs=1e-3)
            # The array is busy or waits for something until the last GeMM is over.
            busy_or_stalled = 100 * float((min(end, worked_us) - begin) / (end - begin))
            assert float(sum(share.values())) == pytest.approx(max(busy_or_stalled, 0), abs=1e-3)


def test_processes_and_threads_come_in_the_order_of_the_report(program, tmp_path):
    config = "workload: {trace: trace.csv}\nsystems: [figna, fp-fp, anda]\n"
    timeline, report = run(program, tmp_path, "--level", "detailed", config=config)
    names = [system["name"] for system in report["systems"]]
    assert names == ["figna", "fp-fp", "anda"]
    assert [system["name"] for system in timeline.file["otherData"]["systems"]] == names
    assert timeline.processes == dict(enumerate(names, 1))
    assert timeline.sort_indices["process"] == {1: 1, 2: 2, 3: 3}
    rows = ["GeMMs", "steps", "MXU", "vector unit", "compressor", "DMA read", "DMA write",
            *(f"DRAM channel {channel}" for channel in range(16))]
    for process in timeline.processes:
        threads = {tid: name for (owner, tid), name in timeline.threads.items() if owner == process}
        assert list(threads.values()) == rows
        order = timeline.sort_indices["thread"]
        assert [order[process, tid] for tid in threads] == list(range(1, len(rows) + 1))
    # Each system's slices take as long as the report says.
    for system in report["systems"]:
        assert timeline.total(system["name"], "GeMMs", "cycles") == system["cycles"]


@pytest.mark.parametrize("level", ["fast", "cycle"])
def test_a_timeline_records_how_it_was_made(program, tmp_path, level):
    timeline, report = run(program, tmp_path, "--level", level, "--set", "name=ours", "--set", "simulation.timeline.events=5000")
    said = timeline.file["otherData"]
    assert said["tool"] == f"anda-sim {report['run']['tool_version']}"
    assert (said["run"], said["level"], said["folded_layers"]) == ("ours", level, False)
    assert (said["window_from_us"], said["events_limit"]) == (0, 5000)
    for system in report["systems"]:
        summary = timeline.systems[system["name"]]
        assert float(summary["end_us"]) >= system["time_s"] * 1e6 - 1e-5
        assert summary["gemms_cut_at_us"] is None and summary["details_cut_at_us"] is None


def test_buffers_fill_and_are_empty_at_the_end(program, tmp_path):
    timeline, report = run(program, tmp_path)
    limits = {
        "activation buffer: operands (bytes)": 1 << 20,
        "weight buffer: operands (bytes)": 1 << 20,
        "activation buffer: results (bytes)": 1 << 20,
    }
    for system in report["systems"]:
        for counter, limit in limits.items():
            values = [args["bytes"] for _, args in timeline.counters[system["name"], counter]]
            instants = [ts for ts, _ in timeline.counters[system["name"], counter]]
            assert max(values) > 0 and min(values) >= 0 and max(values) <= limit
            assert values[-1] == 0
            assert instants == sorted(set(instants))


def test_only_the_window_has_details(program, tmp_path):
    timeline, report = run(program, tmp_path, "--timeline-window", "50:60.5")
    for system in report["systems"]:
        name = system["name"]
        assert timeline.systems[name]["complete"] is False
        assert timeline.systems[name]["details_cut_at_us"] is None
        assert len(timeline.slices[name, "GeMMs"]) == 4
        for (owner, track), slices in timeline.slices.items():
            if owner == name and track != "GeMMs":
                assert all(begin < Decimal("60.5") and end > 50 for _, begin, end, _ in slices), track
        assert timeline.slices[name, "MXU"]
        overview = timeline.systems[name]
        assert sum(overview["array_busy_ticks"]) > 0.99 * sum(
            sum(overview[key]) for key in overview if key.startswith("array_")
        )
    assert timeline.file["otherData"]["window_from_us"] == 50
    assert timeline.file["otherData"]["window_length_us"] == Decimal("10.5")


def test_a_limit_cuts_the_details_and_records_where(program, tmp_path):
    folder = tmp_path / "whole"
    folder.mkdir()
    whole, _ = run(program, folder)
    cut, report = run(program, tmp_path, "--set", "simulation.timeline.events=200")
    for system in report["systems"]:
        name = system["name"]
        at = cut.systems[name]["details_cut_at_us"]
        assert cut.systems[name]["complete"] is False and at is not None
        kept = 0
        for owner, track in whole.slices:
            if owner != name or track == "GeMMs":
                continue
            kept += len(cut.slices[owner, track])
            assert cut.slices[owner, track] == [one for one in whole.slices[owner, track] if one[1] < at], track
        assert 20 <= kept <= 200
        # The overview still covers the whole run.
        for key in ("array_busy_ticks", "read_bytes", "write_bytes", "end_us"):
            assert cut.systems[name][key] == whole.systems[name][key]


def test_a_large_model_stays_small(program, tmp_path):
    config = "workload: {model: LLaMA-13B, layers: 4, tokens: 512}\n"
    _, report = run(program, tmp_path, "--set", "simulation.timeline.events=2000", config=config)
    assert report["systems"][0]["actions"]["controller.steps"] > 50_000
    assert (tmp_path / "timeline.json").stat().st_size < 1_500_000


def test_a_timeline_changes_no_number_and_is_reproducible(program, tmp_path):
    texts = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        _, with_timeline = run(program, folder, "--set", "simulation.timeline.events=500")
        texts.append((folder / "timeline.json").read_bytes())
    assert texts[0] == texts[1]
    plain = subprocess.run([program, "run", tmp_path / "a" / "run.yaml", "--out", tmp_path / "plain", "--quiet"])
    assert plain.returncode == 0
    without = json.loads((tmp_path / "plain" / "report.json").read_text())
    assert without["systems"] == with_timeline["systems"]


@pytest.mark.parametrize(
    "window, fragment",
    [
        ("5", "must be FROM:TO in microseconds"),
        ("a:b", "must be FROM:TO in microseconds"),
        ("9:3", "must end after it starts"),
        ("3:3", "must end after it starts"),
        ("-1:3", "simulation.timeline.from_us"),
        (":", None),
        ("0.5:", None),
    ],
)
def test_windows_are_checked(program, tmp_path, window, fragment):
    result = call(program, tmp_path, "--timeline-window", window)
    assert result.returncode == (2 if fragment else 0), result.stderr
    assert fragment is None or fragment in result.stderr
    assert (tmp_path / "timeline.json").exists() == (fragment is None)


def test_a_file_that_cannot_be_written_ends_the_run(program, tmp_path):
    (tmp_path / "trace.csv").write_text(TRACE)
    (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\n")
    result = subprocess.run(
        [
            program,
            "run",
            tmp_path / "run.yaml",
            "--out",
            tmp_path / "out",
            "--timeline",
            tmp_path / "absent" / "timeline.json",
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 1 and "absent/timeline.json" in result.stderr
    assert not (tmp_path / "out" / "report.json").exists()
