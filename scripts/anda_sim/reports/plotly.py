# SPDX-License-Identifier: Apache-2.0
"""plotly.js, which draws the charts of reports: that of Debian's python3-plotly, made smaller by Debian's esbuild.

A newer one is not in Debian, and nothing that the charts use is newer. The small one is kept, since making it takes a second."""

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
    """Where the small one is kept: in the source tree, or beside other programs' caches."""
    if tree.is_there():
        return tree.SOURCE / "build" / "plotly"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anda-sim"


def plotly_text():
    """The text of plotly.js without what only people read, but for its licence. RunError where it is not installed."""
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
        pass  # of a folder that cannot be written: it takes the second again
    return text
