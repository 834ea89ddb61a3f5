# SPDX-License-Identifier: Apache-2.0
"""Runs a design through Yosys, ABC and OpenSTA to obtain its cell area and the clock period that it reaches."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from anda_sim.common.errors import RunError
from anda_sim.common.tree import SOURCE

RTL = SOURCE / "models" / "rtl"
FOLDERS = ("numeric", "mxu")

# Adders up to this width are chains of full adders.
FLOWS = {"lookahead": 0, "ripple": 9999, "mixed": 16}


@dataclass(frozen=True)
class Library:
    name: str
    period_ns: float

    @property
    def liberty(self):
        return Path("/usr/share/qflow/tech") / self.name / f"{self.name}_stdcells.lib"


LIBRARIES = {"osu018": Library("osu018", 25.0), "osu035": Library("osu035", 50.0)}


def run(command, what):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise RunError(f"{command[0]} is not there; `scripts/install_dependencies rtl` installs it") from None
    if done.returncode != 0:
        raise RunError(f"{what}: {command[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout + done.stderr


def synthesise(design, library, flow, folder):
    """Writes folder/netlist.v and .json; returns the area in the library's unit and the count of each cell."""
    sources = " ".join(str(path) for name in FOLDERS for path in sorted((RTL / name).glob("*.sv")))
    parameters = " ".join(f"-chparam {name} {value}" for name, value in design.parameters.items())
    (folder / "constr").write_text("set_driving_cell BUFX2\nset_load 10.0\n")
    limit = FLOWS[flow]
    adders = f"techmap -map {Path(__file__).parent / 'full_adders.v'} -D LIMIT={limit}\nopt\n" if limit else ""
    (folder / "synth.ys").write_text(f"""\
read_verilog -sv {sources}
read_liberty -lib -ignore_miss_func {library.liberty}
hierarchy -top {design.top} {parameters}
rename -top top
synth -flatten -run begin:fine
maccmap
opt
{adders}synth -noabc -run fine:check
dfflibmap -liberty {library.liberty}
opt
abc -liberty {library.liberty} -D {library.period_ns * 1000:.0f} -constr {folder / 'constr'}
clean
check -assert -mapped
tee -o {folder / 'stat'} stat -liberty {library.liberty}
write_json {folder / 'netlist.json'}
write_verilog -noattr -noexpr -simple-lhs {folder / 'netlist.v'}
""")
    run(["yosys", "-q", str(folder / "synth.ys")], design.name)
    text = (folder / "stat").read_text()
    area = float(re.search(r"Chip area for .*?: ([0-9.]+)", text).group(1))
    cells = {name: int(count) for name, count in re.findall(r"^ {5}(\w+) +(\d+)$", text, re.MULTILINE)}
    return area * design.copies, {name: count * design.copies for name, count in cells.items()}


def reached_period(design, library, folder):
    """Clock period in ns that the design reaches; 0 if no path ends at a register or an output."""
    (folder / "sta.tcl").write_text(f"""\
read_liberty {library.liberty}
read_verilog {folder / 'netlist.v'}
link_design top
create_clock -name clk -period {library.period_ns} [get_ports -quiet clk]
set_input_delay 0.5 -clock clk [all_inputs]
set_output_delay 0 -clock clk [all_outputs]
report_checks -path_delay max -format end -digits 3
exit
""")
    text = run(["sta", "-exit", str(folder / "sta.tcl")], design.name)
    slacks = re.findall(r"(-?[0-9.]+) \((?:MET|VIOLATED)\)", text)
    if not slacks:
        raise RunError(f"{design.name}: OpenSTA reports no path:\n{text[-2000:]}")
    return library.period_ns - float(slacks[0])
