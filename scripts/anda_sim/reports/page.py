# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML file: data for the charts, and the page around them."""

import html
import json
from pathlib import Path

from anda_sim.common.terminal import one_line, printable
from anda_sim.figures import palette
from anda_sim.figures.units import NAMES, UNITS, more_is_better

from . import runs as model
from .bars import RATIOS
from .inference import KINDS, inference
from .servers import LATENCIES, PERCENTILES, server_data

ASSETS = Path(__file__).resolve().parent / "assets"
SCRIPTS = ("format.js", "charts.js", "tables.js", "overview.js", "inference.js", "machine.js", "runs.js", "servers.js", "comparisons.js",
           "lines.js", "sweeps.js", "start.js")
# Above this number of ops, the table combines equal GeMMs.
MOST_OPS = 5000

OP_COLUMNS = (
    "name",
    "layer",
    "tensor",
    "m",
    "k",
    "n",
    "count",
    "weight_bits",
    "input_mantissa_bits",
    "output_mantissa_bits",
    "cycles",
    "time_s",
    "utilization",
    "stall_cycles",
    "dram_read_bytes",
    "dram_write_bytes",
    "dram_bandwidth_bytes_per_s",
    "effective_tops",
    "energy_total_pj",
    "tops_per_w",
)


def part(row, name):
    return {"name": name, "energy": model.energy_parts(row), "cycles": model.cycle_parts(row)}


def op_row(op):
    stalls = sum(model.cycle_parts(op).values()) - op["busy_cycles"]
    return [stalls if key == "stall_cycles" else op.get(key) for key in OP_COLUMNS]


def system_data(run, system):
    own = [other["name"] for other in run.systems].index(system["name"])
    source, starts, read, write = model.bandwidth(run, system)
    overview = run.timeline[system["name"]] if run.timeline is not None else None
    kinds = model.kinds(system)
    array = None
    total = system["energy_pj"]["total"]
    if overview is not None:
        array = {state: overview[f"array_{state}_ticks"] for state in model.states_of([run])}
    return {
        "name": system["name"],
        "baseline": own == 0,
        "cycles": system["cycles"],
        "time_s": system["time_s"],
        "energy_pj": total,
        "on_chip_pj": None if total is None else total - system["energy_pj"]["dram"],
        "area_mm2": system["area_mm2"]["total"],
        "effective_tops": system["effective_tops"],
        "tops_per_w": system["tops_per_w"],
        "on_chip_tops_per_w": system["on_chip_tops_per_w"],
        "tops_per_mm2": system["tops_per_mm2"],
        "utilization": system["utilization"],
        "dram_bytes": system["dram_bytes"]["read"] + system["dram_bytes"]["write"],
        "dram_bytes_per_s": system["dram_bandwidth_bytes_per_s"]["achieved"],
        "peak_bytes_per_s": system["dram_bandwidth_bytes_per_s"]["peak"],
        "power_mw": system["power_mw"]["on_chip"],
        "macs": system["macs"],
        "ratios": model.ratios(system, run.systems[0]),
        "inference": inference(system),
        "whole": part(system, system["name"]),
        "tensors": [part(row, row["tensor"]) for row in system["tensors"]],
        "kinds": [part(row, row["name"]) for row in kinds],
        "area": system["area_mm2"]["by_component"],
        "roofline": model.roofline(system),
        "bandwidth": {"source": source, "start_s": starts, "read": read, "write": write},
        "array": array,
        "ops": None if len(system["ops"]) > MOST_OPS or model.are_together(system) else [op_row(op) for op in system["ops"]],
        "kind_rows": [
            {
                key: row[key]
                for key in (
                    "name",
                    "gemms",
                    "cycles",
                    "time_s",
                    "macs",
                    "energy_total_pj",
                    "dram_read_bytes",
                    "dram_write_bytes",
                )
            }
            for row in kinds
        ],
    }


def run_data(run):
    info = run.report["run"]
    return {
        "label": run.label,
        "name": info["name"],
        "workload": info["workload"],
        "level": info["level"],
        "version": info["tool_version"],
        "trace": info["trace_sha256"],
        "config_sha256": info["config_sha256"],
        "assumptions": info["assumptions"],
        "notes": info.get("notes", []),
        "config": run.config,
        "systems": [system_data(run, system) for system in run.systems],
    }


def table_data(table):
    return {
        "label": table.label,
        "columns": table.columns,
        "numeric": table.numeric,
        "parameters": table.parameters,
        "more": [name for name in table.columns if more_is_better(name)],
        "feasible": [table.is_feasible(row) for row in table.rows],
        "rows": table.rows,
        "base": table.base,
        "kind": table.kind,
    }


def comparison_data(table):
    """The numbers of a comparison's bars. Each ratio has a list for each system: a number for each model, then the mean."""
    document = table.comparison
    several = len(document["models"]) > 1
    systems = [mean["name"] for mean in document["means"]]

    def numbers(get):
        found = [[get(next(own for own in model["systems"] if own["name"] == name)) for model in document["models"]] for name in systems]
        return [[*row, get(mean)] if several else row for row, mean in zip(found, document["means"])]

    return {
        "label": table.label,
        "name": document["name"],
        "level": document["level"],
        "baseline": document["baseline"],
        "notes": document["notes"],
        "systems": systems,
        "models": [model["name"] for model in document["models"]],
        "workloads": [model["workload"] for model in document["models"]],
        "ratios": {key: numbers(lambda row, key=key: row[key]) for key in RATIOS},
        "energy": {part: numbers(lambda row, part=part: row["energy_share"][part]) for part in ("compute", "sram", "dram", "total")},
    }


def printable_parts(value):
    """A value for JSON without control characters, which browsers display arbitrarily."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key) if isinstance(key, str) else key: printable_parts(part) for key, part in value.items()}
    return [printable_parts(part) for part in value] if isinstance(value, (list, tuple)) else value


def asset(name):
    return (ASSETS / name).read_text(encoding="utf-8")


def run_sections(data):
    """The sections about runs. Sections about inferences appear only if there are any."""
    text = asset("runs.html")
    if not any(system["inference"] for run in data["runs"] for system in run["systems"]):
        return text
    energy = '<section id="energy"'
    return text.replace(energy, asset("inference.html") + energy, 1)


def title_of(runs, tables, servers):
    """A one-line title for the content of the page."""
    titles = [f"{run.report['run']['name']}: {listed([system['name'] for system in run.systems])}" for run in runs]
    titles += [f"{server.report['name']}: {listed([system['name'] for system in server.systems])} as servers" for server in servers]
    titles += [f"{table.comparison['name']}: {len(table.comparison['means'])} systems on {counted(len(table.comparison['models']), 'model')}"
               if table.comparison is not None else f"{table.name or table.label}: {table.title}" for table in tables]
    if len(titles) == 1:
        return titles[0]
    names = list(dict.fromkeys([run.report["run"]["name"] for run in runs] + [server.report["name"] for server in servers]
                               + [table.label for table in tables]))
    counts = [(len(runs), "run"), (len(servers), "server"), (len(tables), "table")]
    return f"{listed(names)}: {' and '.join(counted(count, word) for count, word in counts if count)}"


def counted(count, word):
    return f"{count} {word}{'' if count == 1 else 's'}"


def listed(names, most=4):
    """`a, b and c`, or `a, b, c and 7 more`."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def page(runs, tables, plotly, servers=()):
    """The file as bytes. `plotly`: the text of plotly.min.js."""
    data = {
        "runs": [run_data(run) for run in runs],
        "servers": [server_data(server) for server in servers],
        "latencies": LATENCIES,
        "percentiles": PERCENTILES,
        "comparisons": [comparison_data(table) for table in tables if table.comparison is not None],
        "tables": [table_data(table) for table in tables],
        "components": model.COMPONENTS,
        "states": model.states_of(runs),
        "op_kinds": KINDS,
        "palette": palette.for_page(model.states_of(runs), KINDS),
        "units": UNITS,
        "names": NAMES,
        "op_columns": OP_COLUMNS,
        "most_ops": MOST_OPS,
    }
    # "<" only occurs inside texts, where it may be escaped, so no text can close the element.
    embedded = json.dumps(printable_parts(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    parts = {
        "TITLE": html.escape(one_line(title_of(runs, tables, servers))),
        "STYLE": asset("style.css"),
        "SECTIONS": (run_sections(data) if runs else "")
        + (asset("servers.html") if servers else "")
        + (asset("comparisons.html") if data["comparisons"] else "")
        + (asset("sweeps.html") if tables else ""),
        "DATA": embedded,
        "PLOTLY": plotly.replace("</script", "<\\/script"),
        "SCRIPT": "".join(asset(name) for name in SCRIPTS),
    }
    text = asset("page.html")
    pieces = []
    while "@@" in text:  # in one pass, so that inserted text is not searched again
        before, name, text = text.split("@@", 2)
        pieces += [before, parts[name]]
    return "".join([*pieces, text]).encode("utf-8", errors="replace")
