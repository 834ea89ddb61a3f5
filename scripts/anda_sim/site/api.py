# SPDX-License-Identifier: Apache-2.0
"""Doxygen pages of the library's public headers, and their list on the site."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as xml
from pathlib import Path
from typing import Dict, List

from anda_sim.common.errors import InputError, RunError

_INTRODUCTION = """# Library API

The classes of the library's public headers, by folder of `models/anda`. [All classes](api/annotated.html), [all
headers](api/files.html), [all members](api/functions.html). [Using the models in a SystemC program](docs/integration.md) explains
how they are used.

| Header | Classes |
| --- | --- |
"""


def public_headers(root: Path) -> List[Path]:
    """The installed headers: all but those that CMakeLists.txt excludes."""
    text = (root / "models" / "anda" / "CMakeLists.txt").read_text(encoding="utf-8")
    private = [re.compile(each.replace("\\\\", "\\")) for each in re.findall(r'list\(FILTER public_headers EXCLUDE REGEX "(.*)"\)', text)]
    return [path for path in sorted((root / "models" / "anda").rglob("*.h")) if not any(each.search(str(path)) for each in private)]


def write_pages(root: Path, folder: Path, version: str) -> None:
    """Writes folder/api and the page folder/api.md that lists its classes. InputError with doxygen's messages."""
    tags = folder.parent / "anda.tag"
    settings = [f"@INCLUDE = {root / 'docs' / 'site' / 'doxygen.conf'}", f"OUTPUT_DIRECTORY = {folder}", f"GENERATE_TAGFILE = {tags}",
                f"PROJECT_NUMBER = {version}", *(f"INPUT += {path.relative_to(root)}" for path in public_headers(root))]
    program = shutil.which("doxygen")
    if program is None:
        raise RunError("the pages of the library need doxygen: scripts/install_dependencies site installs it")
    done = subprocess.run([program, "-"], input="\n".join(settings), cwd=root, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise InputError(*(line.replace(f"{root}/", "") for line in done.stderr.splitlines()))
    for page in (folder / "api").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        if 'href="#nested-classes"' in text and 'name="nested-classes"' not in text:  # doxygen's link to private classes, which have no pages
            page.write_text(re.sub(r'<a href="#nested-classes">[^<]*</a>( &#124;)?\s*', "", text), encoding="utf-8")
    (folder / "api.md").write_text(_INTRODUCTION + _rows(tags, root), encoding="utf-8")


def _rows(tags: Path, root: Path) -> str:
    compounds = xml.parse(tags).getroot().findall("compound")
    pages: Dict[str, str] = {_text(each, "name"): _text(each, "filename") for each in compounds}
    rows = []
    for each in compounds:
        if each.get("kind") == "file":
            header = Path(_text(each, "path")) / _text(each, "name")
            name = header.relative_to(root / "models") if header.is_absolute() else header
            classes = [str(found.text) for found in each.findall("class") if found.text in pages and "<" not in str(found.text)]
            links = ", ".join(f"[{known.removeprefix('anda::')}](api/{pages[known]})" for known in classes)
            rows.append(f"| [{name}](api/{_text(each, 'filename')}) | {links} |")
    return "\n".join(sorted(rows)) + "\n"


def _text(element: xml.Element, name: str) -> str:
    return element.findtext(name) or ""
