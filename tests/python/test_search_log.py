# SPDX-License-Identifier: Apache-2.0
"""The log of anda-sim search: interrupted searches resume, nothing is evaluated twice, other logs are refused."""

import json
import os
import signal
import subprocess
import time

import pytest

from search_tools import HANGS, TINY, Landscape, log_of, program, result_of, search, wait_for, wait_until_gone


def test_a_second_search_evaluates_nothing_and_writes_the_same(tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    first = search(tmp_path, landscape)
    files = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}
    asked = len(landscape.asked())
    again = search(tmp_path, landscape)
    assert len(landscape.asked()) == asked
    assert {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()} == files
    assert f"{asked - 1} of them new" in first.stdout and "0 of them new" in again.stdout


def test_a_wider_search_evaluates_only_new_combinations(tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(tmp_path, landscape, "--iterations", 6)
    search(tmp_path, landscape, "--tolerance", "0.1%,1%,5%", "--objective", "energy", "--per-layer")
    asked = landscape.asked()
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("kept", [0, 1, 20, 60, 400, 900, 1500])
def test_a_log_cut_anywhere_is_continued(tmp_path, kept):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(tmp_path, landscape)
    log = tmp_path / "out" / "log.jsonl"
    whole = log.read_bytes()
    # A single byte does not identify a file.
    log.write_bytes(whole[:kept])
    status = 2 if kept == 1 else 0
    done = search(tmp_path, landscape, status=status)
    assert log.read_bytes() == (whole if status == 0 else whole[:1])
    assert status == 0 or "not a search log" in done.stderr


def test_logs_of_something_else(tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(tmp_path, landscape)
    log = tmp_path / "out" / "log.jsonl"
    whole = log.read_text()
    for args, fragment in [
        (dict(model="OPT-2.7B"), "its workload"),
        (dict(tiny=[*TINY, "--set", "workload.tokens=65"]), "its workload"),
        (dict(tiny=[*TINY, "--set", "accelerator.mxu.rows=32"]), "its config_sha256"),
    ]:
        done = search(tmp_path, landscape, **args, status=2)
        assert "log.jsonl:1: is the log of another search" in done.stderr and fragment in done.stderr
    done = search(tmp_path, landscape.command + " ", status=2)
    assert "its evaluator" in done.stderr and "give another --log or --out" in done.stderr

    lines = whole.splitlines()
    for number, line, fragment in [
        (1, "name,layer", "log.jsonl:1: this is not a search log"),
        (1, lines[0].replace('search":1', 'search":99'), "version 99"),
        (2, '{"baseline":-1}', "log.jsonl:2: baseline"),
        (2, '{"baseline":null}', "log.jsonl:2: baseline"),
        (3, "rubbish", "log.jsonl:3:1: this is not JSON"),
        (3, '{"combination":[4,4,4],"perplexity":5}', "log.jsonl:3: must have"),
        (3, '{"combination":[4,4,4,17],"perplexity":5}', "log.jsonl:3: must have"),
        (3, '{"combination":[4,4,4,4],"perplexity":"5"}', "log.jsonl:3: must have"),
        (3, '{"combination":[4,4,4,4],"perplexity":1e999}', "log.jsonl:3:39: has the number"),
        (3, '{"combination":[4,4,4,4],"perplexity":5,"perplexity":6}', "log.jsonl:3:41: has the key"),
        (3, "[" * 100_000, "log.jsonl:3:65: is nested more than 64 levels deep"),
        (3, '{"baseline":7.5}', "log.jsonl:3: says that the baseline's perplexity is 7.5, an earlier line that it is 7.25"),
        (3, lines[2].replace('"loss":', '"loss":1'), "log.jsonl:3: says that the loss is"),
        (4, lines[2].replace('"perplexity":', '"perplexity":1'), "log.jsonl:4: says that the perplexity of ["),
    ]:
        changed = [*lines]
        changed[number - 1] = line
        log.write_text("\n".join(changed) + "\n")
        done = search(tmp_path, landscape, status=2)
        assert fragment in done.stderr, done.stderr
        assert log.read_text() == "\n".join(changed) + "\n", "a refused log stays as it was"


def test_a_log_of_its_own(tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(tmp_path, landscape, "--log", "logs/mine.jsonl")
    assert log_of(tmp_path, "logs/mine.jsonl") and not (tmp_path / "out" / "log.jsonl").exists()


def test_a_failed_search_resumes_where_it_stopped(tmp_path):
    """The evaluator dies after every third answer; the log lets the search resume."""
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    command = f"{landscape.command} 3"
    runs = 0
    while True:
        words = [program(), "search", "--model", "OPT-1.3B", "--evaluator", command, "--out", "out", *TINY]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS)
        runs += 1
        if done.returncode == 0:
            break
        assert done.returncode == 1 and runs < 40
    broken = (tmp_path / "out" / "search.json").read_text()
    asked = [line for line in landscape.asked()]
    assert runs > 3 and len(asked) == len(set(asked))
    (tmp_path / "whole").mkdir()
    landscape = Landscape(tmp_path / "whole", [2.0, 0.1, 0.4, 0.2])
    search(tmp_path / "whole", landscape)
    ours, theirs = json.loads(broken), result_of(tmp_path / "whole")
    ours.pop("evaluator"), theirs.pop("evaluator")
    assert ours == theirs


def test_a_killed_search_resumes(tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    marker = f"MARK_{os.getpid()}_{time.monotonic_ns()}"
    log = tmp_path / "out" / "log.jsonl"
    # The second search adds its answers to the five lines of the first: it is killed only when all of them are there.
    for answers, lines in ((4, 4), (9, 13)):
        # Silent once as many answers are there; the command may be no other, so a file says how many.
        (tmp_path / "limit").write_text(str(answers))
        command = f"{landscape.command} $(cat limit) silence"
        words = [program(), "search", "--model", "OPT-1.3B", "--evaluator", command, "--out", "out", *TINY]
        process = subprocess.Popen(words, cwd=tmp_path, env={**os.environ, "MARKER": marker})
        wait_for(lambda: log.exists() and len(log.read_bytes().splitlines()) > lines, f"line {lines + 1} of the log")
        process.kill()
        process.wait()
        wait_until_gone(marker)  # the evaluator dies with the search
    assert [file.name for file in log.parent.iterdir()] in (["log.jsonl"], [".lock", "log.jsonl"])
    (tmp_path / "limit").write_text("1000")
    search(tmp_path, command)
    asked = landscape.asked()
    assert len(asked) == len(set(asked)), "what was answered is not asked again"
    (tmp_path / "whole").mkdir()
    whole = Landscape(tmp_path / "whole", [2.0, 0.1, 0.4, 0.2])
    search(tmp_path / "whole", whole)
    assert log_of(tmp_path) == log_of(tmp_path / "whole")


def test_two_searches_share_neither_a_log_nor_a_folder(tmp_path):
    words = [program(), "search", "--model", "OPT-1.3B", "--evaluator", "touch asked; exec sleep 600", "--out", "out", *TINY]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    wait_for((tmp_path / "asked").exists, "the first question")
    for more, message in (([], "out is in use by process"),
                          (["--out", "other", "--log", "out/log.jsonl"], "another search is writing this log")):
        again = [word for word in words if not more or word not in ("--out", "out")]
        done = subprocess.run([*again, *more], cwd=tmp_path, capture_output=True, text=True, timeout=HANGS)
        assert done.returncode == 1 and message in done.stderr, done.stderr
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=HANGS)
