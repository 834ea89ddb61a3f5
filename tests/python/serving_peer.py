# SPDX-License-Identifier: Apache-2.0
"""A second implementation of what `anda-sim serve` does, written from docs/serving.md: requests, batches, blocks of the cache,
prefixes, stages of a pipeline. Times of operations come from `anda-sim run`."""

import collections
import math

from anda_sim.simulator import set_options
from serving_tools import LAYERS, write_model

CLOCK_HZ = 285e6
HASHED = 512  # tokens of one of Mooncake's hashes
# Each query has its own scores, so that the attention of a chunk is the sum of that of its tokens.
MACHINE = {"systems": ["anda"], "workload.attention.query_block": 1}


class Times:
    """Seconds of the parts of an iteration of the model of SHAPE, from three runs: `layer[t]` and `embedding[t]` of t tokens,
    `attention[n]` of a token that sees n in a layer, `head[f]` of f output tokens."""

    def __init__(self, simulator, folder, tokens, context):
        model = write_model(folder)
        base = folder / "run.yaml"
        base.write_text("{}\n")

        def passes(**keys):
            wanted = {**MACHINE, "workload.config_json": str(model), "workload.scope": "model", "workload.phase": "prefill",
                      **{f"workload.{key}": value for key, value in keys.items()}}
            found = collections.defaultdict(list)
            for op in simulator.results("run", base, "report.json", "--fold-layers", *set_options(wanted))["systems"][0]["ops"]:
                found[op["name"].partition(".")[0]].append(op)
            return list(found.values())

        self.layer, self.embedding, self.head = {}, {}, {0: 0.0}
        for place, ops in enumerate(passes(prompts=" ".join(map(str, range(1, tokens + 1))), prefill_chunk=1)):
            own = [op for op in ops if not op["kind"].startswith("attention") and op["kind"] != "softmax"]
            self.layer[tokens - place] = seconds(op for op in own if ".layer" in op["name"]) / LAYERS
            self.embedding[tokens - place] = seconds(op for op in own if op["kind"] == "embedding")
        for place, ops in enumerate(passes(prompts=" ".join(f"{n}*{n}" for n in range(1, 17)), prefill_chunk=1)):
            self.head[place + 1] = seconds(op for op in ops if ".layer" not in op["name"] and op["kind"] != "embedding")
        (ops,) = passes(tokens=context)
        parts = [op for op in ops if op["kind"].startswith("attention") or op["kind"] == "softmax"]
        assert len(parts) == 3 * context
        self.attention = {n + 1: seconds(parts[3 * n:3 * n + 3]) / LAYERS for n in range(context)}


def seconds(ops):
    return sum(op["cycles"] for op in ops) / CLOCK_HZ


class Sequence:
    def __init__(self, number, arrival, prompt, output, priority, hashes):
        self.number, self.arrival, self.prompt, self.output, self.priority = number, arrival, prompt, output, priority
        self.hashes = hashes
        self.done = self.cached = self.private = self.sharing = self.preempted = 0
        self.busy = self.at_host = False
        self.admitted = self.first = self.end = self.reused = None

    @property
    def missing(self):
        return self.prompt + self.done - self.cached

    @property
    def answers(self):
        return self.done > 0 and self.missing == 1


class Blocks:
    """Counts of blocks; prefixes that nobody uses wait in `idle`, the oldest first, until the room is needed."""

    def __init__(self, total, prefix):
        self.free, self.total, self.prefix = total, total, prefix
        self.users = {}
        self.idle = collections.OrderedDict()

    def room(self):
        return self.free + self.prefix * len(self.idle)

    def take(self, count):
        if self.room() < count:
            return False
        while self.free < count:
            oldest, _ = self.idle.popitem(last=False)
            del self.users[oldest]
            self.free += self.prefix
        self.free -= count
        return True

    def join(self, prefix):
        self.users[prefix] += 1
        self.idle.pop(prefix, None)

    def quit(self, prefix):
        self.users[prefix] -= 1
        if self.users[prefix] == 0:
            self.idle[prefix] = None


class Peer:
    """One replica. `keys` are those of the section serving, `stages` (layers, whether it embeds, whether it has the head)."""

    ORDERS = {"first_come": lambda s: s.number, "shortest_prompt": lambda s: (s.prompt, s.number),
              "priority": lambda s: (s.priority, s.number)}

    def __init__(self, keys, blocks, times, stages, hand_over, swap_s):
        self.keys, self.times, self.stages, self.hand_over, self.swap_s = keys, times, stages, hand_over, swap_s
        self.rank = self.ORDERS[keys["scheduler.order"]]
        size = keys["cache.block_tokens"]
        self.each = HASHED // size if keys["cache.prefix_reuse"] and HASHED % size == 0 else 0
        self.blocks = Blocks(blocks, self.each)
        self.running, self.waiting, self.finished = [], [], []
        self.most_blocks = self.moved = 0

    # --- what runs together ---

    def cover(self, tokens):
        return -(-tokens // self.keys["cache.block_tokens"])

    def portion(self, sequence):
        """Tokens that it computes now."""
        missing = sequence.missing
        if self.keys["scheduler.chunked_prefill"] or missing <= self.left:
            return min(missing, self.left)
        return missing if missing > self.keys["scheduler.max_tokens"] and not any(new for *_, new in self.batch) else 0

    def include(self, sequence, tokens):
        self.batch.append((sequence, sequence.cached, tokens, not sequence.answers))
        sequence.busy = True
        self.left = max(0, self.left - tokens)

    def evict(self, sequence):
        self.let_go(sequence)
        if self.keys["scheduler.preemption"] == "swap":
            sequence.at_host = sequence.cached > 0
            self.moved += sequence.cached
        else:
            sequence.cached = 0
        sequence.preempted += 1
        self.evictions += 1
        self.running.remove(sequence)
        self.waiting.append(sequence)

    def let_go(self, sequence):
        self.blocks.free += sequence.private
        for prefix in reversed(sequence.hashes[:sequence.sharing]):
            self.blocks.quit(prefix)
        sequence.private = sequence.sharing = 0

    def extend(self, sequence, tokens):
        more = self.cover(sequence.cached + tokens) - sequence.private - sequence.sharing * self.each
        if more <= 0:
            return True
        while not self.blocks.take(more):
            idle = [other for other in self.running if not other.busy]
            if not idle:
                return False
            last = max(idle, key=self.rank)
            self.evict(last)
            if last is sequence:
                return False
        sequence.private += more
        return True

    def admit(self, sequence, now):
        hits = 0
        if not sequence.at_host and self.each:
            usable = min(sequence.prompt, sequence.prompt + sequence.done - 1) // HASHED
            while hits < min(usable, len(sequence.hashes)) and sequence.hashes[hits] in self.blocks.users:
                hits += 1
        before = sequence.cached
        if not sequence.at_host:
            sequence.cached = hits * HASHED
        whole = self.keys["scheduler.admission"] == "whole_sequence"
        wanted = sequence.prompt + (sequence.output - 1 if whole else sequence.done)
        own = self.cover(wanted) - hits * self.each
        spare = 0 if whole or not self.running else math.ceil(self.keys["cache.watermark"] * self.blocks.total)
        waking = self.each * sum(prefix in self.blocks.idle for prefix in sequence.hashes[:hits])
        tokens = self.portion(sequence)
        if tokens == 0 or own + spare + waking > self.blocks.room():
            sequence.cached = before
            return False
        for prefix in sequence.hashes[:hits]:
            self.blocks.join(prefix)
        assert self.blocks.take(own)
        sequence.private, sequence.sharing = own, hits
        if sequence.at_host:
            self.moved += sequence.cached
            sequence.at_host = False
        if sequence.admitted is None:
            sequence.admitted, sequence.reused = now, sequence.cached
        self.waiting.remove(sequence)
        self.running.append(sequence)
        self.include(sequence, tokens)
        return True

    def form(self, now):
        self.batch, self.left, self.evictions = [], self.keys["scheduler.max_tokens"], 0
        for answering in (True, False):
            for sequence in sorted((s for s in self.running if not s.busy and s.answers == answering), key=self.rank):
                if sequence not in self.running:
                    continue
                tokens = self.portion(sequence)
                if tokens and self.extend(sequence, tokens):
                    self.include(sequence, tokens)
        while not self.evictions and self.waiting and len(self.running) < self.keys["scheduler.max_batch"]:
            if not self.admit(min(self.waiting, key=self.rank), now):
                break
        return self.batch

    # --- time ---

    def stage_s(self, stage, batch):
        layers, embeds, answers = stage
        tokens = sum(count for _, _, count, _ in batch)
        seen = sum(self.times.attention[start + i + 1] for _, start, count, _ in batch for i in range(count))
        emits = sum(count == sequence.missing for sequence, _, count, _ in batch)
        return (layers * (self.times.layer[tokens] + seen) + (self.times.embedding[tokens] if embeds else 0)
                + (self.times.head[emits] if answers else 0))

    def complete(self, batch, now):
        for sequence, _, count, _ in batch:
            emits = count == sequence.missing
            sequence.busy = False
            sequence.cached += count
            if self.each:
                ready = min(sequence.cached, sequence.prompt) // HASHED
                while sequence.sharing < min(ready, len(sequence.hashes)):
                    prefix = sequence.hashes[sequence.sharing]
                    if prefix in self.blocks.users:
                        self.blocks.join(prefix)
                        self.blocks.free += self.each
                    else:
                        self.blocks.users[prefix] = 1
                    sequence.private -= self.each
                    sequence.sharing += 1
            if emits:
                sequence.done += 1
                if sequence.done == 1:
                    sequence.first = now
                if sequence.done == sequence.output:
                    sequence.end = now
                    self.let_go(sequence)
                    self.running.remove(sequence)
                    self.finished.append(sequence)

    def serve(self, requests):
        coming = collections.deque(requests)
        free = [0.0] * len(self.stages)
        flights = collections.deque()
        now = 0.0
        while True:
            while flights and flights[0][1] <= now:
                self.complete(flights.popleft()[0], now)
            while coming and coming[0].arrival <= now:
                self.waiting.append(coming.popleft())
            if free[0] <= now and len(flights) < len(self.stages) and self.form(now):
                self.most_blocks = max(self.most_blocks, self.blocks.total - self.blocks.room())
                tokens = sum(count for _, _, count, _ in self.batch)
                ready = now + self.moved * self.swap_s
                self.moved = 0
                for place, stage in enumerate(self.stages):
                    ready = max(ready + (self.hand_over(tokens) if place else 0), free[place]) + self.stage_s(stage, self.batch)
                    free[place] = ready
                flights.append((self.batch, ready))
                continue
            events = [flights[0][1]] if flights else []
            events += [coming[0].arrival] if coming else []
            events += [free[0]] if free[0] > now and len(flights) < len(self.stages) else []
            if not events:
                assert not self.running and not self.waiting
                return self.finished
            now = min(events)
