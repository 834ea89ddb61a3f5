# SPDX-License-Identifier: Apache-2.0
"""Readable names of result columns, with units."""

# Columns for which more is better; for all others, less is better.
BETTER_IF_MORE = (
    "speedup",
    "efficiency",
    "tops",
    "per_w",
    "per_mm2",
    "utilization",
    "macs_per_cycle",
    "bandwidth",
    "saving",
    "tokens_per_s",
    "requests_per_s",
    "goodput",
    "good_share",
    "reused",
)
# Suffixes of names: the unit to show, its factor, and whether it takes prefixes.
UNITS = [
    ("_bytes_per_s", "B/s", 1, True),
    ("_tokens_per_s", "tokens/s", 1, True),
    ("_per_s", "1/s", 1, True),
    ("_pj_s", "J·s", 1e-12, True),
    ("_pj", "J", 1e-12, True),
    ("_j", "J", 1, True),
    ("_mw", "W", 1e-3, True),
    ("_mm2", "mm²", 1, False),
    ("_hz", "Hz", 1, True),
    ("_bytes", "B", 1, True),
    ("_cycles", "cycles", 1, True),
    ("_bits", "bits", 1, False),
    ("_ns", "s", 1e-9, True),
    ("_us", "s", 1e-6, True),
    ("_s", "s", 1, True),
]
NAMES = {
    "tops_per_w": "TOPS/W",
    "on_chip_tops_per_w": "TOPS/W on chip",
    "tops_per_mm2": "TOPS/mm²",
    "effective_tops": "TOPS",
}


def described(name):
    """(words, unit, scale, takes prefixes) of a column, such as ("anda: energy total", "J", 1e-12, True) for
    "anda.energy_total_pj"."""
    head, _, tail = name.rpartition(".")
    head = f"{head}: " if head else ""
    if tail in NAMES:
        return head + NAMES[tail], "", 1, False
    for ending, unit, scale, prefixes in UNITS:
        if tail.endswith(ending) and tail != ending:
            return head + tail[: -len(ending)].replace("_", " "), unit, scale, prefixes
    if tail == "bops":
        return head + "bit operations", "", 1, True
    return head + tail.replace("_", " "), "", 1, tail == "cycles"


def more_is_better(name):
    return any(word in name for word in BETTER_IF_MORE)


def prefixed(largest, unit):
    """(factor, prefix) that scales a number to 1 … 1000. Seconds have no kilo prefix."""
    for factor, prefix in (
        (1e12, "T"),
        (1e9, "G"),
        (1e6, "M"),
        (1e3, "k"),
        (1, ""),
        (1e-3, "m"),
        (1e-6, "µ"),
        (1e-9, "n"),
    ):
        if largest >= factor and (unit != "s" or factor <= 1):
            return factor, prefix
    return 1, ""


def scaled(name, values):
    """Values of a column (numbers or None) scaled to suit the largest one, and the matching label."""
    words, unit, scale, prefixes = described(name)
    largest = max((abs(value) * scale for value in values if value is not None), default=0)
    factor, prefix = prefixed(largest, unit) if prefixes else (1, "")
    shown = f"{prefix} {unit}" if prefix and unit in ("cycles", "bits") else prefix + unit
    label = f"{words} ({shown})" if shown else words
    return [None if value is None else value * scale / factor for value in values], label
