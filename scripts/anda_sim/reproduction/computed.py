# SPDX-License-Identifier: Apache-2.0
"""The computations of scripts/reproduce_paper: rows of the paper's tables and figures, published and simulated."""

import math
from pathlib import Path

from anda_sim.bit_operations import FP16_MANTISSA_BITS, bit_operations, bops_saving, multiplications
from anda_sim.common import yaml_text
from anda_sim.common.tree import SOURCE

from .terms import METRICS, NAMES, SENSITIVITY

COMPARISON = SOURCE / "configs" / "compare" / "paper.yaml"
TABLE_III_RUN = SOURCE / "configs" / "llama-13b.yaml"
TECHNOLOGY = SOURCE / "configs" / "technology" / "16nm.yaml"
PUBLISHED = SOURCE / "docs" / "reproduction" / "published.yaml"
ANDA_BITS = range(4, 14)
COMPONENTS = ["mxu", "bpc", "vector_unit", "activation_buffer", "weight_buffer", "top_controller"]
# Names of components in technology files that differ from the paper's.
OUR_COMPONENT = {"bpc": "compressor"}


def load_yaml(path):
    return yaml_text.load(path, yaml_text.read_text(path))


class PaperRuns:
    """Runs of the paper's workloads; results as in the simulator's JSON files."""

    def __init__(self, simulator, folder, jobs):
        self.simulator, self.folder, self.jobs = simulator, Path(folder), jobs

    def run(self, config, *overrides):
        return self._results("run", config, "report.json", overrides, ["--fold-layers"])

    def compare(self, *overrides):
        return self._results("compare", COMPARISON, "compare.json", overrides, ["--jobs", self.jobs] if self.jobs else [])

    def _results(self, command, config, file, overrides, more):
        sets = [word for override in overrides for word in ("--set", override)]
        return self.simulator.results(command, config, file, *sets, *more)

    def layer(self, model):
        """Multiply-accumulates of one decoder layer, by tensor type."""
        return multiplications(self.simulator.call("trace", "--model", model, "--layers", 1).splitlines())


def bops_rows(paper_runs, published):
    """Rows (model, loss, combination, published, ours) for the combinations of configs/paper."""
    rows = []
    runs = load_yaml(COMPARISON)["models"]
    rule = published["bops"]
    assert bit_operations([1, 0, 0, 0], [FP16_MANTISSA_BITS] * 4, rule["weight_bits"]) == rule["fp16_int4"]
    for model, files in runs.items():
        macs = paper_runs.layer(model)
        for system, path in files.items():
            loss = system.split("-", 1)[1]
            bits = load_yaml(COMPARISON.parent / path)["precision"]
            assert bits == published["models"][model][f"loss_{loss}"], path
            rows.append((model, loss, bits, published["models"][model][f"bops_{loss}"], bops_saving(macs, bits)))
    return rows


def pe_rows(paper_runs, published):
    """Rows (element, metric, mantissa bits, published, ours), simulated for one output tile and the array alone."""
    trace = paper_runs.folder / "tile.csv"
    trace.write_text("name,layer,tensor,m,k,n\ntile,0,other,16,4096,16\n")
    config = paper_runs.folder / "tile.yaml"
    kinds = [name for name in NAMES if name.partition("-")[0] != "anda"]
    config.write_text("workload: {trace: tile.csv}\ntechnology: {conversion: {energy_pj_per_value: 0}}\n"
                      f"systems: [{', '.join(kinds)}, anda]\n")

    def element(system):
        area, energy = system["area_mm2"]["by_component"]["mxu"], system["energy_pj"]["by_component"]["mxu"]
        return system["busy_cycles"], area, energy

    rows = []
    base = None
    for bits in ANDA_BITS:
        report = paper_runs.run(config, f"precision.other={bits}")
        for system in report["systems"]:
            cycles, area, energy = element(system)
            base = base or (cycles, area, energy)
            name = NAMES.get(system["name"], "Anda")
            if name != "Anda" and bits != ANDA_BITS[0]:
                continue
            speed = base[0] / cycles
            figures = {"area_efficiency": speed * base[1] / area, "energy_efficiency": base[2] / energy}
            if name in ("FIGNA-M11", "FIGNA-M8"):  # Fig. 15 shows them at the throughput of FIGNA
                figures = {key: value / speed for key, value in figures.items()}
            for metric, ours in figures.items():
                paper = published["pe_level"][name][metric]
                paper = paper[str(bits)] if name == "Anda" else paper
                rows.append((name, metric, bits if name == "Anda" else "", paper, ours))
    order = [NAMES[kind] for kind in kinds] + ["Anda"]
    return sorted(rows, key=lambda row: (order.index(row[0]), row[1], row[2] or 0))


def table_iii_rows(paper_runs, published):
    """Rows (component, quantity, published, ours) of Table III."""
    anda = paper_runs.run(TABLE_III_RUN)["systems"][1]
    rows = []
    for component in COMPONENTS:
        ours = OUR_COMPONENT.get(component, component)
        paper = published["area_power"][component]
        rows.append((component, "area_mm2", paper["area_mm2"], anda["area_mm2"]["by_component"][ours]))
        rows.append((component, "power_mw", paper["power_mw"], anda["power_mw"]["by_component"][ours]))
    total = published["area_power"]["total"]
    rows.append(("total", "area_mm2", total["area_mm2"], anda["area_mm2"]["total"]))
    rows.append(("total", "power_mw", total["power_mw"], anda["power_mw"]["on_chip"]))
    return rows


def system_rows(comparison, published):
    """Rows (system, metric, published or None, ours)."""
    means = {entry["name"]: entry for entry in comparison["means"]}
    return [(system, metric, published["system_level_geomean"][name].get(metric), float(means[system][metric]))
            for system, name in NAMES.items() for metric in METRICS]


def breakdown_rows(comparison, model="LLaMA-13B"):
    """Rows (system, compute, SRAM, DRAM, total): energy as shares of FP-FP's total."""
    (entry,) = [entry for entry in comparison["models"] if entry["name"] == model]
    return [(system["name"], *[system["energy_share"][part] for part in ("compute", "sram", "dram", "total")])
            for system in entry["systems"]]


# As prefills of 128 tokens: each loads the weights once. Energy is compared with FP-FP under the same condition.
REREAD = ("weights reloaded", "for every 128 rows of activations")


def sweeps():
    """(assumption, value, overrides) of each variation. Each changes one assumption of the published machine."""
    technology = load_yaml(TECHNOLOGY)

    def times(factor, *keys):
        sets = []
        for key in keys:
            value = technology
            for part in key.split("."):
                value = value[part]
            sets.append(f"technology.{key}={value * factor:.6g}")
        return sets

    sram = ("activation_buffer.power_mw", "weight_buffer.power_mw")
    m11, m8 = (technology["processing_elements"][name]["power"] for name in ("figna-m11", "figna-m8"))
    elements = "technology.processing_elements"
    return [
        ("none", "as published or assumed", []),
        ("tiling", "auto", ["tiling=auto"]),
        ("weights reloaded", "for every 512 rows of activations", ["workload.tokens=512"]),
        (*REREAD, ["workload.tokens=128"]),
        ("DRAM energy", "× 0.5", ["dram.energy.pj_per_bit=1.95"]),
        ("DRAM energy", "× 2", ["dram.energy.pj_per_bit=7.8"]),
        ("SRAM energy", "× 0.5", times(0.5, *sram)),
        ("SRAM energy", "× 2", times(2, *sram)),
        ("weight port", "256 bit", ["accelerator.weight_buffer.word_bits=256"]),
        ("weight port", "512 bit", ["accelerator.weight_buffer.word_bits=512"]),
        ("weight port", "2048 bit", ["accelerator.weight_buffer.word_bits=2048"]),
        ("activation port", "1 word per cycle", ["accelerator.activation_buffer.read_words_per_cycle=1"]),
        ("conversion at every read", "no energy", times(0, "conversion.energy_pj_per_value")),
        ("conversion at every read", "× 10", times(10, "conversion.energy_pj_per_value")),
        ("energy of FIGNA-M11 and -M8", "per operation as in Fig. 15",
         [f"{elements}.figna-m11.power={m11 * 16 / 11:.6g}", f"{elements}.figna-m8.power={m8 * 2:.6g}"]),
        ("results", "written as FP16", ["precision.output=fp16"]),
        ("pipeline fill", "64 cycles", ["accelerator.mxu.fill_cycles=64"]),
        ("DRAM latency", "380 ns", ["dram.latency_ns=380"]),
    ]


def sensitivity_rows(paper_runs, default):
    rows = []
    for what, value, overrides in sweeps():
        comparison = paper_runs.compare(*overrides) if overrides else default
        means = {entry["name"]: entry for entry in comparison["means"]}
        rows.append((what, value, *[means[system][metric] for system, metric in SENSITIVITY]))
    return rows


def outside_the_array(efficiency, speedup, published):
    """(shares, ratios) derived from energy ratios. shares: the array's share of FP-FP's energy, from each of the three baselines
    that differ only in the array; ratios: Anda's energy outside the array over FP-FP's, at both losses."""
    elements = published["pe_level"]
    shares = [(1 - 1 / efficiency[system]) / (1 - 1 / elements[NAMES[system]]["energy_efficiency"])
              for system in ("fp-int", "ifpu", "figna")]
    share = sum(shares) / len(shares)
    return shares, [(1 / efficiency[system] - share * elements["Anda"]["power"] / speedup[system]) / (1 - share)
                    for system in ("anda-0.1", "anda-1")]


def anda_energy_rows(sensitivity, published):
    """Rows (quantity, published, simulated, simulated with weights reloaded)."""
    def numbers(metric, row):
        return {system: value for (system, other), value in zip(SENSITIVITY, row[2:]) if other == metric}

    def ours(what):
        (row,) = [row for row in sensitivity if row[:2] == what]
        return numbers("energy_efficiency", row), numbers("speedup", row)

    geomean = published["system_level_geomean"]
    columns = [[{system: geomean[name][metric] for system, name in NAMES.items() if metric in geomean[name]}
                for metric in ("energy_efficiency", "speedup")],
               ours(sensitivity[0][:2]), ours(REREAD)]
    rows = [(f"energy efficiency, {NAMES[system]}", *[efficiency[system] for efficiency, _ in columns])
            for system in ("fp-int", "ifpu", "figna", "anda-0.1", "anda-1")]
    derived = [outside_the_array(*column, published) for column in columns]
    for i, system in enumerate(("fp-int", "ifpu", "figna")):
        rows.append((f"array's share of FP-FP's energy, from {NAMES[system]}", *[shares[i] for shares, _ in derived]))
    for i, system in enumerate(("anda-0.1", "anda-1")):
        rows.append((f"{NAMES[system]}: energy outside the array over FP-FP's", *[rest[i] for _, rest in derived]))
    return rows


def fixed_share(paper_runs):
    """Share of Anda's energy, in the run of Table III, that blocks consume regardless of activity."""
    anda = paper_runs.run(TABLE_III_RUN)["systems"][1]["energy_pj"]
    blocks = ("compressor", "vector_unit", "top_controller")
    return sum(anda["by_component"][block] for block in blocks) / anda["total"]


def dram_factor(comparison, published, system="anda-1"):
    """Factor on the DRAM energy of one system that would give its published efficiency."""
    goal = published["system_level_geomean"][NAMES[system]]["energy_efficiency"]

    def efficiency(factor):
        logs = []
        for model in comparison["models"]:
            base, own = model["systems"][0], next(entry for entry in model["systems"] if entry["name"] == system)
            energy = own["energy_total_pj"] + (factor - 1) * own["energy_dram_pj"]
            logs.append(math.log(base["energy_total_pj"] / energy))
        return math.exp(sum(logs) / len(logs))

    low, high = 0.0, 16.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if efficiency(middle) > goal else (low, middle)
    return high
