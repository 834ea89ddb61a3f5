# SPDX-License-Identifier: Apache-2.0
"""plotly.js, which draws the charts of reports: that of Debian's python3-plotly, minified by Debian's esbuild.

Debian has no newer version, and the charts need none. The minified file is kept, since minifying takes a second."""

import os
import shutil
import subprocess
from pathlib import Path

from anda_sim.common import tree
from anda_sim.common.digest import sha256
from anda_sim.common.errors import RunError
from anda_sim.common.files import write_atomically

FILE = Path("/usr/share/python3-plotly/plotly.js")
_MISSING = "the charts need plotly.js and esbuild: scripts/install_dependencies reports installs them"
_COMMAND = ("esbuild", "--minify", "--charset=utf8", "--log-level=error")


def kept_folder():
    """The folder of the minified file: in the source tree, or in the user's cache."""
    if tree.is_there():
        return tree.SOURCE / "build" / "plotly"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anda-sim"


def plotly_text():
    """The minified text of plotly.js, with its licence. RunError if it is not installed."""
    try:
        path = kept_folder() / f"plotly-{sha256(FILE)[:12]}.min.js"
    except OSError:
        raise RunError(_MISSING) from None
    if path.is_file():
        return path.read_text(encoding="utf-8")
    program = shutil.which(_COMMAND[0])
    if program is None:
        raise RunError(_MISSING)
    source = FILE.read_text(encoding="utf-8")
    done = subprocess.run([program, *_COMMAND[1:]], input=source, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise RunError("esbuild cannot make plotly.js smaller:", *done.stderr.splitlines())
    text = source[: source.index("*/") + 2] + "\n" + done.stdout
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    except OSError:
        pass  # the folder is not writable: minifies again next time
    return text
