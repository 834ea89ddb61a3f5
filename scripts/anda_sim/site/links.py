# SPDX-License-Identifier: Apache-2.0
"""Checks the pages of a folder: each link leads to an existing file and anchor, and nothing is loaded from elsewhere."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Dict, List, Optional, Set, Tuple
from urllib.parse import unquote, urlsplit

_LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("object", "data")}


class _Page(HTMLParser):
    """The anchors and the links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: Set[str] = set()
        self.links: List[Tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag, name) == ("a", "name"):
                self.places.add(value)
            elif (tag, name) == ("a", "href") or (tag, name) in _LOADED:
                self.links.append((value, tag != "a"))


def broken_links(folder: Path) -> List[str]:
    """A line for each wrong link of the .html files in the folder."""
    pages: Dict[Path, _Page] = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for link, loaded in page.links:
            problem = _problem(folder, path, link, loaded, pages)
            if problem:
                found.append(f"{path.relative_to(folder)}: {link}: {problem}")
    return found


def _problem(folder: Path, path: Path, link: str, loaded: bool, pages: Dict[Path, _Page]) -> str:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        if loaded and parts.scheme not in ("data", "javascript"):
            return "is loaded from elsewhere"
        return "" if parts.scheme in ("https", "http", "mailto", "data", "javascript") else "is no address"
    target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
    if target.is_dir():
        target /= "index.html"
    if folder not in target.parents or not target.is_file():
        return "there is no such file"
    place = unquote(parts.fragment)
    if place and target in pages and place not in pages[target].places and not place.startswith("__"):
        return "the page has no such place"
    return ""
