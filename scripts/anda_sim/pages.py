# SPDX-License-Identifier: Apache-2.0
"""Manual pages and shell completions of the installed commands, made from their parsers:

    python3 -m anda_sim.pages FOLDER

writes FOLDER/man1, bash, zsh and fish."""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple

from .version import VERSION


class Command(NamedTuple):
    meaning: str
    module: str
    parser: str


COMMANDS = {
    "anda-sweep": Command("sweep parameters of the Anda simulator", "anda_sim.sweeps.cli", "sweep_parser"),
    "anda-explore": Command("search parameters of the Anda simulator", "anda_sim.sweeps.explore_cli", "explore_parser"),
    "anda-report": Command("make an HTML report of results of the Anda simulator", "anda_sim.reports.report", "report_parser"),
    "anda-plot": Command("draw a figure of results of the Anda simulator", "anda_sim.reports.plot", "plot_parser")}


class _Option(NamedTuple):
    """An option or a positional argument, as shown by manual pages and shells."""

    names: List[str]
    value: str
    choices: List[str]
    meaning: str
    repeats: bool


def _options(parser: argparse.ArgumentParser) -> List[_Option]:
    found = []
    for action in parser._actions:
        takes_value = action.nargs != 0
        metavar = action.metavar if isinstance(action.metavar, str) else (action.dest.upper() if takes_value else "")
        meaning = (action.help or "") % {"prog": parser.prog, "default": action.default}
        found.append(_Option(list(action.option_strings), metavar, list(map(str, action.choices or [])), meaning,
                             isinstance(action, argparse._AppendAction)))
    return found


def _troff(text: str) -> str:
    """Escapes a text so that troff shows it unchanged."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").split("\n")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in lines)


def man_page(name: str, meaning: str, parser: argparse.ArgumentParser) -> str:
    usage = parser.format_usage().removeprefix("usage: ").strip()
    page = [f'.TH {_troff(name.upper())} 1 "" "anda-sim {VERSION}" ""', ".SH NAME", f"{_troff(name)} \\- {_troff(meaning)}", ".SH SYNOPSIS",
            ".nf", _troff(usage), ".fi", ".SH DESCRIPTION"]
    raw = parser.formatter_class is argparse.RawDescriptionHelpFormatter
    page += [".nf", _troff((parser.description or "").strip()), ".fi"] if raw else [_troff(parser.description or "")]
    page.append(".SH OPTIONS")
    for option in _options(parser):
        value = "{" + ",".join(option.choices) + "}" if option.choices else option.value
        head = f"{', '.join(option.names)} {value}".strip() if option.names else value
        page += [".TP", f".B {_troff(head)}", _troff(option.meaning)]
    epilog = (parser.epilog or "Exit status: 0 done, 1 the command failed, 2 the input is wrong.").removeprefix("Exit status: ")
    page += [".SH EXIT STATUS", _troff(epilog), ".SH SEE ALSO", ".BR anda\\-sim (1)"]
    return "\n".join(page) + "\n"


def _bash(name: str, _: str, parser: argparse.ArgumentParser) -> str:
    function = "_" + name.replace("-", "_")
    options = [option for option in _options(parser) if option.names]
    cases = "".join(f"    {'|'.join(option.names)}) mapfile -t COMPREPLY < <(compgen -W '{' '.join(option.choices)}' -- \"$current\"); return ;;\n"
                    for option in options if option.choices)
    words = " ".join(word for option in options for word in option.names)
    return (f"# Completions of {name} for bash.\n{function}() {{\n  local current=${{COMP_WORDS[COMP_CWORD]}}\n  COMPREPLY=()\n"
            f"  case ${{COMP_WORDS[COMP_CWORD-1]}} in\n{cases}    *) ;;\n  esac\n"
            f"  [[ $current != -* ]] || mapfile -t COMPREPLY < <(compgen -W '{words}' -- \"$current\")\n}}\n"
            f"complete -o bashdefault -o default -F {function} {name}\n")


def _quoted(text: str, inside: str) -> str:
    return "'" + text.replace("'", inside) + "'"


def _zsh_text(text: str) -> str:
    return "".join("\\" + character if character in "[]:\\" else character for character in text)


def _zsh(name: str, _: str, parser: argparse.ArgumentParser) -> str:
    words = []
    for option in _options(parser):
        action = f"({' '.join(option.choices)})" if option.choices else "_files"
        value = f":{_zsh_text(option.value or 'value')}:{action}" if option.value or option.choices else ""
        if option.names:
            words += [_quoted(f"{'*' if option.repeats else ''}{each}[{_zsh_text(option.meaning)}]{value}", "'\\''") for each in option.names]
        else:
            words.append(_quoted(f"*{value}", "'\\''"))
    return f"#compdef {name}\n# Completions of {name} for zsh.\n_arguments \\\n  " + " \\\n  ".join(words) + "\n"


def _fish(name: str, _: str, parser: argparse.ArgumentParser) -> str:
    lines = [f"# Completions of {name} for fish."]
    for option in _options(parser):
        if option.names:
            names = [f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in option.names]
            value = f" -x -a '{' '.join(option.choices)}'" if option.choices else " -r" if option.value else ""
            lines.append(f"complete -c {name} {' '.join(names)}{value} -d {_quoted(option.meaning, chr(92) + chr(39))}")
    return "\n".join(lines) + "\n"


# Folder and name of each kind of page.
_KINDS: Dict[str, Callable[[str, str, argparse.ArgumentParser], str]] = {
    "man1/{}.1": man_page, "bash/{}": _bash, "zsh/_{}": _zsh, "fish/{}.fish": _fish}


def write(folder: Path) -> None:
    for name, command in COMMANDS.items():
        parser = getattr(import_module(command.module), command.parser)()
        parser.prog = name
        for place, text in _KINDS.items():
            path = folder / place.format(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(name, command.meaning, parser), encoding="utf-8")


if __name__ == "__main__":
    os.environ["COLUMNS"] = "74"  # for the synopsis, which manual pages indent
    write(Path(sys.argv[1]))
