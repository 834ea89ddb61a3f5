# SPDX-License-Identifier: Apache-2.0
"""Hypothesis profile: the same inputs every time, few enough for seconds, nothing kept in the source tree. No test
reuses simulation results of another test or of the user."""

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, configuration, settings

pytest_plugins = ["report_browser"]

configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "anda-hypothesis")
settings.register_profile("anda", derandomize=True, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
settings.load_profile("anda")

_numbers = itertools.count()

# Files that take long, longest first. With several processes they are handed out in this order, so that none of them is
# begun while the other processes already run out of work.
LONG = ["test_precision_study.py", "test_explore.py", "test_package.py", "test_sweep_cluster.py", "test_rtl.py", "test_torch.py",
        "test_sweep_file.py", "test_sweep.py", "test_llm.py", "test_reproduction.py", "test_report_html.py", "test_anda_sim.py"]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def caches(tmp_path_factory):
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def own_cache(caches, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches / str(next(_numbers))))
