# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/area.md."""

from anda_sim.area import designs
from anda_sim.area.synthesis import FLOWS

REFERENCES = ["FP-FP, fused", "FP-FP, four outputs", "FP-FP, chained"]
REFERENCE_HEADINGS = ["/ fused FP-FP", "/ FP-FP of four outputs", "/ chained FP-FP"]
REGISTER = "a bit of an operand register"
DEQUANTISER = "dequantisation of a weight"
HEADINGS = [f"area, {name}" for name in FLOWS]


def smallest(flows, period_ns):
    """(name, results) of the flow with the smallest area that meets the period, else of the fastest flow."""
    reaching = {name: at for name, at in flows.items() if at["period_ns"] <= period_ns}
    if reaching:
        return min(reaching.items(), key=lambda item: item[1]["area"])
    return min(flows.items(), key=lambda item: item[1]["period_ns"])


def measured(flows):
    """Cells with the area of each flow, one column per flow."""
    return [f"{flows[name]['area']:.0f}" if name in flows else "–" for name in FLOWS]


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def ratios(area, references):
    return [f"{area / reference:.2f}" if reference else "–" for reference in references]


def of_boundary(results, part, of_part, period_ns):
    best = {name: smallest(flows, period_ns) for name, flows in results[part].items()}
    references = [best[name][1]["area"] if name in best else None for name in REFERENCES]
    lines = [row(["", *HEADINGS, "chosen", "ns reached", *REFERENCE_HEADINGS, "Fig. 15"]),
             row(["---"] + ["---:"] * 3 + ["---"] + ["---:"] * 5)]
    for design in of_part:
        if design.name not in best:
            continue
        flow, taken = best[design.name]
        late = "" if taken["period_ns"] <= period_ns else " (too slow)"
        lines.append(row([design.name] + measured(results[part][design.name]) +
                         [flow + late, f"{taken['period_ns']:.1f}"] + ratios(taken["area"], references) +
                         [f"{design.fig15:.2f}"]))
    return lines


def operand_areas(results, period_ns):
    """Areas of the fully measured elements, including their share of the logic that 16 rows and columns share, and the area
    of a group buffer."""
    def area(part, name):
        return smallest(results[part][name], period_ns)[1]["area"]

    areas = {}
    for name, shared in designs.SHARED.items():
        wanted = {REGISTER} | ({DEQUANTISER} if "dequantisers" in shared else set())
        wanted |= {shared["aligner"]} if "aligner" in shared else set()
        if name not in results["element"] or not wanted <= results["part"].keys():
            continue
        common = shared["bits"] * area("part", REGISTER)
        if "dequantisers" in shared:
            common += shared["dequantisers"] * area("part", DEQUANTISER)
        if "aligner" in shared:
            common += area("part", shared["aligner"])
        areas[name] = area("element", name) + common / 16
    buffer = designs.GROUP_BUFFER_BITS * area("part", REGISTER) / 16 if areas else 0
    return areas, buffer


def with_operands(areas, buffer):
    references = [areas.get(reference) for reference in REFERENCES]
    lines = [row(["", "area", *REFERENCE_HEADINGS, "with its group buffer / fused", "Fig. 15"]), row(["---"] + ["---:"] * 6)]
    fig15 = {design.name: design.fig15 for design in designs.ELEMENTS}
    for name, value in areas.items():
        buffered = ratios(value + buffer, references[:1])[0] if "aligner" in designs.SHARED[name] else ""
        lines.append(row([name, f"{value:.0f}"] + ratios(value, references) + [buffered, f"{fig15[name]:.2f}"]))
    return lines


def page(results, library):
    lines = [f"## {library.name}, {library.period_ns:g} ns"]
    for part, of_part in (("element", designs.ELEMENTS), ("core", designs.CORES)):
        if results[part]:
            lines += ["", f"### {part.capitalize()}", ""] + of_boundary(results, part, of_part, library.period_ns)
    areas, buffer = operand_areas(results, library.period_ns)
    if areas:
        lines += ["", "### With operands", ""] + with_operands(areas, buffer)
    lines += ["", "### Parts", "", row(["", *HEADINGS, "ns reached by the smallest"]),
              row(["---"] + ["---:"] * 4)]
    for name, flows in results["part"].items():
        lines.append(row([name] + measured(flows) +
                         [f"{smallest(flows, library.period_ns)[1]['period_ns']:.1f}"]))
    return "\n".join(lines)
