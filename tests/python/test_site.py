# SPDX-License-Identifier: Apache-2.0
"""The documentation site, as scripts/site builds it, opened as files."""

import html
import re
import subprocess

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from sweep_tools import ROOT

from anda_sim.common.errors import InputError
from anda_sim.site.api import public_headers
from anda_sim.site.links import broken_links
from anda_sim.site.sources import Sources
from test_package import BUILD

DOCS = sorted(path for path in (ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS]


def call(*arguments):
    return subprocess.run([ROOT / "scripts" / "site", *arguments], capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Building it checks links, places in pages, and that nothing is loaded from elsewhere."""
    folder = tmp_path_factory.mktemp("site") / "site"
    done = call("--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


def page_of(site, path):
    return site / ("index.html" if path.name == "README.md" else path.relative_to(ROOT).with_suffix(".html"))


def article(path):
    """What a page says, without the marks that lead to its places."""
    text = path.read_text()
    text = text[text.index('<article class="md-content__inner md-typeset">'):text.index("</article>")]
    return re.sub(r'<a class="headerlink".*?</a>|<a id="__codelineno.*?</a>', "", text)


def elements(text):
    return {tag: len(re.findall(rf"<{tag}[ >]", text)) for tag in
            ("li", "ul", "ol", "tr", "td", "pre", "code", "h1", "h2", "h3", "img", "strong", "em", "del", "a")}


def words(text):
    """Without blanks, and without the links, whose names are replaced by titles."""
    return re.sub(r"\s+", "", html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<a[ >].*?</a>", "", text, flags=re.DOTALL))))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_has_the_text_and_elements_that_github_shows(site, path):
    options = [word for name in ("table", "strikethrough", "autolink") for word in ("-e", name)]
    reference = subprocess.run(["cmark-gfm", "--unsafe", *options, path], capture_output=True, text=True, check=True).stdout
    shown = article(page_of(site, path))
    assert elements(shown) == elements(reference)
    assert words(shown) == words(reference)


def test_the_navigation_leads_to_every_page(site):
    links = re.findall(r'<a href="([^"#]*)"[^>]* class="md-nav__link', (site / "LICENSE.html").read_text())
    assert set(links) == {str(page_of(site, path).relative_to(site)) for path in PAGES} | {"api.html"}


def test_the_api_is_that_of_the_installed_headers(site):
    installed = re.findall(r'"([^"]*/models/anda/[^"]*\.h)"', (BUILD / "cmake_install.cmake").read_text())
    assert installed and {str(path) for path in public_headers(ROOT)} == set(installed)
    listed = re.findall(r'<a href="api/[^"]*">(anda/[^<]*)</a>', (site / "api.html").read_text())
    assert sorted(listed) == sorted(path.split("/models/")[1] for path in set(installed))
    accelerator = (site / "api" / "classanda_1_1Accelerator.html").read_text()
    header = (ROOT / "models" / "anda" / "accelerator" / "accelerator.h").read_text()
    assert re.search(r"^/// (.*)\n///\n(?:///.*\n)*class Accelerator", header, re.MULTILINE)[1] in accelerator
    assert 'url:"../index.html"' in (site / "api" / "menudata.js").read_text()


def test_files_and_folders_that_pages_link_to_are_pages(site):
    assert "class Mxu" in words(article(site / "models" / "anda" / "mxu" / "mxu.h.html")).replace("classMxu", "class Mxu")
    assert 'href="blocks/dma.cpp.html"' in article(site / "examples" / "blocks.html")
    assert "import anda_sim" in html.unescape(re.sub(r"<[^>]*>", "", next((site / "examples" / "notebooks").glob("*.html")).read_text()))


@pytest.mark.parametrize("width", [1280, 390])
def test_search_works_in_pages_opened_as_files(site, browser, width):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 700})
    browser.get_log("browser")
    browser.get((site / "docs" / "dram.html").as_uri())
    browser.execute_script("document.querySelector('.md-header [for=__search]').click()")
    browser.find_element(By.CSS_SELECTOR, ".md-search__input").send_keys("refresh")
    results = WebDriverWait(browser, 30).until(lambda driver: driver.find_elements(By.CSS_SELECTOR, ".md-search-result__item a"))
    assert any("docs/dram.html" in result.get_attribute("href") for result in results)
    WebDriverWait(browser, 30).until(lambda driver: driver.execute_script("return document.documentElement.scrollWidth") <= width)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_files_of_the_tree_are_not_in_the_search(site):
    places = re.findall(r'"location":"([^"]*)"', (site / "search" / "search_index.json").read_text())
    assert any(place.startswith("docs/") for place in places) and not any(place.startswith(("models/", "tests/", "examples/")) for place in places)


@pytest.mark.parametrize("body, problem", [
    ('<a href="b.html">b</a>', "b.html: there is no such file"),
    ('<a href="a.html#there">a</a>', "a.html#there: the page has no such place"),
    ('<a href="#there">a</a>', "#there: the page has no such place"),
    ('<a href="../outside.html">a</a>', "../outside.html: there is no such file"),
    ('<script src="https://example.org/a.js"></script>', "https://example.org/a.js: is loaded from elsewhere"),
    ('<link rel="stylesheet" href="//example.org/a.css">', "//example.org/a.css: is loaded from elsewhere"),
    ('<img src="a.png">', "a.png: there is no such file")])
def test_wrong_links_are_found(tmp_path, body, problem):
    (tmp_path / "outside.html").touch()
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "a.html").write_text(f'<h1 id="here">a</h1><a href="#here">a</a><a href="https://example.org">e</a>{body}')
    assert broken_links(folder) == [f"a.html: {problem}"]


def sources(folder, pages):
    for name, text in {"README.md": "# first\n\n| Page | Content |\n| --- | --- |\n| **the model** | |\n| [docs/a.md](docs/a.md) | a |\n", **pages}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return Sources(folder, ["README.md", *pages], folder / "made")


def test_a_page_that_the_readme_does_not_name_is_refused(tmp_path):
    made = sources(tmp_path, {"docs/a.md": "# a\n", "docs/b.md": "# b\n"})
    with pytest.raises(InputError, match="README.md: its table of pages has no docs/b.md"):
        made.navigation()


def test_a_link_to_a_file_that_is_not_in_the_tree_is_refused(tmp_path):
    with pytest.raises(InputError, match="docs/a.md: links to ../models/x.h, which is not in the tree"):
        sources(tmp_path, {"docs/a.md": "# a\n\n`[no link](x)`, [header](../models/x.h)\n"}).copy()


def test_names_of_pages_become_their_titles(tmp_path):
    sources(tmp_path, {"docs/a.md": "# The title\n\n[a.md](a.md), [its text](a.md#x)\n"}).copy()
    assert "[The title](a.md), [its text](a.md#x)" in (tmp_path / "made" / "docs" / "a.md").read_text()


def test_a_folder_of_something_else_is_not_overwritten(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "report.json").touch()
    done = call("--out", tmp_path / "results")
    assert (done.returncode, done.stdout) == (2, "") and f"--out {tmp_path}/results: is something else than a site" in done.stderr
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["report.json"]
