# SPDX-License-Identifier: Apache-2.0
"""The notebooks of examples/ run, and their stored outputs are current.

After a change that moves numbers: `PYTHONPATH=scripts jupyter nbconvert --to notebook --execute --inplace examples/notebooks/*.ipynb`."""

import base64
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from sweep_tools import ROOT, SCRIPTS, program

NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))


def shown(notebook):
    """The outputs of the cells: texts and HTML literally, pictures by presence. Addresses of objects differ."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = {"text/plain": output["text"]} if output.output_type == "stream" else dict(output["data"])
            picture = data.pop("image/png", None)
            if picture is not None:
                assert base64.b64decode(picture).startswith(b"\x89PNG")
            found.append(({kind: re.sub("0x[0-9a-f]+", "0x", text) for kind, text in data.items()}, picture is not None))
    return found


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """A kernel of this interpreter, which finds the package and the program of this build."""
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({
        "argv": [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("PYTHONPATH", str(SCRIPTS))
    monkeypatch.setenv("ANDA_SIM", program())


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} == {"first_run", "sweeps_and_searches"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: Path(path).stem)
def test_a_notebook_shows_what_it_showed(path, kernel, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    before = shown(notebook)
    assert any(picture for _, picture in before)
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert shown(notebook) == before
