# SPDX-License-Identifier: Apache-2.0
"""Computes the surprises (sums of −log p) of a text's windows for successive roundings: in batches that fit the device, in a fixed
random order, with progress, and with a cache file from which an interrupted evaluation resumes."""

import hashlib
import json
import math
import os
import random
import sys

import torch

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError
from anda_sim.pytorch import early_stop, models, placement

VERSION = 1


class Cache:
    """Surprises by evaluation and window, as JSON lines: one for every batch, synced to disk before the next batch starts. An
    incomplete last line, left by an interrupted write, is dropped."""

    def __init__(self, path, identity):
        self._identity, self._known, self._file = identity, {}, None
        if path is None:
            return
        text = path.read_bytes() if path.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        if text and not text.startswith(b'{"anda_sim_evaluations"'):
            raise InputError(f"{path}: is not a cache of evaluations")
        for number, line in enumerate(whole.decode(errors="replace").splitlines(), 1):
            self._take(path, number, line)
        if len(whole) != len(text):
            os.truncate(path, len(whole))
        self._file = open(path, "a", encoding="utf-8")
        if not whole:
            self._write({"anda_sim_evaluations": VERSION})

    def _take(self, path, number, line):
        values = strict_json.loads(line, str(path), number)
        if number == 1:
            if values != {"anda_sim_evaluations": VERSION}:
                raise InputError(f"{path}:1: is a cache of another version than {VERSION}; give another --cache")
            return
        fits = isinstance(values, dict) and isinstance(values.get("of"), str) and isinstance(values.get("surprises"), dict)
        numbers = values["surprises"] if fits else {"": None}
        # A number, or with positions a list with a number for each part.
        parts = {window: value if isinstance(value, list) else [value] for window, value in numbers.items()}
        if any(not window.isdecimal() or not value or any(type(each) not in (int, float) for each in value)
               for window, value in parts.items()):
            raise InputError(f"{path}:{number}: must have `of` and the surprises of windows")
        self._known.setdefault(values["of"], {}).update({int(window): [*map(float, value)] for window, value in parts.items()})

    def _write(self, line):
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def key(self, question):
        return hashlib.sha256(json.dumps([self._identity, question], sort_keys=True).encode()).hexdigest()

    def known(self, key):
        return dict(self._known.get(key, {}))

    def add(self, key, surprises):
        self._known.setdefault(key, {}).update(surprises)
        if self._file is not None:
            self._write({"of": key, "surprises": {str(window): value if len(value) > 1 else value[0]
                                                  for window, value in surprises.items()}})


def identity_of(options, windows):
    """Everything besides the question that surprises depend on. Tensor files count by header, size and modification time."""
    folder, files = options.model, []
    for path in sorted([*folder.glob("*.safetensors"), *folder.glob("*.json")]):
        state = path.stat()
        with open(path, "rb") as file:
            files.append([path.name, state.st_size, state.st_mtime_ns, hashlib.sha256(file.read(1 << 20)).hexdigest()])
    return {"files": files, "tokens": hashlib.sha256(windows.numpy().tobytes()).hexdigest(), "length": windows.shape[1],
            "weights": [options.weight_bits, options.weight_group, options.stored_weights], "group": options.group_size,
            "dtype": options.dtype, "device": options.device.split(":")[0], "transformers": options.transformers, "torch": torch.__version__}


class _Progress:
    """Windows done and time left, on a terminal or, with ANDA_SIM_PROGRESS=lines, twice a minute."""

    def __init__(self, total, label):
        self._bar = None
        if not (sys.stderr.isatty() or os.environ.get("ANDA_SIM_PROGRESS") == "lines"):
            return
        try:
            from anda_sim.progress import bar

            self._bar = bar(total=total, desc=label, unit="window", leave=False)
        except ImportError:  # tqdm is used for nothing else here
            pass

    def update(self, count):
        if self._bar is not None:
            self._bar.update(count)

    def close(self):
        if self._bar is not None:
            self._bar.close()


class Evaluations:
    def __init__(self, forward, windows, device, batch, cache):
        self.forward, self.batch, self.cache = forward, batch, cache
        self.length, self.count = windows.shape[1], len(windows)
        self.order = random.Random(1).sample(range(self.count), self.count)
        self._windows = windows[self.order].to(device)  # moved once, not for every evaluation

    def _run(self, first, end, positions):
        """Surprises of the windows order[first:end], [windows][parts]. Halves the batch size when memory runs out."""
        values = []
        while first < end:
            count = min(self.batch, end - first)
            try:
                values += models.surprises(self.forward, self._windows[first : first + count], positions).tolist()
            except RuntimeError as error:
                if not placement.is_out_of_memory(error) or count == 1:
                    raise
                self.batch = (count + 1) // 2
                if torch.cuda.is_available():
                    torch.cuda.empty_cache()
                continue
            first += count
        return values

    def surprises(self, question, baseline=None, tolerance=None, positions=()):
        """Surprises of the parts into which `positions` cut each window, in the order in which windows run. Stops early, with the
        first windows only, once the loss against `baseline` is certainly beyond the tolerance."""
        key = self.cache.key([question, *positions] if positions else question)
        known = self.cache.known(key)
        looks = set(early_stop.looks(self.count)) if tolerance is not None else set()
        ends = sorted({*looks, *range(self.batch, self.count, self.batch), self.count})
        values, progress = [], _Progress(self.count, json.dumps(question))
        try:
            for end in ends:
                part = self.order[len(values) : end]
                if not all(window in known for window in part):
                    found = self._run(len(values), end, positions)
                    self.cache.add(key, dict(zip(part, found)))
                    values += found
                else:
                    values += [known[window] for window in part]
                progress.update(len(part))
                if not all(math.isfinite(sum(each)) for each in values[-len(part):]):
                    raise ValueError("the perplexity is not finite")
                if end in looks and self._is_beyond(values, baseline, tolerance):
                    break
        finally:
            progress.close()
        return values

    def _is_beyond(self, values, baseline, tolerance):
        tokens = self.length - 1
        return early_stop.is_beyond([(own[0] - base[0]) / tokens for own, base in zip(values, baseline)], self.count, tolerance)

    def by_position(self, question, positions):
        """The protocol's answer to a question with positions."""
        if positions[-1] >= self.length:
            raise ValueError(f"position {positions[-1]} is behind the last one of the windows, {self.length - 1}")
        values = self.surprises(question, positions=positions)
        firsts = [1, *positions, self.length]
        counts = [end - first for first, end in zip(firsts, firsts[1:])]
        return {**self._whole(values), "perplexities": [math.exp(math.fsum(part) / (self.count * count))
                                                        for part, count in zip(zip(*values), counts)]}

    def answer(self, question, tolerance=None, before_baseline=None):
        """The protocol's answer. `before_baseline` selects the baseline's rounding and returns a function that restores the question's."""
        if tolerance is None:
            return self._whole(self.surprises(question))
        restore = before_baseline()
        baseline = self.surprises(None)
        restore()
        values = self.surprises(question, baseline, tolerance)
        if len(values) == self.count:
            return self._whole(values)
        mean = sum(own[0] - base[0] for own, base in zip(values, baseline)) / len(values) / (self.length - 1)
        return {"perplexity": self._whole(baseline)["perplexity"] * math.exp(mean), "stopped_after": len(values) / self.count}

    def _whole(self, values):
        return {"perplexity": math.exp(math.fsum(map(sum, values)) / (self.count * (self.length - 1)))}
