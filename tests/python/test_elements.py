# SPDX-License-Identifier: Apache-2.0
"""Processing elements that a configuration describes: time, energy and area by hand, values against numpy, the same bytes as
the elements of the simulator whose parameters they take over, and costs that are not known."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys

import jsonschema
import pytest
from functional_tools import aligned, bits_of, BUILD, encode, fp_fp, fp_int, ROOT, Run

SIM = BUILD / "src" / "anda-sim"
# Area and power of the elements of configs/technology/16nm.yaml, as the file has them.
BUILT_IN = {"fp-fp": (1.00, 1.00), "fp-int": (0.6289, 0.5181), "ifpu": (0.2646, 0.2849), "figna": (0.1792, 0.1704),
            "figna-m11": (0.1527, 0.1245), "figna-m8": (0.1236, 0.0953), "anda": (0.23, 0.20)}
APU_PJ = 54.34e-3 / 285e6 / 256 * 1e12  # Table III, one active Anda element for a cycle


def text_of(element):
    return "{" + ", ".join(f"{key}: {value}" for key, value in element.items()) + "}"


def run(folder, systems, *settings, gemms=((64, 256, 128, 4),), status=0):
    lines = ["name,layer,tensor,m,k,n,count,weight_bits"]
    lines += [f"g{i},0,A_u,{m},{k},{n},1,{bits}" for i, (m, k, n, bits) in enumerate(gemms)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trace.csv").write_text("\n".join(lines) + "\n")
    names = ", ".join(system if isinstance(system, str) else text_of(system) for system in systems)
    (folder / "run.yaml").write_text(f"workload: {{trace: trace.csv}}\nprecision: 7\nsystems: [{names}]\n")
    command = [SIM, "run", folder / "run.yaml", "--quiet", "--out", folder / "out"]
    command += [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    return json.loads((folder / "out" / "report.json").read_text()) if status == 0 else done.stderr


def named(report, name):
    return next(system for system in report["systems"] if system["name"] == name)


# 64 × 256 × 128: 4 × 8 tiles of 4 groups of 64. Cycles of a group, area and power, and whether activations are converted.
FAMILIES = [
    ({"name": "f", "derives": "floating", "cycles": 5, "area": 2, "power": 3}, 5, False),
    ({"name": "fi", "derives": "floating-int", "cycles": 9, "area": 0.5, "power": 0.25}, 9, False),
    ({"name": "mine", "derives": "aligning", "mantissa_bits": 6, "cycles": 6, "area": 0.10, "power": 0.09}, 6, True),
    ({"name": "sa", "derives": "serial-activations", "area": 0.3, "power": 0.2}, 8, False),  # M = 7: 8 planes
    ({"name": "sa-3", "derives": "serial-activations", "bits_per_step": 3, "cycles": 2, "area": 0.3, "power": 0.2}, 6, False),
    ({"name": "sw", "derives": "serial-weights", "cycles": 4, "area": 0.3, "power": 0.4}, 16, False),
    ({"name": "sw-3", "derives": "serial-weights", "bits_per_step": 3, "cycles": 5, "mantissa_bits": 12, "area": 0.3,
      "power": 0.4}, 10, True),
    ({"name": "sb", "derives": "serial-both", "bits_per_step": 2, "area": 0.1, "power": 0.1}, 16, False),
]


def test_time_energy_and_area_by_hand(tmp_path):
    report = run(tmp_path, ["fp-fp", *(element for element, *_ in FAMILIES)])
    for element, cycles, converts in FAMILIES:
        system = named(report, element["name"])
        busy = 4 * 8 * 4 * cycles
        assert system["busy_cycles"] == busy, element
        assert system["actions"]["mxu.pe_cycles"] == 256 * busy
        converted = 64 * 256 * 8 if converts else 0
        assert system["actions"]["mxu.converted_values"] == converted, element
        energy = 256 * busy * APU_PJ * element["power"] / 0.20 + converted * 0.0581
        assert system["energy_pj"]["by_component"]["mxu"] == pytest.approx(energy), element
        assert system["area_mm2"]["by_component"]["mxu"] == pytest.approx(0.41 * element["area"] / 0.23), element
        # Anda groups in memory: (7 + 1) planes of 64 · 256 bits and 5 bits for each of 64 · 4 groups; else FP16.
        planes = element["derives"] in ("serial-activations", "serial-both")
        assert (system["energy_pj"]["by_component"]["compressor"] > 0) == planes
        ratios = next(each for each in report["ratios"] if each["system"] == element["name"])
        assert ratios["speedup"] == pytest.approx(named(report, "fp-fp")["time_s"] / system["time_s"])


def test_weights_of_other_widths_change_the_time_of_what_is_serial_over_them(tmp_path):
    elements = [{"name": "sw", "derives": "serial-weights", "bits_per_step": 2, "cycles": 4, "area": 0.3, "power": 0.4},
                {"name": "fi", "derives": "floating-int", "cycles": 16, "area": 0.3, "power": 0.4}]
    settings = ("accelerator.mxu.weight_bits=8", "accelerator.weight_buffer.word_bits=8192")
    report = run(tmp_path, elements, *settings, gemms=[(16, 64, 16, bits) for bits in range(1, 9)])
    for system, expected in (("sw", [4, 4, 8, 8, 12, 12, 16, 16]), ("fi", [16] * 8)):
        assert [op["busy_cycles"] for op in named(report, system)["ops"]] == expected
    # An element that takes weights bit by bit does not grow with their width.
    assert named(report, "sw")["area_mm2"]["by_component"]["mxu"] == pytest.approx(0.41 * 0.3 / 0.23)
    assert named(report, "fi")["area_mm2"]["by_component"]["mxu"] == pytest.approx(2 * 0.41 * 0.3 / 0.23)


def test_elements_of_fewer_lanes_pass_over_a_group_and_are_smaller(tmp_path):
    elements = [{"name": "sa", "derives": "serial-activations", "area": 0.3, "power": 0.2},
                {"name": "sb", "derives": "serial-both", "bits_per_step": 2, "cycles": 3, "area": 0.3, "power": 0.2},
                {"name": "sw", "derives": "serial-weights", "cycles": 4, "area": 0.3, "power": 0.2}]
    report = run(tmp_path, elements, "accelerator.mxu.lanes_per_pe=16")
    # 32 tiles of 4 groups of 64, each in 4 passes; M = 7: 8 planes; 4 bits of weights.
    for name, cycles in (("sa", 8), ("sb", 8 * 2 * 3), ("sw", 4 * 4)):
        assert named(report, name)["busy_cycles"] == 32 * 4 * 4 * cycles, name
        assert named(report, name)["area_mm2"]["by_component"]["mxu"] == pytest.approx(0.41 * 0.3 / 0.23 / 4), name


@pytest.mark.parametrize("level", ["fast", "cycle"])
def test_an_element_with_the_figures_of_a_built_in_one_is_it_byte_for_byte(tmp_path, level):
    systems = list(BUILT_IN) + [{"name": f"as{i}", "derives": name, "area": area, "power": power}
                                for i, (name, (area, power)) in enumerate(BUILT_IN.items())]
    shapes = [(64, 256, 128, 4), (33, 700, 70, 3), (1, 128, 64, 4)] if level == "fast" else [(20, 130, 40, 4)]
    run(tmp_path, systems, f"accelerator.level={level}", gemms=shapes)
    by_system = {}
    for line in (tmp_path / "out" / "ops.csv").read_text().splitlines()[1:]:
        name, rest = line.split(",", 1)
        by_system.setdefault(name, []).append(rest)
    assert len(by_system) == 2 * len(BUILT_IN)
    for i, name in enumerate(BUILT_IN):
        assert by_system[f"as{i}"] == by_system[name], name


def test_values_are_those_of_numpy(tmp_path):
    elements = {"f": ("{name: f, derives: floating, cycles: 4}", 0), "fi": ("{name: fi, derives: floating-int, cycles: 4}", 0),
                "al": ("{name: al, derives: aligning, mantissa_bits: 6, cycles: 6}", 6),
                "al-24": ("{name: al-24, derives: aligning, mantissa_bits: 24, cycles: 6}", 24),
                "sw": ("{name: sw, derives: serial-weights}", 0),
                "sw-9": ("{name: sw-9, derives: serial-weights, mantissa_bits: 9}", 9),
                "sa": ("{name: sa, derives: serial-activations, bits_per_step: 2}", 7),
                "sb": ("{name: sb, derives: serial-both}", 7)}
    gemms = [(17, 200, 45, 4), (5, 64, 16, 6)]
    result = Run(tmp_path, gemms, f"systems=[{', '.join(text for text, _ in elements.values())}]", "precision.other=7",
                 "precision.output=fp16")
    for index in range(len(gemms)):
        activations, _, codes, scales = result.operands(index)
        for name, (_, bits) in elements.items():
            if bits:
                expected, _ = aligned(activations, codes, scales, bits)
            else:
                expected = (fp_fp if name == "f" else fp_int)(activations, codes, scales)
            assert (bits_of(result.tensor(f"{name}/{index}.outputs")) == bits_of(expected)).all(), name
    assert encode(activations, 64, 6)[2].max() < 2 ** 6


def test_unknown_costs_are_null_and_nothing_else_is(tmp_path):
    report = run(tmp_path, ["fp-fp", {"name": "free", "derives": "figna"}, {"name": "small", "derives": "figna", "area": 0.2}])
    jsonschema.validate(report, json.loads((ROOT / "docs" / "report.schema.json").read_text()))
    free, small = named(report, "free"), named(report, "small")
    for system in (free, small):
        energy = system["energy_pj"]
        assert (energy["compute"], energy["total"], energy["by_component"]["mxu"]) == (None, None, None)
        assert energy["sram"] > 0 and energy["dram"] > 0 and energy["by_component"]["vector_unit"] > 0
        assert system["tops_per_w"] is None and system["cycles"] > 0
    assert free["area_mm2"]["total"] is None and free["tops_per_mm2"] is None and free["area_mm2"]["by_component"]["vector_unit"] > 0
    assert small["area_mm2"]["total"] > 1
    assert [(each["energy_efficiency"], each["area_efficiency"] is None) for each in report["ratios"]] == [(None, True), (None, False)]
    rows = list(csv.DictReader((tmp_path / "out" / "ops.csv").open()))
    assert [row["energy_mxu_pj"] == "" for row in rows] == [False, True, True]
    # As the baseline, they leave every ratio to them unknown.
    report = run(tmp_path / "2", [{"name": "free", "derives": "figna"}, "fp-fp"])
    assert report["ratios"][0]["energy_efficiency"] is None and report["ratios"][0]["speedup"] == pytest.approx(1)


def test_a_comparison_takes_elements_too(tmp_path):
    (tmp_path / "base.yaml").write_text("workload: {model: OPT-1.3B, tokens: 16, layers: 1}\n")
    (tmp_path / "own.yaml").write_text("{name: own, derives: aligning, mantissa_bits: 6, cycles: 6}\n")
    (tmp_path / "compare.yaml").write_text("systems: [fp-fp, bitmod, own.yaml, {name: mine, derives: anda, area: 0.23, power: 0.20}, anda]\n"
                                           "models: {A: base.yaml}\n")
    done = subprocess.run([str(SIM), "compare", str(tmp_path / "compare.yaml"), "--out", str(tmp_path / "out")],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "compare.json").read_text())
    jsonschema.validate(found, json.loads((ROOT / "docs" / "compare.schema.json").read_text()))
    systems = {system["name"]: system for system in found["models"][0]["systems"]}
    assert list(systems) == ["fp-fp", "bitmod", "own", "mine", "anda"]
    assert {**systems["mine"], "name": "anda"} == systems["anda"]
    assert systems["own"]["energy_total_pj"] is None and systems["own"]["speedup"] > 1 and "n/a" in done.stdout
    rows = {row["system"]: row for row in csv.DictReader((tmp_path / "out" / "compare.csv").open()) if row["model"] == "A"}
    assert rows["own"]["energy_efficiency"] == "" and float(rows["own"]["speedup"]) > 1


@pytest.mark.parametrize("element, message", [
    ("name: own\nderives: alining\n", "own.yaml:2:1: derives: is `alining`, must be one of floating, "),
    ("name: own\nderives: aligning\nmantissa_bits: 25\n", "own.yaml:3:1: mantissa_bits: is 25, must be 1 … 24"),
    ("name: figna\nderives: aligning\nmantissa_bits: 2\ncycles: 6\n", "own.yaml:1:1: name: is figna, which is an element of the"),
    ("name: own\nderives: anda\ncycels: 3\n", "own.yaml:3:1: cycels: is not a key"),
    ("[fp-fp]\n", "own.yaml"),
    ("name: own\nderives: floating\nweight_formats: nf4, mxfp4\n", "own.yaml:3:1: weight_formats: has nf4,, which cannot be the name of"),
    ("name: own\nderives: floating\nactivation_formats: MXFP8\n", "own.yaml:3:1: activation_formats: has MXFP8, which cannot be the name"),
])
def test_a_wrong_file_of_an_element_is_refused_with_its_place(tmp_path, element, message):
    (tmp_path / "own.yaml").write_text(element)
    text = run(tmp_path, ["fp-fp", "own.yaml"], status=2)
    assert message in text and not (tmp_path / "out").exists(), text


def test_reports_and_plots_of_unknown_costs(tmp_path):
    run(tmp_path, ["fp-fp", {"name": "free", "derives": "figna"}])
    for script, *options in (["report", "-o", "r.html"], ["plot", "--kind", "energy", "-o", "e.svg"],
                             ["plot", "--kind", "area", "-o", "a.svg"], ["plot", "--kind", "compare", "-o", "c.svg"]):
        done = subprocess.run([sys.executable, str(ROOT / "scripts" / script), *options, str(tmp_path / "out")], cwd=tmp_path,
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
    assert "n/a" in (tmp_path / "r.html").read_text()


def test_sweeps_over_elements(tmp_path):
    (tmp_path / "base.yaml").write_text("workload: {model: OPT-1.3B, tokens: 16, layers: 1}\n")
    (tmp_path / "sweep.yaml").write_text("base: base.yaml\nparameters:\n  systems: [[bitmod], [{name: mine, derives: figna}]]\n"
                                         "outputs: [cycles, energy_total_pj]\n")
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "sweep"), "sweep.yaml", "--out", "out"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "out" / "results.csv").open()))
    assert int(rows[1]["mine.cycles"]) > int(rows[0]["bitmod.cycles"]) > 0
    assert rows[1]["mine.energy_total_pj"] == "" and float(rows[0]["bitmod.energy_total_pj"]) > 0


def test_shipped_elements_are_what_their_sources_say():
    """The ratios of the figures in the source, and a source for each."""
    for path in sorted((ROOT / "configs" / "elements").glob("*.yaml")):
        keys = dict(re.findall(r"^(\w+): (.*)$", path.read_text(), re.M))
        assert keys["name"] == path.stem and len(keys["source"]) > 40
        figures = re.search(r"([\d.]+) of ([\d.]+) um2 and ([\d.]+) of ([\d.]+) pJ", keys["source"])
        if figures is None:
            assert "n/a" in keys["source"] and "area" not in keys and "power" not in keys
            continue
        area, of_area, energy, of_energy = map(float, figures.groups())
        assert float(keys["area"]) == round(area / of_area, 4) and float(keys["power"]) == round(energy / of_energy, 4)


# --- the page of how to add an element ------------------------------------------------------------------------------


def embedded(folder, yaml, name="16nm"):
    (folder / f"{name}.yaml").write_text(yaml)
    done = subprocess.run(["cmake", f"-DINPUT={folder / name}.yaml", f"-DOUTPUT={folder / name}.cpp", "-P",
                           str(ROOT / "cmake" / "EmbedTechnology.cmake")], capture_output=True, text=True, timeout=60)
    return (folder / f"{name}.cpp").read_text() if done.returncode == 0 else " ".join(done.stderr.split())  # CMake breaks lines


def test_the_steps_of_the_page_compile_as_they_are_printed(tmp_path):
    page = (ROOT / "docs" / "processing_elements.md").read_text()
    blocks = {kind: re.findall(rf"^ *```{kind}\n(.*?)^ *```", page, re.M | re.S) for kind in ("cpp", "yaml")}
    element = next(block for block in blocks["cpp"] if "class MyPe" in block)
    entry = next(block for block in blocks["cpp"] if "PeEntry{" in block).strip()
    costs = next(block for block in blocks["yaml"] if block.lstrip().startswith("mine:")).strip()

    kinds = (ROOT / "models" / "anda" / "base" / "pe_kind.h").read_text()
    kinds = kinds.replace("figna_m8, anda }", "figna_m8, anda, mine }").replace('    PeEntry{"anda",', f'    {entry}\n    PeEntry{{"anda",')
    (tmp_path / "anda" / "base").mkdir(parents=True)
    (tmp_path / "anda" / "base" / "pe_kind.h").write_text(kinds)
    technology = (ROOT / "configs" / "technology" / "16nm.yaml").read_text()
    made = embedded(tmp_path, technology.replace("processing_elements:\n", f"processing_elements:\n  {costs}\n"))
    assert "[PeKind::mine].area = 0.10;" in made
    (tmp_path / "page.cpp").write_text(f"#include <anda/mxu/processing_element/aligning_pe.h>\nnamespace anda {{\n{element}}}\n{made}")
    compiler = os.environ.get("CXX") or shutil.which("g++") or "c++"
    done = subprocess.run([compiler, "-std=c++17", "-fsyntax-only", f"-I{tmp_path}", f"-I{ROOT / 'models'}", "page.cpp"],
                          cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_every_way_to_write_a_technology_gives_the_same_code(tmp_path):
    blocks = "name: 16 nm; 0.8 V [x]\nmxu:\n  power_mw: 54.34\n  source: \"a # b: {c}\"\nprocessing_elements:\n  fp-fp:\n    area: 1\n    source: it's\n"
    plain = embedded(tmp_path, blocks)
    assert 'technology.mxu.source = "a # b: {c}";' in plain and "[PeKind::fp_fp].area = 1;" in plain
    for other in (
            "---\n\"name\": '16 nm; 0.8 V [x]'   # c\nmxu: {power_mw: 54.34,\n      source: 'a # b: {c}'} # d\n"
            "processing_elements: {fp-fp: {area: 1, source: it's}}\n",
            "name: 16 nm;\n  0.8 V [x]\nmxu:\n      power_mw:    54.34 # c\n      source: >-\n        a # b:\n        {c}\n"
            "processing_elements:\n fp-fp: {\n  area: 1, source: 'it''s' }\n"):
        assert embedded(tmp_path, other) == plain
    for wrong, message in (("mxu: {power_mw: 3mW}\n", "without a unit"), ("mxu: [1]\n", "must be a number, text or a map"),
                           ("mxu: {power_mw: 3\n", "comma"), ("name: &a x\n", "must be a number, text or a map"),
                           ("name: 3\n", "must be text"), ("name: x: y\n", "must be a number"), ("mxu:\n  - 1\n", "is a list"),
                           ("mxu: *a\n", "is an anchor or an alias"), ("name: !!str x\n", "has a tag"), ("name: [x]\n", "is a list"),
                           ("name: a\nname: b\n", "name is given twice"), ("name: a\n---\nname: b\n", "has a second document"),
                           ("mxu: {power_mw: 3}\nmxu: {area_mm2: 2}\n", "mxu is given twice"),
                           ("mxu: {power_mw: 3, power_mw: 3}\n", "mxu.power_mw is given twice")):
        assert message in embedded(tmp_path, wrong), wrong
