# SPDX-License-Identifier: Apache-2.0
"""The command anda-sim search: options, terminal output, the commands of its page."""

import json
import os
import pty
import select
import shlex
import subprocess

import pytest

from search_tools import HANGS, SOURCE, TINY, program, wait_for


@pytest.mark.parametrize("args, fragment", [
    (["--model", "OPT-1.3B"], "needs --evaluator COMMAND"),
    (["--evaluator", "x"], "needs a configuration or --model"),
    (["--evaluator", "x", "--model-dir", "y"], "are mutually exclusive"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tokens", "y"], "--tokens cannot be combined with --evaluator"),
    (["--model-dir", "y", "--model", "OPT-1.3B"], "option --tokens is missing"),
    (["--model-dir", "y", "--tokens", "y", "--evaluator-timeout", "5"], "cannot be combined with --model-dir"),
    (["--evaluator", "x", "--model", "OPT-1.4B"], "OPT-1.3B"),
    (["--evaluator", "x", "--model", "none.json"], "none.json"),
    (["--evaluator", "x", "none.yaml"], "none.yaml"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "run.yaml"], "not both"),
    (["--evaluator", " ", "--model", "OPT-1.3B"], "option --evaluator is empty"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "1"], "otherwise 1%"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "-1%"], "--tolerance"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "nan"], "--tolerance"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "1%,"], "--tolerance"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "1%,0.01"], "1 % is given twice"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--objective", "cycle"], "did you mean `cycles`"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--iterations", "0"], "--iterations"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--layer-iterations", "3"], "--layer-iterations needs --per-layer"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--evaluator-timeout", "0"], "--evaluator-timeout"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--set", "functional.enabled=true"], "functional.enabled"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--set", "accelerator.mxu.rows=0"], "accelerator.mxu.rows"),
    (["--evaluator", "x", "plain.yaml"], "there is nothing to search"),
])
def test_wrong_options(tmp_path, args, fragment):
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\na,0,T,16,64,64\n")
    (tmp_path / "plain.yaml").write_text("workload: {trace: trace.csv}\n")
    done = subprocess.run([program(), "search", *args, "--out", "out"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert fragment in done.stderr, done.stderr
    assert not (tmp_path / "out").exists()


def test_results_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    done = subprocess.run([program(), "search", "--model", "OPT-1.3B", "--evaluator", "exit 1", "--out", "file/out"],
                          cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "file" in done.stderr


def test_a_terminal_shows_progress(tmp_path):
    # The bar stays at half until the test has seen it.
    answer = "read line; echo '{\"perplexity\": 5}'; "
    command = 3 * answer + "until test -e seen; do sleep 0.05; done; " + 2 * answer
    words = [program(), "search", "--model", "OPT-1.3B", "--evaluator", command, "--iterations", "4", "--out", "out", *TINY]
    try:
        terminal, its_end = pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal to be had here: {error}")
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=its_end, text=True,
                               env={**os.environ, "TERM": "xterm"})
    seen = ""

    def read_more():
        nonlocal seen
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 1 << 16).decode()
        return "[###############               ]  50 %" in seen

    wait_for(read_more, "half of the bar")
    (tmp_path / "seen").touch()
    output, _ = process.communicate(timeout=HANGS)
    while select.select([terminal], [], [], 0)[0]:
        seen += os.read(terminal, 1 << 16).decode()
    os.close(its_end)
    os.close(terminal)
    assert process.returncode == 0 and "OPT-1.3B" in output
    assert seen.endswith("\r\x1b[K")


def test_the_first_commands_of_the_page_print_its_output(tmp_path):
    page = (SOURCE / "docs" / "search.md").read_text()
    commands = page.split("```sh\n")[1].split("```")[0]
    (tmp_path / "examples").symlink_to(SOURCE / "examples")
    done = subprocess.run(["sh", "-ec", commands.replace("scripts/anda-sim", shlex.quote(program()))], cwd=tmp_path,
                          capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 0, done.stderr
    shown = page.split("```text\n")[1].split("```")[0]
    assert done.stdout.startswith(shown)
    shown = page.split("```text\n{")[1].split("```")[0]
    shown = ("{" + shown).splitlines()
    for line, written in zip(shown, (tmp_path / "results" / "search" / "log.jsonl").read_text().splitlines()):
        line, written = json.loads(line), json.loads(written)
        for key in line:
            assert line[key] == written[key] or str(written[key]).startswith(line[key].rstrip("…"))
