# SPDX-License-Identifier: Apache-2.0
"""`anda-sim serve` against a second scheduler (serving_peer.py) with the times of `anda-sim run`."""

import random

import pytest

from anda_sim.simulator import Simulator
from serving_peer import CLOCK_HZ, MACHINE, Peer, Sequence, Times
from serving_tools import HEAD_DIM, HIDDEN, KV_HEADS, LAYERS, serve

MOST_TOKENS, CONTEXT = 96, 1700
CAPACITY = 16 << 20
KEYS = {"scheduler.order": "first_come", "scheduler.admission": "prompt", "scheduler.preemption": "recompute", "scheduler.max_batch": 8,
        "scheduler.max_tokens": 24, "scheduler.chunked_prefill": True, "cache.block_tokens": 16, "cache.watermark": 0.05,
        "cache.prefix_reuse": True, "cache.swap_bytes_per_s": 32e9}


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


@pytest.fixture(scope="module")
def times(simulator, tmp_path_factory):
    return Times(simulator, tmp_path_factory.mktemp("times"), MOST_TOKENS, CONTEXT)


def stages_of(pipeline):
    sizes = [LAYERS // pipeline + (place < LAYERS % pipeline) for place in range(pipeline)]
    return [(size, place == 0, place == pipeline - 1) for place, size in enumerate(sizes)]


def random_requests(random, count, gap_s, prompts, outputs, prefixes=0):
    """Requests that arrive at whole nanoseconds. With prefixes, prompts share their first blocks of 512 tokens."""
    now, requests = 0.0, []
    for _ in range(count):
        prompt = random.randint(*prompts)
        family = random.randrange(prefixes) if prefixes else 0
        hashes = [family * 100 + place if place < 2 else random.randrange(10**6, 10**9) for place in range(-(-prompt // 512))]
        requests.append((round(now, 9), prompt, random.randint(*outputs), random.randrange(3), hashes if prefixes else []))
        now += random.expovariate(1 / gap_s) if random.random() < 0.9 else 0  # now and then two at once
    return requests


def compare(simulator, times, folder, requests, keys, blocks, pipeline=1, replicas=1):
    """Serves the requests here and there; the counts of the peer's preemptions and reused tokens."""
    keys = {**KEYS, **keys}
    config = {**MACHINE, **{f"serving.{key}": value for key, value in keys.items()}, "dram.capacity_bytes": CAPACITY,
              "system.parallel.pipeline": pipeline, "system.accelerators": pipeline * replicas,
              "system.link.latency_ns": 1000, "system.link.bytes_per_s": 1e9}
    stages = stages_of(pipeline)
    block_bytes = stages[0][0] * KV_HEADS * HEAD_DIM * 2 * 2 * keys["cache.block_tokens"]
    weights = serve(simulator, folder, {**config, "serving.requests.limit": 1}, requests)[0]["systems"][0]["cache"]["weight_bytes"]
    config["serving.cache.memory_share"] = (weights + (blocks + 0.5) * block_bytes) / CAPACITY
    report, rows = serve(simulator, folder, config, requests)
    system = report["systems"][0]
    assert (system["cache"]["blocks"], system["cache"]["block_bytes"]) == (blocks, block_bytes)

    def hand_over(tokens):
        # Packets of 4096 bytes follow each other on the link. The memory's 38 ns and its 256 GB/s, but for refreshes of 260 ns each
        # 3900 ns, show while the first packet is read and the last one is written.
        size = tokens * HIDDEN * 2
        packets = min(size, 4096) + (size % 4096 or 4096)
        return 38e-9 + size / 1e9 + 1e-6 + packets / (256e9 * (1 - 260 / 3900))

    swap_s = block_bytes / keys["cache.block_tokens"] / keys["cache.swap_bytes_per_s"]
    peers = [Peer(keys, blocks, times, stages, hand_over, swap_s) for _ in range(replicas)]
    made = [Sequence(number, *request) for number, request in enumerate(requests)]
    for place, peer in enumerate(peers):
        peer.serve(made[place::replicas])
    assert len(rows) == len(made)
    for row, sequence in zip(rows, made):
        assert (row["request"], row["prompt_tokens"], row["output_tokens"]) == (sequence.number, sequence.prompt, sequence.output)
        assert (row["preemptions"], row["reused_tokens"]) == (sequence.preempted, sequence.reused), sequence.number
        for key, instant in (("queueing_s", sequence.admitted), ("first_token_s", sequence.first), ("latency_s", sequence.end)):
            assert row[key] == pytest.approx(instant - sequence.arrival, rel=1e-9, abs=1e-9), (sequence.number, key)
    assert system["cache"]["most_blocks"] == max(peer.most_blocks for peer in peers) <= blocks
    preempted = sum(sequence.preempted for sequence in made)
    reused = sum(sequence.reused for sequence in made)
    assert (system["cache"]["preemptions"], system["cache"]["reused_tokens"]) == (preempted, reused)
    return preempted, reused


@pytest.mark.parametrize("order", ["first_come", "shortest_prompt", "priority"])
@pytest.mark.parametrize("preemption", ["recompute", "swap"])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_second_scheduler_sees_the_same_events(simulator, times, tmp_path, order, preemption, chunked):
    generator = random.Random(f"{order} {chunked}")
    requests = random_requests(generator, 40, 10e-6, (1, 60), (1, 30))
    keys = {"scheduler.order": order, "scheduler.preemption": preemption, "scheduler.chunked_prefill": chunked,
            "scheduler.max_tokens": generator.choice([16, 24, 40]), "cache.block_tokens": generator.choice([4, 16]),
            "cache.watermark": generator.choice([0, 0.05])}
    blocks = 100 // keys["cache.block_tokens"] + 3
    preempted, _ = compare(simulator, times, tmp_path, requests, keys, blocks)
    assert preempted > 0


def test_with_room_for_whole_sequences_nobody_gives_way(simulator, times, tmp_path):
    requests = random_requests(random.Random(1), 30, 20e-6, (1, 60), (1, 20))
    preempted, _ = compare(simulator, times, tmp_path, requests, {"scheduler.admission": "whole_sequence"}, 8)
    assert preempted == 0


@pytest.mark.parametrize("order", ["first_come", "shortest_prompt"])
def test_prompts_that_start_alike_share_blocks_while_they_last(simulator, times, tmp_path, order):
    requests = random_requests(random.Random(2), 20, 2e-3, (300, 1600), (1, 6), prefixes=4)
    keys = {"scheduler.order": order, "scheduler.max_tokens": 90, "cache.block_tokens": 64}
    _, reused = compare(simulator, times, tmp_path, requests, keys, 60)
    _, more = compare(simulator, times, tmp_path, requests, keys, 280)
    assert 0 < reused < more
    assert compare(simulator, times, tmp_path, requests, {**keys, "cache.prefix_reuse": False}, 60)[1] == 0


def test_prefixes_of_sequences_that_give_way_stay(simulator, times, tmp_path):
    requests = random_requests(random.Random(3), 16, 1e-5, (500, 1100), (60, 90), prefixes=3)
    for preemption in ("recompute", "swap"):
        keys = {"scheduler.max_tokens": 90, "cache.block_tokens": 32, "cache.watermark": 0, "scheduler.preemption": preemption}
        preempted, reused = compare(simulator, times, tmp_path, requests, keys, 80)
        assert preempted > 0 and reused > 0


@pytest.mark.parametrize("pipeline,replicas", [(2, 1), (3, 1), (1, 3), (2, 2)])
def test_stages_and_replicas_run_beside_each_other(simulator, times, tmp_path, pipeline, replicas):
    requests = random_requests(random.Random(4), 30, 10e-6, (1, 60), (1, 20))
    compare(simulator, times, tmp_path, requests, {"scheduler.max_batch": 4}, 40, pipeline, replicas)
    tight = {"cache.watermark": 0, "scheduler.preemption": "swap"}
    assert compare(simulator, times, tmp_path, requests, tight, 8, pipeline, replicas)[0] > 0


def test_the_peer_counts_cycles(times):
    assert times.attention[1] * CLOCK_HZ == pytest.approx(round(times.attention[1] * CLOCK_HZ), abs=1e-6)
