# SPDX-License-Identifier: Apache-2.0
"""What `anda-sim serve` reads, what it refuses and what it leaves behind."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

from anda_sim.common.tree import SOURCE
from anda_sim.simulator import find_program
from serving_tools import read_requests, write_model

AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
BURST = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"


@pytest.fixture(scope="module")
def program():
    return find_program()


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path)
    (tmp_path / "s.yaml").write_text("workload: {config_json: config.json}\nsystems: [anda]\n"
                                     "serving: {requests: {count: 5, rate_per_s: 1000, prompt: {mean: 20, most: 50}, output: {mean: 5}}}\n")
    (tmp_path / "r.yaml").write_text("workload: {config_json: config.json}\nsystems: [anda]\n")
    return tmp_path


def call(program, folder, *words):
    done = subprocess.run([program, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=60)
    done.stderr = done.stderr.replace(f"{folder}/", "")
    return done


def trace(folder, text, name="t.csv"):
    (folder / name).write_text(text)
    return ["--set", f"serving.requests.trace={name}"]


# --- formats ---

def arrivals(program, folder, text, *options):
    done = call(program, folder, "serve", "s.yaml", "--out", "o", "-q", *trace(folder, text), *options)
    assert (done.returncode, done.stderr) == (0, "")
    return [(round(row["arrival_s"], 9), row["prompt_tokens"], row["output_tokens"], row["priority"])
            for row in read_requests(folder / "o" / "requests.csv")]


def test_azure_of_both_years(program, folder):
    """2023 has seven digits and no zone; 2024 has six digits or none, and a zone."""
    wanted = [(0, 374, 44, 0), (0.052, 396, 19, 0), (1.02, 9, 2, 0)]
    assert arrivals(program, folder, AZURE + "2023-11-16 23:59:59.9799600,374,44\n2023-11-17 00:00:00.0319600,396,19\n"
                                             "2023-11-17 00:00:01,9,2\n") == [*wanted[:2], (1.02004, 9, 2, 0)]
    assert arrivals(program, folder, AZURE + "2024-02-29 23:59:59.980000+00:00,374,44\n2024-03-01 00:00:00.032+00:00,396,19\n"
                                             "2024-03-01 00:00:01+00:00,9,2\n") == wanted
    # Columns in another order, with one of ours.
    assert arrivals(program, folder, "Priority,GeneratedTokens,ContextTokens,TIMESTAMP\n2,5,7,2024-01-01 00:00:00\n") == [(0, 7, 5, 2)]


def test_burstgpt_marks_failures_with_no_answer(program, folder):
    rows = BURST + "5,ChatGPT,472,18,490,Conversation log\n45,ChatGPT,1087,0,1087,Conversation log\n45.5,GPT-4,417,276,693,API log\n"
    assert arrivals(program, folder, rows) == [(0, 472, 18, 0), (40.5, 417, 276, 0)]
    report = json.loads((folder / "o" / "serve.json").read_text())
    assert "have no response tokens, which marks failures" in report["notes"][0] and report["requests"]["count"] == 2
    assert arrivals(program, folder, rows, "--set", "serving.requests.rate_scale=10") == [(0, 472, 18, 0), (4.05, 417, 276, 0)]
    assert arrivals(program, folder, rows, "--set", "serving.requests.limit=1") == [(0, 472, 18, 0)]


def test_mooncake_has_milliseconds_and_hashes(program, folder):
    text = ('{"timestamp": 27482, "input_length": 1600, "output_length": 3, "hash_ids": [46, 47, 48, 49]}\n\n'
            '{"timestamp": 27982.5, "input_length": 1200, "output_length": 2, "hash_ids": [46, 47, 50], "priority": 1}\n')
    assert arrivals(program, folder, text) == [(0, 1600, 3, 0), (0.5005, 1200, 2, 1)]
    assert [row["reused_tokens"] for row in read_requests(folder / "o" / "requests.csv")] == [0, 1024]


# --- what is refused ---

@pytest.mark.parametrize("text,place,reason", [
    (AZURE + "2023-11-16 18:17:04,5,5\n2023-11-16 18:17:03,5,5\n", "3:1", "is 1 s earlier than the request before"),
    (AZURE + "2023-11-31 18:17:04,5,5\n", "2:1", "must be a date and time such as 2023-11-16"),
    (AZURE + "2023-11-16 18:17:04+01:00,5,5\n", "2:1", "in UTC"),
    (AZURE + "2023-11-16 18:17:04,0,5\n", "2:21", "column ContextTokens"),
    (AZURE + "2023-11-16 18:17:04,5,0\n", "2:23", "column GeneratedTokens"),
    (AZURE + "2023-11-16 18:17:04,5,-1\n", "2:23", "column GeneratedTokens"),
    (AZURE + "2023-11-16 18:17:04,5,1.5\n", "2:23", "must be a whole number"),
    (AZURE + "2023-11-16 18:17:04,5\n", "2", "2 "),
    (AZURE + "2023-11-16 18:17:04,4000,500\n", "2", "4000 prompt and 500 output tokens are more than the 4096 positions"),
    (AZURE, "", "has no request"),
    ("TIMESTAMP,ContextTokens,GeneratedToken\n2023-11-16 18:17:04,5,5\n", "1:25",
     "did you mean `GeneratedTokens`"),
    ("TIMESTAMP,ContextTokens\n2023-11-16 18:17:04,5\n", "1", "column GeneratedTokens is missing"),
    ("TIMESTAMP,ContextTokens,GeneratedTokens,ContextTokens\n2023-11-16 18:17:04,5,5,5\n", "1:41", "given twice"),
    ("a,b,c\n1,2,3\n", "1", "is the start of none of the formats"),
    ("", "", "has no request"),
    (BURST + "-1,ChatGPT,5,5,10,API log\n", "2:1", "must not be negative"),
    (BURST + "5,ChatGPT,0,5,5,API log\n", "2:11", "column Request tokens"),
    (BURST + "5,ChatGPT,5,5,10,API log\n4,ChatGPT,5,5,10,API log\n", "3:1", "earlier than the request before"),
    ('{"timestamp": 5, "input_length": 5}\n', "1", "output_length is missing"),
    ('{"timestamp": 5, "input_length": 5, "output_length": 1.5}\n', "1", "must be a whole number"),
    ('{"timestamp": -5, "input_length": 5, "output_length": 1}\n', "1", "must not be negative"),
    ('{"timestamp": 5, "input_length": 5, "output_length": 1}\n{"timestamp": 4, "input_length": 5, "output_length": 1}\n', "2",
     "earlier than the request before"),
    ('{"timestamp": 5, "input_length": 5, "output_length": 1, "hash_id": []}\n', "1", "did you mean `hash_ids`"),
    ('{"timestamp": 5, "input_length": 5, "output_length": 1, "hash_ids": [1, 2]}\n', "1", "hash_ids has 2 hashes"),
    ('{"timestamp": 5, "input_length": 5, "output_length": 1, "hash_ids": [-1]}\n', "1", "whole numbers"),
    ('{"timestamp": 5, "input_length": 5, "output_length": 1\n', "1", ""),
    ('{"timestamp": 5, "timestamp": 6, "input_length": 5, "output_length": 1}\n', "1", "timestamp"),
])
def test_bad_requests_are_refused_with_their_line(program, folder, text, place, reason):
    done = call(program, folder, "serve", "s.yaml", "--out", "o", *trace(folder, text))
    assert done.returncode == 2 and done.stdout == "" and not (folder / "o").exists()
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"error: t.csv:{place}") and reason in done.stderr


def test_a_request_larger_than_the_cache_is_refused(program, folder):
    done = call(program, folder, "serve", "s.yaml", "--out", "o", "--set", "dram.capacity_bytes=1MiB",
                *trace(folder, AZURE + "2023-11-16 18:17:04,5,5\n2023-11-16 18:17:05,900,5\n"))
    assert done.returncode == 2 and done.stderr.startswith("error: t.csv:3")
    assert "900 prompt and 5 output tokens need 15 blocks of the key/value cache, which has " in done.stderr


@pytest.mark.parametrize("settings,reason", [
    ({"system.accelerators": 3, "system.parallel.tensor": 3}, "system.parallel.tensor is 3, must divide the 4 attention heads"),
    ({"system.accelerators": 4, "system.parallel.tensor": 4}, "system.parallel.tensor is 4, must divide the 2 key/value heads"),
    ({"system.accelerators": 4, "system.parallel.pipeline": 4}, "system.parallel.pipeline is 4, must be at most the 3 layers"),
    ({"system.accelerators": 3, "system.parallel.tensor": 2}, "system.accelerators: is 3, must be a multiple of"),
    ({"system.accelerators": 2, "dram.level": "detailed"}, "dram.level: is detailed, must be fast with system.accelerators > 1"),
    ({"workload.layers": 1}, "workload.layers: is given, must be 0"),
    ({"dram.capacity_bytes": "1MiB", "serving.cache.memory_share": 0.3}, "exceed"),
    ({"serving.requests.output.least": 9, "serving.requests.output.most": 8}, "must be at least serving.requests.output.least = 9"),
    ({"serving.requests.prompt.mean": 4000, "serving.requests.prompt.most": 5000}, "generated request 0"),
    ({"serving.requests.trace": "missing.csv"}, "missing.csv"),
    ({"serving.scheduler.order": "last_come"}, "must be one of first_come, shortest_prompt, priority"),
    ({"serving.cache.block_tokens": 48, "kv_cache.v.format": "int", "kv_cache.v.axis": "channel"},
     "serving.cache.block_tokens: is 48, must be a multiple of kv_cache.v.group = 64"),
])
def test_bad_configurations_are_refused(program, folder, settings, reason):
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    for options in (["--out", "o"], ["--check"]):
        done = call(program, folder, "serve", "s.yaml", *options, *words)
        assert done.returncode == 2 and reason in done.stderr and done.stderr.startswith("error: ")
        assert not (folder / "o").exists()


def test_files_of_servers_and_of_runs_are_told_apart(program, folder):
    done = call(program, folder, "run", "s.yaml")
    assert (done.returncode, done.stderr) == (2, "error: s.yaml: is the configuration of a server; `anda-sim serve` runs it\n")
    (folder / "wrong.yaml").write_text("workload: {config_json: config.json}\nserving:\n  scheduler: {max_bach: 3}\n")
    done = call(program, folder, "serve", "wrong.yaml")
    assert done.returncode == 2 and "wrong.yaml:3:15: serving.scheduler.max_bach: is not a key" in done.stderr
    assert "did you mean `max_batch`" in done.stderr
    for name, text in (("sweep.yaml", "base: s.yaml\nparameters: {workload.tokens: [1, 2]}\n"), ("compare.yaml", "models: {A: s.yaml}\n")):
        (folder / name).write_text(text)
        done = call(program, folder, "serve", name)
        assert done.returncode == 2 and done.stderr.startswith(f"error: {name}: is a ")


# --- results ---

def test_the_results_folder(program, folder):
    done = call(program, folder, "serve", "s.yaml", "--out", "o")
    assert (done.returncode, done.stderr) == (0, "") and "o: serve.json, requests.csv, config.yaml" in done.stdout
    assert sorted(os.listdir(folder / "o")) == ["config.yaml", "requests.csv", "serve.json"]
    for word in ("goodput", "first token", "99 %"):
        assert word in done.stdout
    # The effective configuration is one of the same server.
    assert call(program, folder, "serve", "o/config.yaml", "--out", "p", "-q").returncode == 0
    for name in ("requests.csv", "config.yaml"):
        assert (folder / "p" / name).read_bytes() == (folder / "o" / name).read_bytes()


def test_a_server_of_another_configuration_has_a_folder_of_its_own(program, folder):
    assert call(program, folder, "serve", "s.yaml", "-q").stderr == ""
    for _ in range(2):
        done = call(program, folder, "serve", "s.yaml", "-q", "--set", "serving.requests.count=6")
        assert done.returncode == 0 and "results/s holds the results of another configuration" in done.stderr
    (other,) = (folder / "results").glob("s-*")
    assert other.name == "s-" + json.loads((other / "serve.json").read_text())["config_sha256"][:8]
    assert call(program, folder, "serve", "s.yaml", "-q").stderr == ""


def test_options(program, folder):
    printed = call(program, folder, "serve", "s.yaml", "--out", "o", "--json")
    assert json.loads(printed.stdout) == json.loads((folder / "o" / "serve.json").read_text())
    assert call(program, folder, "serve", "s.yaml", "--out", "p", "-q").stdout == ""
    check = call(program, folder, "serve", "s.yaml", "--check")
    assert (check.returncode, check.stdout) == (0, "s.yaml: valid, 5 requests\n") and not (folder / "results").exists()
    assert call(program, folder, "serve", "s.yaml", "--json", "--quiet").returncode == 2
    assert call(program, folder, "serve").returncode == 2
    assert "--cache" in call(program, folder, "serve", "--help").stdout


def test_runs_are_alike_byte_by_byte_with_a_cache_too(program, folder):
    results = []
    for out, options in (("a", []), ("b", []), ("c", ["--cache", "store"]), ("d", ["--cache", "store"])):
        assert call(program, folder, "serve", "s.yaml", "--out", out, "-q", *options).returncode == 0
        results.append([(folder / out / name).read_bytes() for name in ("serve.json", "requests.csv", "config.yaml")])
    assert results[1:] == results[:1] * 3
    assert any((folder / "store").iterdir())


@pytest.mark.parametrize("options", [[], ["--set", "system.accelerators=2", "--set", "system.parallel.tensor=2"]])
def test_an_interrupt_leaves_nothing(program, folder, options):
    words = ["env", "--default-signal=INT", program, "serve", "s.yaml", "--out", "o", "--set", "serving.requests.count=100000000", *options]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 1 and error.endswith("error: interrupted\n")
    assert not (folder / "o").exists() or not list((folder / "o").iterdir())


def test_many_requests_take_little_memory(program, folder):
    """A million in flight would not fit; what is read is forgotten when it is done."""
    def peak(count):
        words = ["/usr/bin/time", "-f", "%M", program, "serve", "s.yaml", "--out", "o", "-q", "--set", f"serving.requests.count={count}",
                 "--set", "serving.requests.output.most=1", "--set", "serving.requests.prompt.most=2"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return int(done.stderr.split()[-1])

    if Path("/usr/bin/time").exists():
        assert peak(40000) < peak(400) + 3000


# --- serve.json ---

@pytest.fixture(scope="module")
def validator():
    schema = json.loads((SOURCE / "docs" / "serve.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("options", [[], ["--set", "systems=fp-fp,figna,anda"], ["--set", "serving.requests.count=1"],
                                     ["--set", "serving.requests.output.most=1"],
                                     ["--set", "system.accelerators=4", "--set", "system.parallel.tensor=2", "--set", "system.parallel.pipeline=2"]])
def test_results_follow_the_schema(program, folder, validator, options):
    done = call(program, folder, "serve", "s.yaml", "--out", "o", "--json", *options)
    report = json.loads(done.stdout)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(report)] == []
    # Every part is described: without it, or with another, the schema says no.
    for path in (["requests", "count"], ["cluster", "limits"], ["systems", 0, "energy"], ["systems", 0, "series", "waiting"],
                 ["systems", 0, "first_token_s", "p99"], ["systems", 0, "cache", "blocks"]):
        changed = json.loads(done.stdout)
        *inner, last = path
        part = changed
        for key in inner:
            part = part[key]
        del part[last]
        assert not validator.is_valid(changed), path
        part["unknown"] = part[last] = 1
        assert not validator.is_valid(changed), path
