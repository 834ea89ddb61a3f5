# SPDX-License-Identifier: Apache-2.0
"""The compared systems by their names in the paper, and their metrics."""

NAMES = {"fp-fp": "FP-FP", "fp-int": "FP-INT", "ifpu": "iFPU", "figna": "FIGNA", "figna-m11": "FIGNA-M11",
         "figna-m8": "FIGNA-M8", "anda-0.1": "Anda (0.1% loss)", "anda-1": "Anda (1% loss)"}
METRICS = ["speedup", "area_efficiency", "energy_efficiency"]
SENSITIVITY = [("anda-0.1", "speedup"), ("anda-1", "speedup"), ("figna-m8", "speedup"), ("anda-1", "area_efficiency"),
               ("fp-int", "energy_efficiency"), ("ifpu", "energy_efficiency"), ("figna", "energy_efficiency"),
               ("figna-m8", "energy_efficiency"), ("anda-0.1", "energy_efficiency"), ("anda-1", "energy_efficiency")]
