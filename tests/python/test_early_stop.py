# SPDX-License-Identifier: Apache-2.0
"""anda-sim search --early-stop: the same results with fewer tokens, and what log and reports say of evaluations that ended early."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from search_tools import SOURCE, TINY, program

SCHEMA = json.loads((SOURCE / "docs" / "search.schema.json").read_text())
MODELS = SOURCE / "tests" / "data" / "small_models"

# A loss that halves with every bit. What is far beyond the tolerance ends after an eighth, with a guess that is 10 % off.
EVALUATOR = """
import json, sys
for line in sys.stdin:
    question = json.loads(line)
    loss = sum(2.0 ** -bits for bits in (question["combination"] or {}).values())
    tolerance = question.get("tolerance")
    with open("asked", "a") as file:
        file.write(line)
    if tolerance is not None and loss > 2 * tolerance:
        print(json.dumps({"perplexity": 5 * (1 + 0.9 * loss), "stopped_after": 0.125}), flush=True)
    else:
        print(json.dumps({"perplexity": 5 * (1 + loss)}), flush=True)
"""


def search(folder, *options, status=0):
    done = subprocess.run([program(), "search", *map(str, options)], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    return done


def made_up(folder, out, *options, status=0, evaluator=EVALUATOR):
    (folder / "evaluator.py").write_text(evaluator)
    (folder / "asked").unlink(missing_ok=True)
    command = f"exec {shlex.quote(sys.executable)} evaluator.py"
    done = search(folder, "--model", "OPT-1.3B", *TINY, "--evaluator", command, "--out", out, *options, status=status)
    if status == 2 or not (folder / out / "search.json").exists():
        return done.stderr, None, None
    report = json.loads((folder / out / "search.json").read_text())
    jsonschema.validate(report, SCHEMA)
    log = [json.loads(line) for line in (folder / out / "log.jsonl").read_text().splitlines()[2:]]
    return done.stdout, report, log


def questions(folder):
    return [json.loads(line) for line in (folder / "asked").read_text().splitlines()]


def test_the_same_is_found(tmp_path):
    tolerances = ("--tolerance", "1%,10%")
    _, usual, visits = made_up(tmp_path, "usual", *tolerances)
    asked = len(questions(tmp_path)) - 1
    text, early, log = made_up(tmp_path, "early", *tolerances, "--early-stop")
    assert early["results"] == usual["results"] and "early_stop" not in usual
    stopped = [line for line in log if "stopped_after" in line]
    assert stopped and all(not line["accepted"] and "perplexity" not in line and line["stopped_after"] == 0.125 for line in stopped)
    assert [line["combination"] for line in log] == [line["combination"] for line in visits]  # the same path
    news = questions(tmp_path)[1:]
    assert len(news) >= asked and all(question["tolerance"] in (0.01, 0.1) for question in news)
    ended = len(stopped)
    share = (len(news) - ended + ended / 8) / len(news)
    assert early["early_stop"] == {"evaluations": len(news), "stopped": ended, "share": pytest.approx(share)}
    assert f"{ended} ended early, all took {100 * share:.0f} % of their tokens" in " ".join(text.split())
    in_front = [entry["combination"] for entry in early["front"]]
    assert in_front and all(entry in [line["combination"] for line in log if "perplexity" in line] for entry in in_front)


def test_a_log_is_continued(tmp_path):
    made_up(tmp_path, "out", "--tolerance", "1%", "--early-stop")
    text, _, log = made_up(tmp_path, "out", "--tolerance", "1%", "--early-stop")
    assert not (tmp_path / "asked").exists() and "0 of them new" in text
    # A smaller tolerance knows what is beyond a larger one; a larger one, and a search without the option, asks again.
    stopped = [line["combination"] for line in log if "stopped_after" in line]
    made_up(tmp_path, "out", "--tolerance", "0.5%", "--early-stop")
    again = [list(question["combination"].values()) for question in questions(tmp_path)]
    assert not [combination for combination in again if combination in stopped]
    made_up(tmp_path, "out", "--tolerance", "1%")
    again = [list(question["combination"].values()) for question in questions(tmp_path)]
    assert [combination for combination in again if combination in stopped] and all("tolerance" not in q for q in questions(tmp_path))


def test_what_comes_closest_is_evaluated_to_its_end(tmp_path):
    _, report, _ = made_up(tmp_path, "out", "--tolerance", "0.0001%", "--early-stop", status=1)
    best = report["results"][0]["best"]
    assert best["combination"] == [13] * 4 and best["loss"] == pytest.approx(4 * 2.0**-13)


WRONG = {
    "within the tolerance": ('{"perplexity": 5.01, "stopped_after": 0.5}', "ended early, but its loss"),
    "no share": ('{"perplexity": 9, "stopped_after": 1}', "stopped_after is a share of the text, above 0 and below 1"),
    "a text": ('{"perplexity": 9, "stopped_after": "half"}', "stopped_after is a share"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_answers(tmp_path, case):
    answer, message = WRONG[case]
    evaluator = f"import sys\nfor number, line in enumerate(sys.stdin):\n    print('{answer}' if number else '{{\"perplexity\": 5}}', flush=True)\n"
    stderr, _, _ = made_up(tmp_path, "out", "--tolerance", "1%", "--early-stop", status=1, evaluator=evaluator)
    assert message in stderr


def test_an_answer_that_nothing_let_end_early(tmp_path):
    evaluator = "import sys\nfor line in sys.stdin:\n    print('{\"perplexity\": 5, \"stopped_after\": 0.5}', flush=True)\n"
    stderr, _, _ = made_up(tmp_path, "out", status=1, evaluator=evaluator)
    assert "ended an evaluation early without being allowed to" in stderr


def test_a_damaged_log(tmp_path):
    made_up(tmp_path, "out", "--tolerance", "1%", "--early-stop")
    log = tmp_path / "out" / "log.jsonl"
    text = log.read_text()
    for old, new in (('"stopped_after":0.125', '"stopped_after":1.5'), ('"estimate":', '"guess":')):
        log.write_text(text.replace(old, new, 1))
        stderr, _, _ = made_up(tmp_path, "out", "--tolerance", "1%", "--early-stop", status=2)
        assert "log.jsonl:3" in stderr and "stopped_after between 0 and 1" in stderr


def test_the_built_in_evaluator(tmp_path):
    """Ten parts of 512 tokens: one look, after eight."""
    np.save(tmp_path / "tokens.npy", np.load(MODELS / "calibration.npy")[: 40 * 128])
    options = ("--model-dir", MODELS / "opt", "--tokens", "tokens.npy", "--tolerance", "5%", "--iterations", "3", "--threads", "1")
    reports = []
    for out, more in (("usual", ()), ("early", ("--early-stop",))):
        search(tmp_path, *options, "--out", out, *more)
        reports.append(json.loads((Path(tmp_path) / out / "search.json").read_text()))
    assert reports[0]["results"] == reports[1]["results"] and reports[0]["baseline_perplexity"] == reports[1]["baseline_perplexity"]
    stop = reports[1]["early_stop"]
    assert 0 < stop["stopped"] < stop["evaluations"] == 3
    assert stop["share"] == pytest.approx((3 - 0.2 * stop["stopped"]) / 3)
