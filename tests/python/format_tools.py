# SPDX-License-Identifier: Apache-2.0
"""Operand formats as the tests of them see them: format_dump over blocks and rows, and what anda-sim lists."""

import json
import subprocess

import numpy as np
from functional_tools import BUILD

SIM = BUILD / "src" / "anda-sim"
FINITE = np.arange(65536, dtype=np.uint16).view(np.float16)
FINITE = FINITE[np.isfinite(FINITE)]


def dump(function, text, count, values, *more, error=None):
    done = subprocess.run([BUILD / "tests" / "format_dump", function, text, str(count), *more], input=values.tobytes(),
                          capture_output=True, timeout=300)
    if error is not None:
        assert done.returncode == 2 and error in done.stderr.decode(), done.stderr
        return None
    assert done.returncode == 0, done.stderr
    return done.stdout


def encoded(text, values, fields=1):
    """Codes [blocks, elements] and shared fields [blocks, fields] of values [blocks, elements]."""
    count = values.shape[1]
    out = np.frombuffer(dump("encode", text, count, values.astype(np.float32)), np.uint32).reshape(len(values), count + fields)
    return out[:, :count], out[:, count:]


def decoded(text, codes, shared):
    blocks = np.concatenate([codes, shared], axis=1).astype(np.uint32)
    return np.frombuffer(dump("decode", text, codes.shape[1], blocks), np.float32).reshape(codes.shape)


def rounded(text, values):
    """What is left of rows [rows, k], and the bytes of all."""
    out = dump("row", text, values.shape[1], values.astype(np.float32))
    return np.frombuffer(out[: values.size * 4], np.float32).reshape(values.shape), out[values.size * 4:]


def formats(*options):
    done = subprocess.run([SIM, "formats", "--json", *map(str, options)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["formats"]


def activations(rows=40, k=200, seed=3):
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 1, (rows, k)) * np.exp(rng.normal(0, 2, k))).astype(np.float16).astype(np.float32)


def systems_of(folder, shape, *settings, tensors=("T",), status=0):
    """The systems of the report of a run of GeMMs of one shape (m, k, n), or the message of one that is refused."""
    m, k, n = shape
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"g{i},0,{tensor},{m},{k},{n}\n" for i, tensor in enumerate(tensors)]
    (folder / "trace.csv").write_text("name,layer,tensor,m,k,n\n" + "".join(lines))
    (folder / "run.yaml").write_text("workload: {trace: trace.csv}\nprecision: {other: 6}\n")
    command = [SIM, "run", folder / "run.yaml", "--quiet", "--out", folder / "out"]
    command += [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    assert status == 0 or not (folder / "out").exists()
    return json.loads((folder / "out" / "report.json").read_text())["systems"] if status == 0 else done.stderr
