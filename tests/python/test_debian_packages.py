# SPDX-License-Identifier: Apache-2.0
"""The Debian packages, as CPack makes them of the build. scripts/package --try installs them in a Debian of their own."""

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ANDA_BUILD_DIR", ROOT / "build" / "release"))
QUIET = {**os.environ, "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1"}
COMMANDS = ["anda-sweep", "anda-explore", "anda-report", "anda-plot"]


def said(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=options.pop("env", QUIET), **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The files of the packages by name, unpacked side by side as an installation has them."""
    folder = tmp_path_factory.mktemp("packages")
    said("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
    found = {path.name.split("_")[0]: path for path in folder.glob("*.deb")}
    for path in found.values():
        said("dpkg-deb", "-x", path, folder / "root")
    return found


@pytest.fixture(scope="module")
def root(packages):
    return next(iter(packages.values())).parent / "root" / "usr"


def files(package):
    lines = said("dpkg-deb", "-c", package).splitlines()
    return {line.split(" ./")[1] for line in lines if not line.startswith("d")}


def field(package, name):
    return said("dpkg-deb", "-f", package, name).strip()


def test_there_is_a_package_of_the_application_the_library_and_python(packages):
    version = re.search(r"project\(anda VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())[1]
    machine = said("dpkg", "--print-architecture").strip()
    assert {name: (field(path, "Version"), field(path, "Architecture")) for name, path in packages.items()} == {
        "anda-sim": (f"{version}-1", machine), "libanda-dev": (f"{version}-1", machine), "python3-anda-sim": (f"{version}-1", "all")}
    together = [name for path in packages.values() for name in files(path)]
    assert len(together) == len(set(together)) and not [name for name in together if "__pycache__" in name]
    for name in packages:
        assert {f"usr/share/doc/{name}/{each}" for each in ("copyright", "changelog.gz", "changelog.Debian.gz")} <= files(packages[name])


def test_the_application_depends_on_the_packages_of_the_libraries_it_needs(packages, root):
    needed = re.findall(r"NEEDED.*\[(.*)\]", said("readelf", "-d", root / "bin" / "anda-sim"))
    assert len(needed) >= 6
    depends = {re.split(r"[ (]", each.strip())[0] for each in field(packages["anda-sim"], "Depends").split(",")}
    lines = said("dpkg", "-S", *needed).splitlines()
    for library in needed:
        owners = {line.split(":")[0] for line in lines if line.endswith(f"/{library}")}
        assert owners & depends, f"{library} of {owners}"


def test_python_depends_on_the_modules_of_its_project(packages):
    listed = re.search(r"^dependencies = \[(.*)\]", (ROOT / "scripts" / "pyproject.toml").read_text(), re.MULTILINE)[1]
    depends = field(packages["python3-anda-sim"], "Depends").split(", ")
    assert depends == ["python3 (>= 3.9)", *(f"python3-{name.lower().replace('pyyaml', 'yaml')}" for name in re.findall(r'"(\w+)"', listed))]
    for name in depends[1:]:
        assert said("dpkg-query", "-W", "-f", "${Package}", name) == name
    assert field(packages["libanda-dev"], "Depends").startswith("libsystemc-dev (>= 2.3")


def test_every_command_has_its_manual_page(root):
    program = root / "bin" / "anda-sim"
    pages = {path.name.removesuffix(".1.gz"): gzip.decompress(path.read_bytes()).decode() for path in (root / "share" / "man" / "man1").iterdir()}
    names = re.findall(r"^  ([a-z]+) ", said(program, "--help"), re.MULTILINE)
    assert "run" in names and {name: page for name, page in pages.items() if name.startswith("anda-sim")} == {
        "anda-sim": said(program, "man"), **{f"anda-sim-{name}": said(program, "man", name) for name in names if name != "help"}}
    for name in COMMANDS:
        shown = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-P-cbou"], input=pages[name], capture_output=True, text=True)
        assert shown.stderr == "" and re.search(rf"^NAME\n +{name} - ", shown.stdout, re.MULTILINE), shown.stderr
        helped = said("python3", root / "bin" / name, "--help", env={**QUIET, "PATH": "/usr/bin"})
        options = set(re.findall(r"^  (?:-\w(?: \w+)?, )?(--[a-z-]+)", helped, re.MULTILINE))
        assert len(options) >= 2 and options <= set(re.findall(r"--[a-z][a-z-]*", shown.stdout)), name


def test_completions_of_the_application_are_those_it_prints(root):
    program, share = root / "bin" / "anda-sim", root / "share"
    for shell, place in (("bash", "bash-completion/completions/anda-sim"), ("zsh", "zsh/vendor-completions/_anda-sim"),
                         ("fish", "fish/vendor_completions.d/anda-sim.fish")):
        assert (share / place).read_text() == said(program, "completion", shell)


@pytest.mark.parametrize("words, expected", [
    ("anda-plot --kind roo", ["roofline"]), ("anda-plot --by t", ["tensor"]), ("anda-sweep --par", ["--param"]),
    ("anda-explore --min", ["--minimise"]), ("anda-report --o", ["--out"])])
def test_python_commands_complete(root, words, expected):
    name, *_, last = words.split()
    script = root / "share" / "bash-completion" / "completions" / name
    place = len(words.split()) - 1
    lines = f'source {script}; COMP_WORDS=({words}); COMP_CWORD={place}; _{name.replace("-", "_")}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    assert said("bash", "-c", lines).split() == expected
    fish = said("fish", "-c", f'source {root}/share/fish/vendor_completions.d/{name}.fish; complete -C "{words}"')
    assert [line.split("\t")[0] for line in fish.splitlines()] == expected
    said("zsh", "-n", root / "share" / "zsh" / "vendor-completions" / f"_{name}")


def test_installed_commands_find_the_package_the_program_and_the_configurations(root, tmp_path):
    environment = {**{name: value for name, value in QUIET.items() if name not in ("ANDA_SIM", "PYTHONPATH")}, "PATH": "/usr/bin:/bin"}
    sweep = said("/usr/bin/python3", root / "bin" / "anda-sweep", root / "share" / "anda" / "configs" / "llama-13b.yaml", "--param",
                 "accelerator.mxu.rows=8,16", "--set", "workload.layers=1", "--out", "sweep", cwd=tmp_path, env=environment)
    assert "sweep/results.csv" in sweep
    moved = shutil.copytree(root, tmp_path / "moved", symlinks=True)
    code = ("import anda_sim, os; config = anda_sim.Config('llama-13b.yaml'); "
            "print(os.path.relpath(config.simulator.path), os.path.relpath(config.file), os.path.relpath(anda_sim.__file__))")
    path = {**environment, "PYTHONPATH": str(moved / "lib" / "python3" / "dist-packages")}
    assert said("/usr/bin/python3", "-c", code, cwd=moved, env=path).split() == [
        "bin/anda-sim", "share/anda/configs/llama-13b.yaml", "lib/python3/dist-packages/anda_sim/__init__.py"]


def test_the_python_package_is_complete(packages):
    listed = subprocess.run(["git", "ls-files", "scripts/anda_sim"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    packed = {name for name in files(packages["python3-anda-sim"]) if "/anda_sim/" in name}
    assert packed == {f"usr/lib/python3/dist-packages/{name.removeprefix('scripts/')}" for name in listed if (ROOT / name).exists()}


def test_scripts_of_maintainers_are_valid(packages, tmp_path):
    said("dpkg-deb", "-e", packages["python3-anda-sim"], tmp_path)
    for name in ("postinst", "prerm"):
        assert os.access(tmp_path / name, os.X_OK)
        said("sh", "-n", tmp_path / name)
