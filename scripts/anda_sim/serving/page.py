# SPDX-License-Identifier: Apache-2.0
"""The page docs/serving_study.md, from the measurements of the study."""

from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from .points import FIRST_TOKEN_S, MOST_ACCELERATORS, SYSTEMS, TENSORS, Alone, Machine, Served

COMMAND = "scripts/serving_study --page docs/serving_study.md"

HEAD = f"""# How many accelerators serve LLaMA-3-8B?

`{COMMAND}` writes this page; the simulator computes every number ([serving.md](serving.md) describes how).

Requests arrive at random (Poisson) with lengths of Azure's conversations: log-normal prompts of 1155 tokens on average, at most
4096, and answers of 211 tokens, at most 1024. A server is good enough if 99 % of the first tokens come within {FIRST_TOKEN_S:g} s of the
request. Replicas of 1, 2, 4 or 8 accelerators that share each layer take requests in turn; the tables show the fewest accelerators
that suffice, up to {MOST_ACCELERATORS}.

Arrays of 16 × 16 elements are the machine of the paper. In larger ones buffers, vector unit and area grow with the number of
elements, ports with the sides; each accelerator keeps 256 GB/s of external memory and 285 MHz. All weights have 4 bits. Mantissa
lengths are those of 1 % loss.
"""

LIMITS = """
## Limits

- Each figure is one simulation of {requests} requests, so the slowest {slow} or so decide, and the load lasts as many seconds as {requests} divided
  by the rate: short of a steady state at high rates. Other seeds and more requests (`--requests`) move the numbers.
- The fewest replicas are found by bisection, which assumes that more of them are never slower.
- Contexts are rounded up to 64 tokens for attention, which makes all times slightly longer.
- A sequence is in one iteration at a time, so a pipeline does not bring its first token sooner; the study has no pipelines. Layers are
  shared by at most 8 accelerators, as the model has 8 key/value heads.
- Operations of an accelerator follow one another: no weights load while another operation computes. Links do not overlap with
  computation here (`system.parallel.overlap`).
- The host takes no time: no tokenizer, no sampling, no network.
- Areas are those of the logic and buffers at 16 nm, without memory controllers, PHYs and links. Scaling buffers and ports with the
  array is a choice, not an optimum.
- The loss of accuracy of 4-bit caches is that of small models ([precision/kv_cache.md](precision/kv_cache.md)).
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> List[str]:
    return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]


def _seconds(value: float) -> str:
    return f"{value:.3g} s" if value >= 1 else f"{value * 1e3:.3g} ms"


def _alone(found: Optional[Alone]) -> str:
    return "—" if found is None else _seconds(found.first_token_p99_s)


def _server(server: Optional[Served], area: float) -> Sequence[str]:
    if server is None:
        return ["none", "", "", "", "", "", ""]
    return [f"**{server.accelerators}**", str(server.tensor), f"{server.accelerators * area:,.0f} mm²", _seconds(server.first_token_p99_s),
            _seconds(server.per_token_p50_s), f"{server.busy_share:.0%}", f"{server.energy_per_token_j * 1e3:.3g} mJ"]


def page(areas: Dict[Tuple[str, int], float], idle: Dict[Machine, Alone], servers: Dict[Tuple[str, int, int], Optional[Served]],
         requests: int) -> str:
    sides = list(dict.fromkeys(side for _, side in areas))
    lines = [HEAD, "## Without a load\n",
             "Time within which 99 % of the first tokens come if no request waits for another, by the accelerators that share a layer. More than "
             f"{FIRST_TOKEN_S:g} s here cannot be mended by replicas; — means that more sharing takes too long already.\n"]
    rows = [[system, f"{side} × {side}", f"{areas[system, side]:.1f} mm²",
             *(_alone(idle.get(Machine(system, side, tensor))) for tensor in TENSORS)] for side in sides for system in SYSTEMS]
    lines += _table(["system", "array", "area of each", *(f"{tensor} sharing" for tensor in TENSORS)], rows)
    for rate in dict.fromkeys(rate for *_, rate in servers):
        lines += ["", f"## {rate} request{'s' if rate > 1 else ''} a second\n"]
        rows = [[system, f"{side} × {side}", *_server(servers[system, side, rate], areas[system, side])] for side in sides for system in SYSTEMS]
        lines += _table(["system", "array", "accelerators", "sharing", "area of all", "first token, 99 %", "token, 50 %", "busy",
                         "energy a token"], rows)
    return "\n".join(lines) + "\n" + LIMITS.format(requests=requests, slow=max(1, requests // 100))
