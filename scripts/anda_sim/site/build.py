# SPDX-License-Identifier: Apache-2.0
"""The command that builds the site."""

import argparse
import json
import logging
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, List, Optional

from anda_sim.common import tree
from anda_sim.common.errors import InputError, RunError
from anda_sim.version import VERSION

from .api import write_pages
from .links import broken_links
from .sources import Sources

_INDEX = Path("search") / "search_index.json"
# Marks a folder of generated pages.
_MARK = Path("api.html")


class _Messages(logging.Handler):
    """Collects warnings of mkdocs: links without a page, pages missing from the navigation."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: List[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += record.getMessage().splitlines()


def _make_pages(sources: Sources, pages: Path, out: Path) -> None:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    logger, messages = logging.getLogger("mkdocs"), _Messages()
    logger.addHandler(messages)
    logger.propagate = False
    try:
        config: Any = load_config(str(tree.SOURCE / "docs" / "site" / "mkdocs.yml"), docs_dir=str(pages), site_dir=str(out), nav=sources.navigation())
        config["plugins"].run_event("startup", command="build", dirty=False)
        build(config)
    finally:
        logger.removeHandler(messages)
    if messages.lines:
        raise InputError(*messages.lines)


def _finish_search(sources: Sources, out: Path) -> None:
    """Removes source files from the search index, and adds the index as a script for pages opened as local files."""
    index = json.loads((out / _INDEX).read_text(encoding="utf-8"))
    index["docs"] = [entry for entry in index["docs"] if not sources.is_code(entry["location"])]
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    (out / _INDEX).write_text(text, encoding="utf-8")
    (out / _INDEX.with_suffix(".js")).write_text(f"window.search_index = {text};\n", encoding="utf-8")
    shutil.copy(tree.SOURCE / "docs" / "site" / "files.js", out / "search" / "files.js")


def build_site(out: Path) -> int:
    """Builds the site in `out`, and returns its number of pages. InputError names links that lead nowhere."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=tree.SOURCE, capture_output=True, encoding="utf-8")
    if listed.returncode != 0:
        raise RunError(f"git: {listed.stderr.strip()}")
    tracked = [name for name in listed.stdout.split("\0") if name and (tree.SOURCE / name).is_file()]
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temporary:
        pages, made = Path(temporary) / "pages", Path(temporary) / "made"
        pages.mkdir()
        sources = Sources(tree.SOURCE, tracked, pages)
        sources.copy()
        write_pages(tree.SOURCE, pages, VERSION)
        shutil.copy(tree.SOURCE / "docs" / "site" / "site.css", pages)
        _make_pages(sources, pages, made)
        _finish_search(sources, made)
        (made / "404.html").unlink()  # for servers; its links are absolute
        wrong = broken_links(made)
        if wrong:
            raise InputError(*wrong)
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    return sum(1 for _ in out.rglob("*.html"))


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(
        description="Builds the documentation site: the pages of docs/, the README and the library's public headers.",
        epilog="Open index.html of the folder in a browser; pages and search need no server and no network.")
    parser.add_argument("--out", metavar="DIR", type=Path, default=tree.SOURCE / "build" / "site", help="folder of the site (default: build/site)")
    out = Path(parser.parse_args(arguments).out).resolve()
    if out.exists() and not (out / _MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"--out {out}: is something else than a site")
    if not tree.is_there():
        raise InputError("site: needs the source tree: run scripts/site of it")
    count = build_site(out)
    print(f"{out / 'index.html'}: {count} pages")
    return 0
