# SPDX-License-Identifier: Apache-2.0
"""The scripts that the README names, called the ways people call them."""

import base64
import hashlib
import http.server
import io
import os
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

from anda_sim.common.errors import RunError
from anda_sim.reports import plotly

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"


PLOTLY = plotly.FILE.relative_to(ROOT)


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **options)


def test_anda_sim_runs_from_any_folder_and_through_a_link(tmp_path):
    link = tmp_path / "sim"
    link.symlink_to(ROOT / "scripts" / "anda-sim")
    result = run(link, "--help", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "anda-sim" in result.stdout
    assert "Accellera" not in result.stdout + result.stderr
    assert os.listdir(tmp_path) == ["sim"]


def test_anda_sim_is_quiet_about_a_build_with_nothing_to_do():
    run(ROOT / "scripts" / "anda-sim", "--help")
    assert run(ROOT / "scripts" / "anda-sim", "--help").stderr == ""


@pytest.mark.parametrize("script", ["install_dependencies", "test"])
def test_script_explains_itself_and_refuses_what_it_does_not_know(script):
    helped = run(ROOT / "scripts" / script, "--help")
    assert helped.returncode == 0
    assert helped.stdout.startswith(f"Usage: scripts/{script}")
    refused = run(ROOT / "scripts" / script, "--no-such-option")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr == helped.stdout


class Registry(http.server.BaseHTTPRequestHandler):
    """Answers like a registry, or like a proxy in front of one: `asked` are the addresses, `answers` status and content."""

    def do_GET(self):
        self.server.asked.append(self.path)
        status, content = self.server.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def registry():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        server.asked, server.answers = [], []
        server.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


@pytest.fixture
def environment(tmp_path):
    """What install_dependencies is called with: an apt-get that only fails stands first on the PATH, and nothing is said of
    registries and proxies."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "apt-get").write_text("#!/bin/sh\nexit 99\n")
    (tools / "apt-get").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if "npm_" not in name.lower() and "proxy" not in name.lower()}
    return {**kept, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path)}


@pytest.fixture
def install(tmp_path, environment):
    """Calls a copy of install_dependencies in a tree of its own."""
    tree = tmp_path / "tree"
    for part in ("install_dependencies", "anda_sim.common", "anda_sim.reports"):
        copy = shutil.copytree if (SCRIPTS / part).is_dir() else shutil.copy
        (tree / "scripts").mkdir(parents=True, exist_ok=True)
        copy(SCRIPTS / part, tree / "scripts" / part)
    return lambda group, **more: run(tree / "scripts" / "install_dependencies", group, env={**environment, **more})


@pytest.mark.parametrize("group", ["build", "plots", "sweep"])
def test_install_dependencies_changes_nothing_when_all_is_there(install, registry, tmp_path, group):
    result = install(group, npm_config_registry=registry.address)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not registry.asked and os.listdir(tmp_path / "tree") == ["scripts"]


@pytest.mark.parametrize("group", ["reports", "test"])
def test_plotly_is_fetched_once_and_only_the_one_that_is_expected(install, registry, tmp_path, group):
    registry.answers = [(200, b"another package")]
    result = install(group, npm_config_registry=registry.address + "/")
    assert result.returncode == 1 and "is not the package that was expected" in result.stderr
    assert "apt-get" not in result.stderr and "Traceback" not in result.stderr
    assert registry.asked == ["/plotly.js-dist-min/-/plotly.js-dist-min-2.35.2.tgz"]
    assert not (tmp_path / "tree" / PLOTLY).exists()
    if not (ROOT / PLOTLY).exists():
        pytest.skip("build/plotly is not there: scripts/install_dependencies reports puts it")
    (tmp_path / "tree" / PLOTLY.parent).mkdir(parents=True)
    (tmp_path / "tree" / PLOTLY).symlink_to(ROOT / PLOTLY)
    result = install(group, npm_config_registry=registry.address)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert len(registry.asked) == 1


def package_of(content):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo(plotly.MEMBER)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def test_plotly_comes_from_the_registry_and_through_the_proxy_that_npm_is_told_of(registry, tmp_path, monkeypatch):
    content = b"/* a chart */"
    package = package_of(content)
    monkeypatch.setattr(plotly, "FILE", tmp_path / "build" / "plotly.min.js")
    monkeypatch.setattr(plotly, "FILE_SHA256", hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(plotly, "INTEGRITY", "sha512-" + base64.b64encode(hashlib.sha512(package).digest()).decode())
    monkeypatch.setattr(plotly, "ATTEMPTS", 2)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in list(os.environ):
        if "npm_" in name.lower() or "proxy" in name.lower():
            monkeypatch.delenv(name)
    path = "/plotly.js-dist-min/-/plotly.js-dist-min-2.35.2.tgz"
    # npmrc of the user; a server that fails for a moment is asked again.
    (tmp_path / ".npmrc").write_text('; registries\nregistry = "${PLACE}/npm/"\n//host/:_authToken=secret\n')
    monkeypatch.setenv("PLACE", registry.address)
    registry.answers = [(503, b""), (200, package)]
    plotly.main()
    assert plotly.FILE.read_bytes() == content and registry.asked == ["/npm" + path] * 2
    plotly.main()
    assert len(registry.asked) == 2
    # The environment counts more than npmrc, and a file that was damaged is replaced.
    plotly.FILE.write_bytes(b"damaged")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://registry.invalid")
    monkeypatch.setenv("npm_config_proxy", registry.address)
    registry.answers = [(200, package)]
    plotly.main()
    assert plotly.FILE.read_bytes() == content and registry.asked[2:] == ["http://registry.invalid" + path]
    # What is not there is not asked for again.
    plotly.FILE.unlink()
    registry.answers = [(404, b"")]
    with pytest.raises(RunError, match="cannot fetch http://registry.invalid/.*Not Found"):
        plotly.main()
    assert len(registry.asked) == 4 and not plotly.FILE.exists()


def test_compare_levels_runs_all_levels_and_they_agree():
    result = run(ROOT / "scripts" / "compare_levels", "--program", Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim")
    assert result.returncode == 0, result.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in result.stdout.splitlines() if "%" in line]
    assert {row[2] for row in rows} == {"fast", "detailed", "cycle"}
    apart = {(row[0], row[1], row[2]): abs(float(row[4].split()[0])) for row in rows}
    assert all(percent <= 1 for (_, _, level), percent in apart.items() if level == "cycle")
    # short_k waits for a memory that turns round at every kilobyte, which only the detailed memory shows.
    assert all(percent <= 1 for (gemm, _, level), percent in apart.items() if level == "detailed" and gemm != "short_k")
