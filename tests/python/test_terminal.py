# SPDX-License-Identifier: Apache-2.0
"""Output on a terminal of some width: nothing wraps, a summary comes first, and programs get JSON."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from sweep_tools import ROOT, program, write

from anda_sim.common.table import text_table

COMMANDS = ["run", "compare", "search", "serve", "profile", "cache", "config", "trace", "models", "evaluate", "formats", "glossary",
            "registers", "completion", "man"]
LLAMA = ROOT / "configs" / "llama-13b.yaml"


def at(columns, *command, cwd=None, **environment):
    """(exit status, output on a terminal of that many columns)."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=follower, stderr=follower, cwd=cwd,
                               env={**os.environ, "TERM": "xterm", **environment})
    os.close(follower)
    text = b""
    while True:
        try:
            part = os.read(leader, 1 << 16)
        except OSError:  # the end of a terminal
            break
        if not part:
            break
        text += part
    os.close(leader)
    return process.wait(), text.decode()


def lines_of(text):
    """The visible lines of a terminal, after carriage returns and without control sequences."""
    return [re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", piece) for piece in re.split(r"[\r\n]+", text)]


def said(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("columns", [60, 80, 160])
def test_no_line_of_a_run_is_wider_than_the_terminal(tmp_path, columns):
    status, text = at(columns, program(), "run", LLAMA, "--details", "--set", "systems=fp-fp,figna,anda", "--set", "workload.phase=decode",
                      "--out", "out", cwd=tmp_path)
    lines = lines_of(text)
    assert status == 0 and max(map(len, lines)) <= columns, max(lines, key=len)
    assert any("%" in line and "elapsed" in line for line in lines), "there is a bar"
    # The bar is erased: nothing of it precedes the first table.
    assert "\x1b[K" in text and not [line for line in text.split("\n") if "elapsed" in line.rsplit("\x1b[K", 1)[-1]]


@pytest.mark.parametrize("columns", [60, 80])
def test_no_line_of_a_comparison_a_search_and_a_sweep_is_wider_than_the_terminal(tmp_path, columns):
    write(tmp_path)
    (tmp_path / "c.yaml").write_text("systems: [fp-fp, fp-int, ifpu, figna, figna-m11, figna-m8, anda]\nmodels: {one: base.yaml, two: base.yaml}\n")
    made_up = ROOT / "examples" / "evaluator" / "made_up"
    for command in ([program(), "compare", "c.yaml", "--out", "c"],
                    [program(), "search", "base.yaml", "--evaluator", made_up, "--simulate", "--out", "s"],
                    [ROOT / "scripts" / "sweep", "s.yaml", "--program", program(), "--out", "w"]):
        status, text = at(columns, *command, cwd=tmp_path)
        lines = lines_of(text)
        assert status == 0 and max(map(len, lines)) <= columns, (command, max(lines, key=len))


def test_the_summary_comes_first_and_details_on_request(tmp_path):
    summary = said(program(), "run", LLAMA, "--out", tmp_path / "out")
    details = said(program(), "run", LLAMA, "--out", tmp_path / "out", "--details")
    tables = summary[: summary.index(f"\n{tmp_path}")]
    assert details.startswith(tables) and "A_qkv" in details and "A_qkv" not in summary
    assert len(summary.splitlines()) < 16 and summary.endswith("--details prints tensor types and blocks\n")


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_a_terminal_has_colours_and_nothing_else_has(tmp_path):
    """Headings, ratios, notes and errors, of the program and of the scripts."""
    write(tmp_path)
    run = [program(), "run", LLAMA, "--fold-layers", "--set", "workload.layers=1", "--out", tmp_path / "out"]
    sweep = [ROOT / "scripts" / "sweep", "s.yaml", "--program", program(), "--out", tmp_path / "w"]
    wrong = [program(), "run", "missing.yaml"]
    failing = [ROOT / "scripts" / "sweep", "missing.yaml", "--program", program()]
    for command, wanted in ((run, [r"\x1b\[1msystem\x1b\[0m", r"\x1b\[32m2\.2\d+×\x1b\[0m"]), (sweep, [r"\x1b\[1m *best of .*\x1b\[0m"]),
                            (wrong, [r"\x1b\[1;31merror:\x1b\[0m "]), (failing, [r"\x1b\[1;31msweep:\x1b\[0m "])):
        _, text = at(80, *command, cwd=tmp_path)
        assert all(re.search(each, text) for each in wanted), text
        piped = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=tmp_path)
        assert not COLOUR.search(piped.stdout + piped.stderr)
    for command in (run, failing):
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            assert not COLOUR.search(at(80, *command, cwd=tmp_path, **environment)[1]), environment
        assert COLOUR.search(at(80, *command, cwd=tmp_path, NO_COLOR="")[1]), "an empty NO_COLOR does not count"
    for file in (tmp_path / "out").iterdir():
        assert b"\x1b" not in file.read_bytes()


def test_color_says_when(tmp_path):
    command = [program(), "run", LLAMA, "--fold-layers", "--set", "workload.layers=1", "--out", tmp_path / "out"]
    plain = said(*command)
    for place in (1, 2, len(command)):
        for option in (["--color", "always"], ["--color=always"]):
            coloured = said(*command[:place], *option, *command[place:])
            assert coloured != plain and COLOUR.sub("", coloured) == plain
    assert not COLOUR.search(at(80, *command, "--color", "never")[1])
    for option, fragment in ((["--color", "blue"], "option --color is \"blue\", must be auto, always or never"),
                             (["--color"], "option --color needs auto, always or never")):
        done = subprocess.run([*map(str, command), *option], capture_output=True, text=True)
        assert done.returncode == 2 and fragment in done.stderr
    write(tmp_path)
    sweep = [ROOT / "scripts" / "sweep", "s.yaml", "--program", program(), "--out", tmp_path / "w"]
    done = [subprocess.run([*map(str, sweep), *more], capture_output=True, text=True, cwd=tmp_path).stdout for more in ([], ["--color=always"])]
    assert COLOUR.search(done[1]) and COLOUR.sub("", done[1]) == done[0]


@pytest.mark.parametrize("command, file", [("run", "report.json"), ("compare", "compare.json"), ("search", "search.json")])
def test_json_is_what_the_file_has(tmp_path, command, file):
    write(tmp_path)
    (tmp_path / "c.yaml").write_text("systems: [fp-fp, anda]\nmodels: {one: base.yaml}\n")
    more = ["--evaluator", ROOT / "examples" / "evaluator" / "made_up"] if command == "search" else []
    text = said(program(), command, tmp_path / ("c.yaml" if command == "compare" else "base.yaml"), "--json", "--out", tmp_path / "out", *more)
    assert text == (tmp_path / "out" / file).read_text() and json.loads(text)
    refused = subprocess.run([program(), command, "base.yaml", "--json", "--quiet", *map(str, more)], capture_output=True, text=True)
    assert refused.returncode == 2 and "options --json and --quiet are mutually exclusive" in refused.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_eighty_columns_and_two_names(command):
    text = said(program(), command, "--help")
    assert said(program(), "help", command) == text
    assert max(map(len, text.splitlines())) <= 80, max(text.splitlines(), key=len)
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_help_of_all_has_eighty_columns():
    assert max(map(len, said(program(), "--help").splitlines())) <= 80
    unknown = subprocess.run([program(), "help", "rum"], capture_output=True, text=True)
    assert unknown.returncode == 2 and "did you mean `run`?" in unknown.stderr


def test_lists_need_no_brackets_and_numbers_may_have_units():
    plain = said(program(), "config", LLAMA, "--set", "systems=fp-fp,figna", "--set", "precision=7,6,6,5", "--set",
                 "accelerator.weight_buffer.bytes=2MiB", "--set", "accelerator.clock_hz=1GHz", "--set", "dram.energy.pj_per_bit=3.5pJ")
    assert plain == said(program(), "config", LLAMA, "--set", "systems=[fp-fp, figna]", "--set", "precision=[7,6,6,5]", "--set",
                         "accelerator.weight_buffer.bytes=2097152", "--set", "accelerator.clock_hz=1000000000", "--set",
                         "dram.energy.pj_per_bit=3.5")
    wrong = subprocess.run([program(), "config", "--set", "accelerator.weight_buffer.bytes=2GHz"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "in bytes or with a unit" in wrong.stderr


def test_tables_of_scripts_break_between_columns():
    head, rows = ["a", "bb", "ccc"], [["1", "2", "3"], ["10", "20", "30"]]
    assert text_table(head, rows) == " a  bb  ccc\n 1   2    3\n10  20   30"
    assert text_table(head, rows, 11) == text_table(head, rows)
    assert text_table(head, rows, 10) == " a  bb\n 1   2\n10  20\n\n a  ccc\n 1    3\n10   30"
    assert text_table(["x"], [["\x1b"]], 3) == "   x\n\\x1b"
    for columns in range(1, 12):
        assert all(len(line) <= max(columns, 7) for line in text_table(head, rows, columns).splitlines())


def options_of(command):
    """The long options of a command, from its help."""
    return sorted(re.findall(r"^  (?:-\w \[ )?(--[\w-]+)", said(program(), "help", command), re.M))


def test_bash_completes_commands_options_and_files(tmp_path):
    (tmp_path / "anda.bash").write_text(said(program(), "completion", "bash"))

    def completed(*words):
        script = (f"source {tmp_path}/anda.bash; COMP_WORDS=({' '.join(words)} ''); COMP_CWORD={len(words) - 1}; "
                  f"COMP_WORDS[COMP_CWORD]={words[-1] or chr(39) * 2}; _anda_sim; printf '%s\\n' \"${{COMPREPLY[@]}}\"; complete -p anda-sim")
        lines = said("bash", "-euc", script).splitlines()
        assert "-o default" in lines.pop()  # files where nothing else is found
        return sorted(filter(None, lines))

    assert completed("anda-sim", "") == sorted([*COMMANDS, "help", "--help", "--version"])
    assert completed("anda-sim", "help", "") == completed("anda-sim", "")
    assert completed("anda-sim", "conf") == ["config"]
    for command in COMMANDS:
        assert completed("anda-sim", command, "--") == options_of(command)
    assert completed("anda-sim", "run", "configs/") == []


def test_fish_completes_commands_and_options(tmp_path):
    (tmp_path / "anda.fish").write_text(said(program(), "completion", "fish"))

    def completed(line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {tmp_path}/anda.fish; complete -C {line!r}"], capture_output=True, text=True,
                              cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return sorted(each.split("\t")[0] for each in done.stdout.splitlines())

    assert completed("anda-sim ") == sorted([*COMMANDS, "help"])
    for command in COMMANDS:
        assert completed(f"anda-sim {command} --") == options_of(command)


def test_zsh_completes_commands_and_options(tmp_path):
    """Checks what the completion passes to zsh's own functions, which would need a terminal."""
    (tmp_path / "_anda-sim").write_text(said(program(), "completion", "zsh"))
    script = ("compdef() { }\n_describe() { print -l -- ${(P)2} }\n_arguments() { print -l -- \"$@\" }\n"
              f"source {tmp_path}/_anda-sim\nwords=($=LINE '')\nCURRENT=$#words\n_anda-sim\n")

    def completed(line):
        return subprocess.run(["zsh", "-fc", script], capture_output=True, text=True, check=True, env={**os.environ, "LINE": line}).stdout.splitlines()

    assert [each.split(":")[0] for each in completed("anda-sim")] == [*COMMANDS, "help"]
    assert r"[colours\: auto" in (tmp_path / "_anda-sim").read_text()  # a bare colon would end the text
    for command in COMMANDS:
        found = [each.removeprefix("*").split("[")[0] for each in completed(f"anda-sim {command}")]
        assert sorted(name for name in found if name.startswith("--")) == options_of(command)


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_manual_pages_have_every_option_and_no_warning(tmp_path, command):
    page = said(program(), "man", *([command] if command else []))
    done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-P-cbou"], input=page, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    text = done.stdout.replace("\u2010", "-").replace("\u2212", "-")
    for name in options_of(command) if command else COMMANDS:
        assert name in text
    assert text.split()[0].lower().startswith(f"anda-sim{'-' + command if command else ''}(1)"[:8])


@pytest.mark.parametrize("args", [["completion"], ["completion", "csh"], ["completion", "bas"], ["man", "rum"], ["completion", "bash", "zsh"]])
def test_unknown_shells_and_pages_are_refused(args):
    done = subprocess.run([program(), *args], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith(f"error: anda-sim {args[0]}: ") and done.stdout == ""
