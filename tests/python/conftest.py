# SPDX-License-Identifier: Apache-2.0
"""How Hypothesis looks for inputs: the same ones every time, few enough for seconds, and nothing kept in the source tree."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, configuration, settings

configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "anda-hypothesis")
settings.register_profile("anda", derandomize=True, deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
settings.load_profile("anda")
