# SPDX-License-Identifier: Apache-2.0
"""Numbers of reports in SI units: the names of the glossary with J for pJ, W for mW, and operations for tera-operations."""

from typing import Any, Optional, Tuple

# Suffix of a name, its suffix in SI units, and the factor. The longest match applies.
_ENDINGS = (("_pj_s", "_j_s", 1e-12), ("_pj", "_j", 1e-12), ("_mw", "_w", 1e-3), ("effective_tops", "ops_per_s", 1e12),
            ("tops_per_w", "ops_per_j", 1e12), ("tops_per_mm2", "ops_per_s_per_mm2", 1e12))


def si(name: str, value: Optional[float]) -> Tuple[str, Any]:
    """(name, value) in SI units; areas stay in mm²."""
    for ending, unit, factor in _ENDINGS:
        if name.endswith(ending):
            return name[: -len(ending)] + unit, None if value is None else value * factor
    return name, value
