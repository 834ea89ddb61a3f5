# SPDX-License-Identifier: Apache-2.0
"""`anda-sim serve` against queueing theory, against `anda-sim run` and against itself."""

import itertools

import numpy
import pytest
from scipy import stats

from anda_sim.simulator import Simulator, set_options
from serving_tools import HEADS, HIDDEN, KV_HEADS, LAYERS, SHAPE, serve, write_model

FIXED = {"serving.requests.prompt.distribution": "fixed", "serving.requests.output.distribution": "fixed"}
ONE_BY_ONE = {**FIXED, "serving.scheduler.max_batch": 1, "serving.requests.prompt.mean": 20, "serving.requests.output.mean": 1}


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def run(simulator, folder, model, **keys):
    """The one system of a report.json."""
    base = folder / "run.yaml"
    base.write_text("systems: [anda]\n")
    wanted = {"workload.config_json": str(model), "workload.scope": "model", **{f"workload.{key}": value for key, value in keys.items()}}
    return simulator.results("run", base, "report.json", *set_options(wanted))["systems"][0]


def service_s(simulator, folder):
    return run(simulator, folder, write_model(folder), phase="prefill", tokens=20)["time_s"]


# --- queues ---

def test_even_arrivals_make_a_d_d_1_queue(simulator, tmp_path):
    service = service_s(simulator, tmp_path)
    for load in (0.5, 0.999, 1.25, 3):
        gap = service / load
        _, rows = serve(simulator, tmp_path, {**ONE_BY_ONE, "serving.requests.arrivals": "even", "serving.requests.count": 40,
                                              "serving.requests.rate_per_s": 1 / gap})
        for number, row in enumerate(rows):
            assert row["arrival_s"] == pytest.approx(number * gap, rel=1e-9)
            assert row["queueing_s"] == pytest.approx(max(0, number * (service - gap)), rel=1e-9, abs=1e-12)
            assert row["latency_s"] == row["first_token_s"] == pytest.approx(row["queueing_s"] + service, rel=1e-9)


@pytest.mark.parametrize("load", [0.4, 0.8])
def test_poisson_arrivals_make_an_m_d_1_queue(simulator, tmp_path, load):
    service = service_s(simulator, tmp_path)
    keys = {**ONE_BY_ONE, "serving.requests.count": 20000, "serving.requests.rate_per_s": load / service, "serving.requests.seed": 7}
    report, rows = serve(simulator, tmp_path, keys)
    gaps = numpy.diff([row["arrival_s"] for row in rows])
    assert stats.kstest(gaps, "expon", args=(0, service / load)).pvalue > 0.01
    waits = numpy.array([row["queueing_s"] for row in rows][400:])
    # Means of 28 long batches are nearly independent and normal: a 99.9 % interval by Student's t.
    means = waits.reshape(28, -1).mean(axis=1)
    reach = stats.t.ppf(0.9995, 27) * means.std(ddof=1) / 28 ** 0.5
    expected = load * service / (2 * (1 - load))
    assert reach < 0.25 * expected
    assert abs(means.mean() - expected) < reach
    system = report["systems"][0]
    assert system["busy_share"] == pytest.approx(load, rel=0.03)
    for key in ("queueing_s", "latency_s", "first_token_s"):
        values = [row[key] for row in rows]
        found = [system[key][name] for name in ("p50", "p90", "p95", "p99", "most", "mean")]
        assert found == pytest.approx([*numpy.percentile(values, [50, 90, 95, 99, 100]), numpy.mean(values)], rel=1e-12)


# --- conservation ---

def areas(system):
    series = system["series"]
    return {name: sum(values) * series["interval_s"] for name, values in series.items() if name != "interval_s"}


@pytest.mark.parametrize("keys", [{}, {"serving.scheduler.preemption": "swap"}, {"serving.scheduler.order": "shortest_prompt"},
                                  {"serving.scheduler.admission": "whole_sequence"}, {"system.accelerators": 2}])
def test_nothing_is_lost(simulator, tmp_path, keys):
    settings = {"serving.requests.count": 150, "serving.requests.rate_per_s": 5e4, "serving.requests.prompt.mean": 40,
                "serving.requests.prompt.most": 400, "serving.requests.output.mean": 30, "serving.requests.output.most": 200,
                "serving.scheduler.max_tokens": 64, "serving.cache.block_tokens": 16, "dram.capacity_bytes": 5 << 18, **keys}
    report, rows = serve(simulator, tmp_path, settings)
    system, offered = report["systems"][0], report["requests"]
    assert len(rows) == offered["count"] == 150 and [row["request"] for row in rows] == list(range(150))
    assert sum(row["prompt_tokens"] for row in rows) == offered["prompt_tokens"]
    assert sum(row["output_tokens"] for row in rows) == offered["output_tokens"]
    # Each output token but the last of a request is computed; those after a dropped cache twice.
    once = offered["prompt_tokens"] + offered["output_tokens"] - 150
    recomputes = keys.get("serving.scheduler.preemption") != "swap" and system["cache"]["preemptions"] > 0
    assert (system["computed_tokens"] > once) if recomputes else (system["computed_tokens"] == once)
    assert (system["cache"]["swapped_tokens"] > 0) == ("serving.scheduler.preemption" in keys)
    assert system["cache"]["most_blocks"] <= system["cache"]["blocks"]
    for row in rows:
        assert 0 <= row["queueing_s"] <= row["first_token_s"] <= row["latency_s"]
        further = row["output_tokens"] - 1
        wanted = (row["latency_s"] - row["first_token_s"]) / further if further else None
        assert row["per_token_s"] == (pytest.approx(wanted, rel=1e-9) if further else None)
    assert system["makespan_s"] == pytest.approx(max(row["arrival_s"] + row["latency_s"] for row in rows), rel=1e-12)
    limits = report["cluster"]["limits"]
    good = [row for row in rows if row["first_token_s"] <= limits["first_token_s"] and (row["per_token_s"] or 0) <= limits["per_token_s"]]
    assert system["good_requests"] == len(good)
    area = areas(system)
    assert area["busy_share"] == pytest.approx(system["busy_share"] * system["makespan_s"], rel=1e-6)


def test_goodput_counts_requests_within_both_limits(simulator, tmp_path):
    settings = {"serving.requests.count": 60, "serving.requests.rate_per_s": 5e4, "serving.requests.prompt.mean": 40,
                "serving.requests.output.mean": 20}
    _, rows = serve(simulator, tmp_path, settings)
    middle = sorted(row["first_token_s"] for row in rows)[30]
    slow = sorted(row["per_token_s"] or 0 for row in rows)[40]
    report, _ = serve(simulator, tmp_path, {**settings, "serving.limits.first_token_s": middle, "serving.limits.per_token_s": slow})
    wanted = sum(row["first_token_s"] <= middle and (row["per_token_s"] or 0) <= slow for row in rows)
    assert report["systems"][0]["good_requests"] == wanted and 0 < wanted < 31


@pytest.mark.parametrize("pipeline", [1, 3])
def test_littles_law(simulator, tmp_path, pipeline):
    """The time that requests spend in the server is the area under their number."""
    keys = {**ONE_BY_ONE, "serving.scheduler.max_batch": 4, "serving.requests.count": 300, "serving.requests.rate_per_s": 2.5e4,
            "system.accelerators": pipeline, "system.parallel.pipeline": pipeline}
    report, rows = serve(simulator, tmp_path, keys)
    area = areas(report["systems"][0])
    assert area["running"] + area["waiting"] == pytest.approx(sum(row["latency_s"] for row in rows), rel=1e-5)
    assert area["waiting"] == pytest.approx(sum(row["queueing_s"] for row in rows), rel=1e-5)


# --- one accelerator and more ---

@pytest.mark.parametrize("cache", ["fp16", "int"])
def test_one_request_is_a_run(simulator, tmp_path, cache):
    formats = {"kv_cache.k.format": cache, "kv_cache.v.format": cache, "systems": ["fp-fp", "anda"]}
    report, rows = serve(simulator, tmp_path, {**formats, "serving.scheduler.max_tokens": 16}, [(0, 50, 9)])
    base = tmp_path / "run.yaml"
    base.write_text("{}\n")
    wanted = {**formats, "workload.config_json": str(write_model(tmp_path)), "workload.scope": "model", "workload.phase": "generate",
              "workload.tokens": 50, "workload.output_tokens": 9, "workload.prefill_chunk": 16}
    alone = simulator.results("run", base, "report.json", *set_options(wanted))["systems"]
    assert [system["name"] for system in alone] == ["fp-fp", "anda"]
    for system, row, same in zip(report["systems"], sorted(rows, key=lambda row: row["system"] == "anda"), alone):
        assert row["system"] == system["name"] == same["name"]
        assert row["first_token_s"] == pytest.approx(same["time_to_first_token_s"], rel=1e-12)
        assert row["per_token_s"] == pytest.approx(same["time_per_output_token_s"], rel=1e-9)
        assert row["latency_s"] == system["makespan_s"] == pytest.approx(same["time_s"], rel=1e-12)
        energy = same["energy_pj"]
        for part in ("compute", "sram", "dram", "total"):
            assert system["energy"][f"{part}_j"] == pytest.approx(energy[part] * 1e-12, rel=1e-12)
        assert system["energy"]["per_output_token_j"] == pytest.approx(same["energy_per_token_j"], rel=1e-12)


def test_results_do_not_depend_on_the_level(simulator, tmp_path):
    requests = [(0, 33, 4), (1e-5, 20, 3), (4e-5, 64, 2)]
    fast = serve(simulator, tmp_path, {"serving.scheduler.max_tokens": 24}, requests)[1]
    for keys, close in (({"accelerator.level": "cycle"}, 1e-12), ({"dram.level": "detailed"}, 0.25)):
        other = serve(simulator, tmp_path, {"serving.scheduler.max_tokens": 24, **keys}, requests)[1]
        for a, b in zip(fast, other):
            assert a["latency_s"] == pytest.approx(b["latency_s"], rel=close)
            assert (a["latency_s"] == b["latency_s"]) == (close < 1e-9)


def test_rounded_lengths_bound_their_error(simulator, tmp_path):
    requests = [(0, 33, 30), (1e-5, 20, 20), (4e-5, 64, 25)]
    exact = serve(simulator, tmp_path, {}, requests)[0]["systems"][0]
    rounded = serve(simulator, tmp_path, {"serving.scheduler.round_lengths": 16}, requests)[0]["systems"][0]
    assert exact["rounding_share"] == 0 < rounded["rounding_share"]
    assert exact["makespan_s"] < rounded["makespan_s"] <= exact["makespan_s"] * (1 + 2 * rounded["rounding_share"])


def link_s(size, bandwidth):
    """A message over a link, from memory to memory: 1 µs, packets of 4096 bytes one after another; the memory's 38 ns and 256
    GB/s, but for refreshes of 260 ns each 3900 ns, show at the first packet and the last."""
    packets = min(size, 4096) + (size % 4096 or 4096)
    return 38e-9 + size / bandwidth + 1e-6 + packets / (256e9 * (1 - 260 / 3900))


@pytest.mark.parametrize("nodes,topology", [(2, "ring"), (2, "switch")])
@pytest.mark.parametrize("tokens", [1, 24])
def test_a_tensor_group_computes_shards_and_exchanges_sums(simulator, tmp_path, nodes, topology, tokens):
    shard = write_model(tmp_path, num_attention_heads=HEADS // nodes, num_key_value_heads=KV_HEADS // nodes,
                        intermediate_size=SHAPE["intermediate_size"] // nodes, vocab_size=SHAPE["vocab_size"] // nodes)
    computed = run(simulator, tmp_path, shard, phase="prefill", tokens=tokens)
    # The sums of a node's part of the columns: as the residual of a narrower model.
    narrow = write_model(tmp_path, hidden_size=HIDDEN // nodes)
    residual = next(op for op in run(simulator, tmp_path, narrow, phase="prefill", tokens=tokens)["ops"] if op["kind"] == "residual")
    bandwidth, latency = 2e9, 1e-6
    hops = 2 if topology == "switch" else 1
    size = tokens * HIDDEN * 2
    part = size / nodes
    report, rows = serve(simulator, tmp_path, {"system.accelerators": nodes, "system.parallel.tensor": nodes, "system.link.topology": topology,
                                               "system.link.bytes_per_s": bandwidth, "system.link.latency_ns": latency * 1e9},
                         [(0, tokens, 1)])
    gathered = SHAPE["vocab_size"] // nodes * 2
    added = (nodes - 1) * residual["cycles"] / 285e6
    exchanges = 2 * LAYERS  # sums of the output and the down projection
    alone = computed["time_s"] + exchanges * added
    least = exchanges * 2 * (nodes - 1) * (hops * latency + part / bandwidth) + (nodes - 1) * (hops * latency + gathered / bandwidth)
    found = rows[0]["latency_s"]
    # Beyond α + S / (N · B) a step has the memory's latency and the way of a packet to and from it, and over a switch a packet more.
    packet = min(max(part, gathered), 4096)
    step = 38e-9 + 2 * packet / 230e9 + (hops - 1) * packet / bandwidth
    assert alone + least < found < alone + least + (exchanges * 2 + 1) * (nodes - 1) * step + 1e-9
    if topology == "ring":
        exact = exchanges * 2 * (nodes - 1) * link_s(part, bandwidth) + (nodes - 1) * link_s(gathered, bandwidth)
        assert found == pytest.approx(alone + exact, rel=2e-5)
    system = report["systems"][0]
    sent = exchanges * 2 * (nodes - 1) * size + nodes * (nodes - 1) * gathered
    assert system["link_bytes"] == sent * hops
    assert system["energy"]["link_j"] == pytest.approx(sent * hops * 8 * 1.3e-12, rel=1e-12)


def test_four_accelerators_pass_sums_round_a_ring(simulator, tmp_path):
    keys = {"system.accelerators": 4, "system.parallel.tensor": 4, "system.link.bytes_per_s": 1e9, "system.link.latency_ns": 2000}
    report, rows = serve(simulator, tmp_path, keys, [(0, 48, 1)], num_key_value_heads=4)
    found = report["systems"][0]
    size = 48 * HIDDEN * 2
    assert found["link_bytes"] == 2 * LAYERS * 2 * 3 * size + 4 * 3 * 125 * 2
    steps = 2 * LAYERS * 2 * 3 * (2e-6 + size / 4 / 1e9) + 3 * (2e-6 + 250 / 1e9)
    narrow = write_model(tmp_path, hidden_size=HIDDEN // 4)
    residual = next(op for op in run(simulator, tmp_path, narrow, phase="prefill", tokens=48)["ops"] if op["kind"] == "residual")
    shard = write_model(tmp_path, num_attention_heads=1, num_key_value_heads=1, intermediate_size=64, vocab_size=125)
    computed = run(simulator, tmp_path, shard, phase="prefill", tokens=48)["time_s"] + 2 * LAYERS * 3 * residual["cycles"] / 285e6
    assert computed + steps < rows[0]["latency_s"] < 1.02 * (computed + steps)


def test_columns_are_gathered_and_overlap_hides_the_links(simulator, tmp_path):
    keys = {"system.accelerators": 2, "system.parallel.tensor": 2, "system.link.bytes_per_s": 5e9, "system.link.latency_ns": 0,
            "precision": 11}
    found = {}
    for split, overlap in itertools.product(("rows", "columns"), (1, 4)):
        report, rows = serve(simulator, tmp_path, {**keys, "system.parallel.split": split, "system.parallel.overlap": overlap}, [(0, 512, 1)])
        found[split, overlap] = rows[0]["latency_s"], report["systems"][0]["link_bytes"]
    head = 2 * 250 * 2
    # 16 rows of 64 inputs in 11 bits, a sign and an exponent, of 1 + 2 such groups an accelerator; 64 of 128 results in FP16.
    inputs, results = 512 // 16 * (12 * 128 + 10) * (1 + 2), 512 * 64 * 2 * 2
    assert found["columns", 1][1] == LAYERS * 2 * (inputs + results) + head
    assert found["rows", 1][1] == LAYERS * 2 * 2 * (512 * HIDDEN * 2) + head
    for split in ("rows", "columns"):
        (slow, sent), (quick, same) = found[split, 1], found[split, 4]
        assert slow - (sent / 2) / 5e9 < quick < slow and sent == same


EXPERTS = {"model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2}


@pytest.mark.parametrize("topology, links", [("ring", 1), ("switch", 2)])
def test_each_layer_sends_tokens_to_experts_and_back(simulator, tmp_path, topology, links):
    """Every iteration waits for a way out and a way back in each layer, and each way for the latency of its links."""
    def latency_s(latency_ns):
        keys = {"system.accelerators": 2, "system.parallel.expert": 2, "system.link.topology": topology, "system.link.latency_ns": latency_ns}
        _, rows = serve(simulator, tmp_path, keys, [(0, 7, 3)], **EXPERTS)
        return rows[0]["latency_s"]

    iterations = 3
    longer = latency_s(1e6) - latency_s(0)
    assert longer == pytest.approx(iterations * LAYERS * 2 * links * 1e-3, rel=1e-6)


def test_parts_overlap_only_where_that_is_faster(simulator, tmp_path):
    def latency_s(overlap, bytes_per_s):
        keys = {"system.accelerators": 2, "system.parallel.expert": 2, "system.parallel.overlap": overlap,
                "system.link.bytes_per_s": bytes_per_s, "system.link.latency_ns": 0}
        _, rows = serve(simulator, tmp_path, keys, [(0, 400, 1), (0, 400, 1)], **EXPERTS)
        return [row["latency_s"] for row in rows]

    # As slow as the experts: half of the way hides.
    assert max(latency_s(8, 2e8)) < 0.95 * max(latency_s(1, 2e8))
    for slow in (1e8, 1e12):
        assert max(latency_s(8, slow)) <= max(latency_s(1, slow))
