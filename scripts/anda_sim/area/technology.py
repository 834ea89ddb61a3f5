# SPDX-License-Identifier: Apache-2.0
"""A technology file with the study's area ratios instead of the paper's."""

import re

from anda_sim.area import tables
from anda_sim.common.errors import InputError

# The design that represents each kind of element; the first is the unit.
OF_KIND = {"fp-fp": "FP-FP, fused", "fp-int": "FP-INT, fused", "ifpu": "iFPU", "figna": "FIGNA",
           "figna-m11": "FIGNA-M11, 6 lanes", "figna-m8": "FIGNA-M8, 8 lanes", "anda": "Anda"}


def ratios(results, period_ns):
    """Area of each kind, with operands, in units of FP-FP's."""
    areas, _ = tables.operand_areas(results, period_ns)
    missing = [name for name in OF_KIND.values() if name not in areas]
    if missing:
        raise InputError(f"--technology: the study has not measured all of {'; '.join(missing)} yet")
    return {kind: areas[name] / areas[OF_KIND["fp-fp"]] for kind, name in OF_KIND.items()}


def text(results, library, published):
    """`published`: the text of configs/technology/16nm.yaml."""
    made = published.replace("name: 16 nm, 0.8 V", f"name: 16 nm, 0.8 V, areas of elements in the ratios of {library.name}")
    made = re.sub(r"^# Energy per action.*?(?=^# Energy of an action)",
                  "# Made by scripts/area_study --technology: 16nm.yaml, but the elements' areas are in the ratios that the RTL of\n"
                  "# models/rtl has in an open cell library, see docs/area.md. Power is the paper's.\n",
                  made, count=1, flags=re.MULTILINE | re.DOTALL)
    for kind, ratio in ratios(results, library.period_ns).items():
        entry = re.compile(rf"(^  {kind}:\n    area: )\S+(\n    power: \S+\n    source: )[^\n]*", re.MULTILINE)
        source = f"area of {OF_KIND[kind]} with operands, {library.name} at {library.period_ns:g} ns, docs/area.md; power of Fig. 15"
        made, count = entry.subn(lambda found, source=source, ratio=ratio: f'{found[1]}{ratio:.4f}{found[2]}"{source}"', made)
        if count != 1:
            raise InputError(f"configs/technology/16nm.yaml: processing_elements.{kind} has not the lines area, power, source")
    return made
