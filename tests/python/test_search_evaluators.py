# SPDX-License-Identifier: Apache-2.0
"""Faulty evaluators: everything that an evaluator of anda-sim search can do wrong."""

import json
import os
import signal
import subprocess
import time

import pytest

from search_tools import HANGS, TINY, Landscape, log_of, program, search, wait_for, wait_until_gone

ANSWER = "read line; echo '{\"perplexity\": 5}'; "
BAD = {
    "ends at once": ("exit 3", "ended with exit status 3 (after 0 answers)"),
    "ends later": (ANSWER + "read line; exit 7", "ended with exit status 7 (after 1 answer)"),
    "killed": (ANSWER + "read line; kill -9 $$", "was terminated by signal 9"),
    "no such program": ("no-such-program-at-all", "ended with exit status 127"),
    "no JSON": (ANSWER + "read line; echo hello", 'answered "hello"; must be'),
    "an empty line": (ANSWER + "read line; echo", 'answered ""; must be'),
    "a list": (ANSWER + "read line; echo '[5]'", "must be"),
    "no perplexity": (ANSWER + "read line; echo '{}'", "must be"),
    "a text": (ANSWER + "read line; echo '{\"perplexity\": \"5\"}'", "must be"),
    "null": (ANSWER + "read line; echo '{\"perplexity\": null}'", "must be"),
    "NaN": (ANSWER + "read line; echo '{\"perplexity\": NaN}'", "must be"),
    "infinite": (ANSWER + "read line; echo '{\"perplexity\": 1e999}'", "must be"),
    "negative": (ANSWER + "read line; echo '{\"perplexity\": -5}'", "a perplexity is a positive number"),
    "zero": (ANSWER + "read line; echo '{\"perplexity\": 0}'", "a perplexity is a positive number"),
    "parts by name": (ANSWER + "read line; echo '{\"perplexity\": 5, \"perplexities\": {\"a\": 5}}'", "perplexities is a list of positive numbers"),
    "a negative part": (ANSWER + "read line; echo '{\"perplexity\": 5, \"perplexities\": [5, -5]}'", "perplexities is a list of positive numbers"),
    "a loss beyond numbers": ("read line; echo '{\"perplexity\": 1e-300}'; read line; echo '{\"perplexity\": 1e300}'; read line",
                              "the perplexity 1e+300 of [4, 4, 4, 4] is out of all proportion to the baseline's, 1e-300"),
    "an error": (ANSWER + "read line; echo '{\"error\": \"out of memory\"}'", "reports an error: out of memory"),
    "two lines": (ANSWER + "read line; printf '{\"perplexity\":5}\\n{\"perplexity\":6}\\n'", "more than one line"),
    "unasked": ("echo loading; sleep 0.2; " + ANSWER, "loading"),
    "a second line later": (ANSWER + "echo more; while read line; do echo '{\"perplexity\": 5}'; sleep 0.05; done", "more"),
    "a line without end": (ANSWER + "read line; yes x | tr -d '\\n'", "a line of more than 1048576 bytes"),
    "half a line": (ANSWER + "read line; printf '{\"perplexity\": 5'", "ended with exit status 0"),
    "silence": (ANSWER + "read line; sleep 600", "gave no answer within 0.5 s"),
    "deaf": ("sleep 600", "gave no answer within 0.5 s"),
    "closed input": ("read line; exec <&-; echo '{\"perplexity\": 5}'; sleep 600", "closed its standard output or input"),
    "closed output": ("exec >&-; sleep 600", "closed its standard output"),
    "deep": (ANSWER + "read line; head -c 500000 /dev/zero | tr '\\0' '['; echo", "must be"),
}


@pytest.mark.parametrize("case", BAD)
def test_misbehaving_evaluators_end_the_search(tmp_path, case):
    command, fragment = BAD[case]
    marker = f"MARK_{os.getpid()}_{time.monotonic_ns()}"
    words = [program(), "search", "--model", "OPT-1.3B", "--evaluator", command, "--evaluator-timeout",
             "0.5" if case in ("silence", "deaf") else "60", "--out", "out", *TINY]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=HANGS, errors="replace",
                          env={**os.environ, "MARKER": marker})
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("error: the ") or case == "no such program", done.stderr
    assert fragment in done.stderr, done.stderr
    assert "repeat the command to resume" in done.stderr
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["log.jsonl"]
    for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines():
        json.loads(line)
    wait_until_gone(marker)


def test_a_large_question_and_a_slow_reader(tmp_path):
    """Enough layers that a question does not fit into a pipe."""
    rows = "".join(f"g{i},{i},A_qkv,1,64,64\n" for i in range(3000))
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\n" + rows)
    (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\n")
    landscape = Landscape(tmp_path, [0.3, 0.0, 0.0, 0.0])
    search(tmp_path, landscape, "--per-layer", "--layer-iterations", 2, model="run.yaml", tiny=[])
    assert len(landscape.asked()[-1]) > 65536


def test_interruption_ends_the_evaluator_and_keeps_the_log(tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    marker = f"MARK_{os.getpid()}_{time.monotonic_ns()}"
    command = f"{landscape.command} 4 silence"
    process = subprocess.Popen([program(), "search", "--model", "OPT-1.3B", "--evaluator", command, "--out", "out", *TINY],
                               cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "MARKER": marker})
    log = tmp_path / "out" / "log.jsonl"
    wait_for(lambda: log.exists() and len(log.read_bytes().splitlines()) == 5, "the third iteration")
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=HANGS)
    assert process.returncode == 1 and "interrupted" in error
    wait_until_gone(marker)
    assert len(log_of(tmp_path)) == 3
