# SPDX-License-Identifier: Apache-2.0
"""scripts/anda_sim/bit_operations.py counts as anda-sim search does."""


import pytest

from search_tools import log_of, result_of, run_program, search

from anda_sim.bit_operations import bit_operations, bops_saving, multiplications


@pytest.mark.parametrize("model, weight_bits", [("OPT-1.3B", 4), ("LLaMA2-7B", 4), ("LLaMA-7B", 3)])
def test_costs_and_savings_are_those_of_a_search(tmp_path, model, weight_bits):
    landscape = "while read line; do echo '{\"perplexity\": 5}'; done"
    search(tmp_path, landscape, model=model,
           tiny=["--set", "workload.layers=2", "--set", "workload.tokens=3", "--set", f"precision.weight_bits={weight_bits}"])
    counts = multiplications(run_program("trace", "--model", model, "--layers", 2, "--tokens", 3).splitlines())
    visits = log_of(tmp_path)
    assert len(visits) > 10
    for visit in visits:
        assert visit["bops"] == bit_operations(counts, visit["combination"], weight_bits)
    (found,) = result_of(tmp_path)["results"]
    assert found["best"]["bops_saving"] == bops_saving(counts, found["best"]["combination"])


def test_a_hand_worked_trace():
    lines = ["# a comment", "name,layer,tensor,m,k,n", "q,0,A_qkv,2,3,5", "d,0,A_d,1,1,7", "d,1,A_d,1,1,7"]
    assert multiplications(lines) == [30, 0, 0, 14]
    assert bit_operations([30, 0, 0, 14], [7, 9, 9, 5]) == 4 * (30 * 7 + 14 * 5)
    assert bops_saving([30, 0, 0, 14], [8, 1, 1, 8]) == 2
