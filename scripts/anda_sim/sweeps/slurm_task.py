# SPDX-License-Identifier: Apache-2.0
"""One task of a Slurm array: `python3 -m anda_sim.sweeps.slurm_task FOLDER TASK` runs the jobs of FOLDER/tasks/TASK.jsonl
and writes each outcome to FOLDER/incoming at once. Outcomes of an earlier run of the task are not recomputed.
A cancelled task leaves no outcome for its current point, so the sweep submits this point again.

Needs only Python's standard library, since compute nodes may have nothing else."""

import json
import sys
from pathlib import Path

from anda_sim.common.files import write_atomically
from anda_sim.sweeps.point import Interrupted, NoRoom, ProgramChanged, run_point


def main(folder, task):
    for line in (folder / "tasks" / f"{task}.jsonl").read_text(encoding="utf-8").splitlines():
        job = json.loads(line)
        target = folder / "incoming" / f"{job['key']}.json"
        if target.exists():
            continue
        try:
            outcome = run_point(job)
        except (NoRoom, ProgramChanged) as error:
            outcome = {"key": job["key"], "stopped": str(error)}
        except Interrupted as error:
            sys.exit(str(error))
        write_atomically(target, json.dumps(outcome))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
