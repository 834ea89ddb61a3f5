# SPDX-License-Identifier: Apache-2.0
"""Reads and validates runs of anda-sim for scripts/report and scripts/plot, and derives quantities from them."""

import math

from anda_sim.common import schema, strict_json
from anda_sim.common.errors import InputError

SCHEMA_VERSION = 1
COMPONENTS = {
    "mxu": "MXU",
    "compressor": "compressor",
    "vector_unit": "vector unit",
    "activation_buffer": "activation buffer",
    "weight_buffer": "weight buffer",
    "top_controller": "top controller",
    "dram": "DRAM",
}
# Largest number of intervals of a curve over time, for any number of GeMMs.
MOST_INTERVALS = 512

_CURVE = {"type": "array", "items": {"type": "number", "minimum": 0}}


def timeline_schema(report):
    """The schema of the overview of a timeline that belongs to a report."""
    states = ("busy", *stalls_of(report))
    curves = ("read_bytes", "write_bytes", *(f"array_{state}_ticks" for state in states))
    system = {
        "type": "object",
        "required": ["name", "interval_us", "end_us", *curves],
        "properties": {
            "name": {"type": "string"},
            "interval_us": {"type": "number", "exclusiveMinimum": 0},
            "end_us": {"type": "number", "minimum": 0},
            **dict.fromkeys(curves, _CURVE),
        },
    }
    systems = {"type": "object", "required": ["systems"], "properties": {"systems": {"type": "array", "items": system}}}
    return {"type": "object", "required": ["otherData"], "properties": {"otherData": systems}}


class Run:
    """One run: `report` as in report.json, `config` the text of config.yaml or None, `timeline` its summary or None,
    `label` its name among others."""

    def __init__(self, folder, report, config, timeline):
        self.folder, self.report, self.config, self.timeline = folder, report, config, timeline
        self.label = report["run"]["name"]

    @property
    def systems(self):
        return self.report["systems"]

    @property
    def stalls(self):
        return stalls_of(self.report)


def stalls_of(report):
    """The stall causes of a report, in its order, with readable names. The simulator has the list."""
    return {cause: cause.replace("_", " ").replace("dram", "DRAM") for cause in report["systems"][0]["stall_cycles"]}


def states_of(runs):
    """The states of the arrays of some runs, busy first, with readable names."""
    states = {"busy": "busy"}
    for run in runs:
        states.update({cause: f"stall: {name}" for cause, name in run.stalls.items()})
    return states


def load_run(file, report):
    """The run of a report.json, with the other files of its folder."""
    check(file, report)
    config, timeline = None, None
    if (file.parent / "config.yaml").is_file():
        config = (file.parent / "config.yaml").read_text(encoding="utf-8", errors="replace")
    if (file.parent / "timeline.json").is_file():
        timeline = load_timeline(file.parent / "timeline.json", report)
    return Run(file.parent, report, config, timeline)


def check(file, report):
    """Raises InputError unless a document is a report.json of the supported layout (docs/report.schema.json)."""
    version = report.get("schema_version") if isinstance(report, dict) else None
    if type(version) is int and version != SCHEMA_VERSION:
        raise InputError(
            f"{file}: schema_version is {version}, this script reads {SCHEMA_VERSION}: "
            "run the simulation again, or use the scripts of the version that made it"
        )
    schema.check(file, report, schema.named("report"), "a report.json of anda-sim run")


def load_timeline(file, report):
    """The overview of a timeline by system, if it belongs to this run."""
    timeline = strict_json.load(file)
    overview = {"otherData": timeline.get("otherData")} if isinstance(timeline, dict) else timeline
    schema.check(file, overview, timeline_schema(report), "a timeline of anda-sim run --timeline")
    overviews = {system["name"]: system for system in timeline["otherData"]["systems"]}
    for system in report["systems"]:
        overview = overviews.get(system["name"])
        if overview is None:
            return None
        intervals = {len(part) for part in overview.values() if isinstance(part, list)}
        if len(intervals) != 1 or not intervals <= set(range(1, MOST_INTERVALS * 8)):
            raise InputError(f"{file}: the curves of {system['name']} have different lengths, or too many intervals")
        # A tick is a picosecond; clock edges are rounded to the nearest tick.
        busy = sum(overview["array_busy_ticks"]) * 1e-12
        share = system["busy_cycles"] / system["cycles"] if system["cycles"] else 0
        if not math.isclose(busy, share * system["time_s"], rel_tol=1e-3):
            return None  # belongs to another run, or to one with folded layers
    return overviews


def name_runs(runs):
    """Makes the names of runs unique."""
    taken = {}
    for run in runs:
        taken.setdefault(run.report["run"]["name"], []).append(run)
    for name, same in taken.items():
        if len(same) == 1:
            continue
        for i, run in enumerate(same):
            folders = [other.folder.name for other in same]
            run.label = run.folder.name if len(set(folders)) == len(folders) else f"{name} ({i + 1})"


# --- quantities derived from a run ---


def energy_parts(row):
    """pJ by component; `row`: a system, a tensor type or an op."""
    if "energy_pj" in row:
        return {**row["energy_pj"]["by_component"], "dram": row["energy_pj"]["dram"]}
    return {component: row[f"energy_{component}_pj"] for component in COMPONENTS}


def cycle_parts(row):
    """Cycles by state of the array."""
    stalls = row.get("stall_cycles") or {
        key.removeprefix("stall_").removesuffix("_cycles"): cycles
        for key, cycles in row.items()
        if key.startswith("stall_")
    }
    return {"busy": row["busy_cycles"], **stalls}


SUMMED = (
    "cycles",
    "time_s",
    "busy_cycles",
    "macs",
    "energy_total_pj",
    "dram_read_bytes",
    "dram_write_bytes",
    *(f"energy_{component}_pj" for component in COMPONENTS),
)


def kinds(system):
    """The ops of a system, with equal ones (tensor, shape, formats) summed, in order of first occurrence."""
    found = {}
    summed = (*SUMMED, *(f"stall_{cause}_cycles" for cause in system["stall_cycles"]))
    for op in system["ops"]:
        key = (
            op["tensor"],
            op.get("m"),
            op.get("k"),
            op.get("n"),
            op.get("weight_bits"),
            op.get("input_mantissa_bits"),
            op.get("output_mantissa_bits"),
        )
        if key not in found:
            found[key] = {
                "name": f"{op['tensor']} {op.get('m')}×{op.get('k')}×{op.get('n')}",
                "tensor": op["tensor"],
                "m": op.get("m"),
                "k": op.get("k"),
                "n": op.get("n"),
                "input_mantissa_bits": op.get("input_mantissa_bits"),
                "output_mantissa_bits": op.get("output_mantissa_bits"),
                "gemms": 0,
                "pe_cycles": 0.0,
                **dict.fromkeys(summed, 0),
            }
        entry = found[key]
        entry["gemms"] += op.get("count", 1)
        entry["pe_cycles"] += (op["pe_utilization"] or 0) * op["cycles"]
        for field in summed:  # None: unknown cost
            entry[field] = None if None in (entry[field], op[field]) else entry[field] + op[field]
    rows = list(found.values())
    # Kinds with the same shape differ in their formats.
    names = [row["name"] for row in rows]
    for row in rows:
        if names.count(row["name"]) > 1:
            row["name"] += f", {row['input_mantissa_bits']} → {row['output_mantissa_bits']} bits"
    return rows


def are_together(system):
    """Whether equal GeMMs are combined into one op regardless of their position in the run, as for a long trace."""
    return any("rows" in op for op in system["ops"])


def roofline(system):
    """Points {name, tensor, bits, gemms, intensity: operations/byte or None, tops} of the kinds of GeMM, and the roofs:
    peak bytes/s of the memory, and the array's peak TOPS for each mantissa length.

    The peak is that of the kind with the highest element rate: two operations per MAC, MACs per cycle of a
    busy element, times all elements."""
    clock_hz = system["cycles"] / system["time_s"] if system["time_s"] else 0
    peaks, points = {}, []
    for kind in kinds(system):
        if min(kind["pe_cycles"], kind["time_s"], kind["macs"], clock_hz) <= 0:
            continue
        bits = kind["input_mantissa_bits"]
        peak = 2 * kind["macs"] / kind["pe_cycles"] * clock_hz * 1e-12
        peaks[bits] = max(peak, peaks.get(bits, 0))
        moved = kind["dram_read_bytes"] + kind["dram_write_bytes"]
        points.append(
            {
                "name": kind["name"],
                "tensor": kind["tensor"],
                "bits": bits,
                "gemms": kind["gemms"],
                "intensity": 2 * kind["macs"] / moved if moved else None,
                "tops": 2 * kind["macs"] / kind["time_s"] * 1e-12,
            }
        )
    return {"bytes_per_s": system["dram_bandwidth_bytes_per_s"]["peak"], "peaks": peaks, "points": points}


def bandwidth(run, system):
    """(source, start_s, read, write): bytes/s in intervals that start at start_s; the last entry is the end. From the
    timeline if there is one, else from the ops, each with constant bandwidth."""
    if run.timeline is not None:
        overview = run.timeline[system["name"]]
        return (
            "timeline",
            *rates(
                overview["interval_us"] * 1e-6,
                overview["end_us"] * 1e-6,
                overview["read_bytes"],
                overview["write_bytes"],
            ),
        )
    if are_together(system):
        moved = system["dram_bytes"]
        return ("ops", *rates(system["time_s"], system["time_s"], [moved["read"]], [moved["write"]]))
    ends, now = [0.0], 0.0
    for op in system["ops"]:
        now += op["time_s"]
        ends.append(now)
    if len(system["ops"]) <= MOST_INTERVALS:
        spans = [end - start for start, end in zip(ends, ends[1:])]
        return (
            "ops",
            ends,
            *(
                [op[key] / span if span else 0 for op, span in zip(system["ops"], spans)]
                for key in ("dram_read_bytes", "dram_write_bytes")
            ),
        )
    width = now / MOST_INTERVALS or 1.0
    sums = [[0.0] * MOST_INTERVALS, [0.0] * MOST_INTERVALS]
    for op, start, end in zip(system["ops"], ends, ends[1:]):
        first, last = (min(int(at / width), MOST_INTERVALS - 1) for at in (start, end))
        for i in range(first, last + 1):
            share = (min(end, (i + 1) * width) - max(start, i * width)) / (end - start) if end > start else 1
            for series, key in zip(sums, ("dram_read_bytes", "dram_write_bytes")):
                series[i] += max(share, 0) * op[key]
    return ("ops", *rates(width, now, *sums))


def rates(width, end, *series):
    count = len(series[0])
    starts = [min(i * width, end) for i in range(count)] + [end]
    spans = [b - a for a, b in zip(starts, starts[1:])]
    return (starts, *([amount / span if span > 0 else 0 for amount, span in zip(one, spans)] for one in series))


def ratios(system, baseline):
    """Improvement over the baseline, as defined by `ratios` of report.json; None if it has no meaning."""

    def quotient(a, b):
        return a / b if b and a is not None else None

    return {
        "speedup": quotient(baseline["time_s"], system["time_s"]),
        "area_efficiency": quotient(system["tops_per_mm2"], baseline["tops_per_mm2"]),
        "energy_efficiency": quotient(baseline["energy_pj"]["total"], system["energy_pj"]["total"]),
    }
