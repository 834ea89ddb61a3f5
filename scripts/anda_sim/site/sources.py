# SPDX-License-Identifier: Apache-2.0
"""The Markdown of the site: pages of the tree at their places, and a page for each other file or folder that they link to."""

import json
import re
import shutil
from pathlib import Path
from typing import Dict, List, Set, Union

from anda_sim.common.errors import InputError

NavEntry = Union[str, Dict[str, Union[str, List[str]]]]

# Links of a Markdown page outside of code; `[text](#place)` and addresses are not files.
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)")
# A link whose text is the name of the file.
_NAMED = re.compile(r"\[([^\]\s]+\.md)\](?=\(\1[)#])")
_TITLE = re.compile(r"^# (.*)$", re.MULTILINE)
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_ITEM = re.compile(r"(- |\d\. )")
_SHOWN_BY_BROWSERS = (".md", ".svg", ".png", ".csv", ".json")
_LANGUAGES = {".h": "cpp", ".cpp": "cpp", ".c": "c", ".py": "python", ".yaml": "yaml", ".yml": "yaml", ".sv": "systemverilog", ".cmake": "cmake"}
_FIRST_PAGE, _OTHER_PAGES = "README.md", ("CONTRIBUTING.md", "CHANGELOG.md")


def _notebook(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) if cell["cell_type"] == "markdown" else f"```python\n{''.join(cell['source'])}\n```" for cell in cells]
    return "\n\n".join(text for text in texts if text)


def _indented(text: str) -> str:
    """The text for Python's Markdown, which requires the content of a list item to be indented by four columns."""
    lines, width = [], 0
    for line in text.split("\n"):
        item = _ITEM.match(line)
        if item:
            width = len(item[1])
        elif line and not line.startswith(" " * width):
            width = 0
        lines.append(" " * (4 - width) + line if width and line and not item else line)
    return "\n".join(lines)


def _listing(path: Path, files: Set[Path]) -> str:
    return "\n".join(f"- [{file.relative_to(path)}]({file.relative_to(path)}.md)" for file in sorted(files))


class Sources:
    """Copies the sources of the site from `root` to `folder`, where mkdocs reads them."""

    def __init__(self, root: Path, tracked: List[str], folder: Path) -> None:
        self._root, self._folder = root, folder
        self._tracked = {root / name for name in tracked}
        self._shown: Set[Path] = set()

    def copy(self) -> None:
        for path in sorted(self._tracked):
            name = path.relative_to(self._root)
            if path.suffix == ".md" and (str(name) in (_FIRST_PAGE, *_OTHER_PAGES) or name.parts[0] == "docs"):
                self._write(name, self._linked(path, path.read_text(encoding="utf-8")))

    def navigation(self) -> List[NavEntry]:
        """Navigation of the site: the first page, the README's table of pages with its headings, then the pages for developers. InputError
        if the table lacks a page of docs/."""
        sections: Dict[str, List[str]] = {}
        pages: List[str] = []
        for row in re.findall(r"^\| (.*?) \|", (self._root / _FIRST_PAGE).read_text(encoding="utf-8"), re.MULTILINE):
            heading = re.fullmatch(r"\*\*(.*)\*\*", row)
            if heading:
                pages = sections.setdefault(heading[1][0].upper() + heading[1][1:], [])
            elif sections:
                pages += re.findall(r"\]\((docs/[^)#]*\.md)\)", row)
        named = [page for pages in sections.values() for page in pages]
        missing = sorted({str(path.relative_to(self._root)) for path in self._tracked
                          if path.suffix == ".md" and self._root / "docs" in path.parents} - set(named))
        if missing:
            raise InputError(*(f"{_FIRST_PAGE}: its table of pages has no {page}" for page in missing))
        entries: List[NavEntry] = [{"Overview": _FIRST_PAGE}]
        for title, pages in (*sections.items(), ("For developers", ["api.md", *_OTHER_PAGES])):
            entries.append({title: pages})
        return entries

    def is_code(self, location: str) -> bool:
        """Whether a page of the site shows a file of the tree."""
        return (self._root / location.split("#")[0].removesuffix(".html")) in self._shown

    def _write(self, name: Path, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _linked(self, page: Path, text: str) -> str:
        """Redirects links to files that are not pages to generated pages that show them. InputError for a file outside the tree."""

        def target(found: "re.Match[str]") -> str:
            path = (page.parent / found[1]).resolve()
            if path.is_dir():
                self._show(path)
                return f"{found[1].rstrip('/')}.md"
            if path not in self._tracked:
                raise InputError(f"{page.relative_to(self._root)}: links to {found[1]}, which is not in the tree")
            if path.suffix not in _SHOWN_BY_BROWSERS:
                self._show(path)
                return f"{found[1]}.md"
            if path.suffix != ".md":
                self._copy(path)
            return found[1]

        def title(found: "re.Match[str]") -> str:
            heading = _TITLE.search((page.parent / found[1]).read_text(encoding="utf-8"))
            return f"[{heading[1] if heading else found[1]}]"

        parts = _CODE.split(_indented(text))
        parts[::2] = [_LINK.sub(target, _NAMED.sub(title, part)) for part in parts[::2]]
        parts[1::2] = [part.replace("\\|", "|") for part in parts[1::2]]  # escaped in tables; Python's Markdown needs no escape in code
        return "".join(parts)

    def _copy(self, path: Path) -> None:
        place = self._folder / path.relative_to(self._root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)

    def _show(self, path: Path) -> None:
        if path in self._shown:
            return
        self._shown.add(path)
        name = path.relative_to(self._root)
        if path.is_dir():
            files = {file for file in self._tracked if path in file.parents}
            for file in files:
                self._show(file)
            body = _listing(path, {path.parent / f"{path.name}" / file.relative_to(path) for file in files}).replace("](", f"]({path.name}/")
        elif path.suffix == ".ipynb":
            body = _notebook(path)
        else:
            fence = "~~~~~~"
            body = f"{fence}{_LANGUAGES.get(path.suffix, 'text')}\n{path.read_text(encoding='utf-8')}\n{fence}"
        self._write(Path(f"{name}.md"), f"---\ntitle: {name}\n---\n\n{body}\n")
