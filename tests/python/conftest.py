# SPDX-License-Identifier: Apache-2.0
"""Hypothesis profile: the same inputs every time, few enough for seconds, nothing kept in the source tree. No test
reuses simulation results of another test or of the user."""

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, configuration, settings

configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "anda-hypothesis")
settings.register_profile("anda", derandomize=True, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
settings.load_profile("anda")

_numbers = itertools.count()


@pytest.fixture(scope="session")
def caches(tmp_path_factory):
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def own_cache(caches, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches / str(next(_numbers))))
