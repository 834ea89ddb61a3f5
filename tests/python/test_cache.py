# SPDX-License-Identifier: Apache-2.0
"""Cached results of GeMMs give the same bytes, whatever happens to the cache folder."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


def call(program, folder, *args, **options):
    return subprocess.run([program, *map(str, args)], cwd=folder, capture_output=True, text=True, timeout=300, **options)


def run(program, folder, out, *args, note=""):
    done = call(program, folder, "run", "run.yaml", "--out", out, "--quiet", *args)
    assert (done.returncode, done.stdout) == (0, "") and (done.stderr == "" if not note else note in done.stderr), done.stderr
    return {name: (folder / out / name).read_bytes() for name in ("report.json", "ops.csv", "config.yaml")}


def database(folder):
    return closing(sqlite3.connect(folder / "gemms.sqlite"))


def stored(folder):
    with database(folder) as file:
        return file.execute("SELECT count(*) FROM gemms").fetchone()[0]


def random_run(random_, shapes):
    rows = [(random_.choice(shapes), random_.choice(["A_qkv", "A_d", "T"]), random_.randint(1, 3)) for _ in range(random_.randint(1, 8))]
    trace = "name,layer,tensor,m,k,n,count\n" + "".join(
        f"g{i},{i // 4},{tensor},{m},{k},{n},{count}\n" for i, ((m, k, n), tensor, count) in enumerate(rows))
    config = ("workload: {trace: trace.csv}\n"
              f"systems: [{', '.join(random_.sample(['fp-fp', 'figna', 'ifpu', 'anda'], random_.randint(1, 3)))}]\n"
              f"precision: [{', '.join(str(random_.randint(3, 6)) for _ in range(4))}]\n"
              f"tiling: {random_.choice(['paper', 'auto'])}\n"
              f"simulation: {{fold_layers: {random_.choice(['true', 'false'])}}}\n"
              f"accelerator: {{level: {random_.choice(['fast', 'cycle'])}, "
              f"dma: {{protocol: {random_.choice(['b_transport', 'at'])}}}}}\n"
              f"dram: {{level: {random_.choice(['fast', 'detailed'])}}}\n")
    return config, trace


@pytest.mark.parametrize("seed", range(6))
def test_cached_results_of_other_runs_give_the_same_bytes(program, tmp_path, seed):
    """Runs of a few shapes share a cache, so that some of their GeMMs are cached and others are not."""
    random_ = random.Random(seed)
    shapes = [(random_.randint(1, 40), 64 * random_.randint(1, 3), random_.randint(1, 80)) for _ in range(5)]
    for i in range(4):
        config, trace = random_run(random_, shapes)
        print(config, trace)
        (tmp_path / "run.yaml").write_text(config)
        (tmp_path / "trace.csv").write_text(trace)
        plain = run(program, tmp_path, "plain")
        first = run(program, tmp_path, "first", "--cache", "cache", "--jobs", random_.randint(1, 3))
        known = stored(tmp_path / "cache")
        again = run(program, tmp_path, "again", "--cache", "cache", "--jobs", random_.randint(1, 3))
        assert first == plain and again == plain
        assert stored(tmp_path / "cache") == known > 0


def simple(folder, config="", rows="a,0,A_o,20,128,40\nb,0,A_u,16,64,64\n"):
    (folder / "trace.csv").write_text("name,layer,tensor,m,k,n\n" + rows)
    (folder / "run.yaml").write_text("workload: {trace: trace.csv}\nsystems: [fp-fp, anda]\n" + config)


def forge(folder):
    """Replaces every cached result by another one with a valid checksum, so that its use shows."""
    with database(folder) as file:
        for machine, key, task, result in file.execute(
                "SELECT machine, key, task, result FROM gemms JOIN machines ON machine = id").fetchall():
            text = bytearray(result[:-8])
            text[-1] ^= 1
            sum_ = 0xcbf29ce484222325
            for byte in key.encode() + task + bytes(text):
                sum_ = (sum_ ^ byte) * 0x100000001b3 % 2**64
            file.execute("UPDATE gemms SET result = ? WHERE machine = ? AND task = ?",
                         (bytes(text) + sum_.to_bytes(8, "little"), machine, task))
        file.commit()


@pytest.mark.parametrize("level", ["fast", "detailed"])
def test_what_is_known_is_not_simulated(program, tmp_path, level):
    simple(tmp_path, f"dram: {{level: {level}}}\n")
    first = run(program, tmp_path, "a", "--cache", "cache")
    forge(tmp_path / "cache")
    assert run(program, tmp_path, "b", "--cache", "cache") != first  # it is the forged results that are shown
    assert run(program, tmp_path, "c") == first


CHANGES = {
    "accelerator.weight_buffer.bytes=524288": 4,
    "accelerator.clock_hz=3e8": 4,
    "dram.channels=4": 4,
    "tiling=auto": 4,
    "accelerator.level=cycle": 4,
    "precision=5": 2,  # only Anda's tasks are others
    "systems=[anda]": 0,
    "technology=16nm": 0,
    "name=other": 0,
    "simulation.fold_layers=true": 0,
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_key_of_a_result_covers_all_its_inputs(program, tmp_path, change):
    simple(tmp_path)
    run(program, tmp_path, "a", "--cache", "cache")
    known = stored(tmp_path / "cache")
    assert known == 4
    plain = run(program, tmp_path, "b", "--set", change)
    assert run(program, tmp_path, "c", "--set", change, "--cache", "cache") == plain
    assert stored(tmp_path / "cache") == known + CHANGES[change]


def test_the_state_of_the_detailed_memory_is_part_of_the_key(program, tmp_path):
    """The same GeMM takes a different time after other GeMMs, so it is a different result."""
    simple(tmp_path, "dram: {level: detailed}\n", "a,0,T,16,256,256\nb,0,T,40,64,200\n")
    run(program, tmp_path, "a", "--cache", "cache")
    assert stored(tmp_path / "cache") == 2 * 3  # and what the memory has counted
    simple(tmp_path, "dram: {level: detailed}\n", "b,0,T,40,64,200\na,0,T,16,256,256\n")
    plain = run(program, tmp_path, "b")
    assert run(program, tmp_path, "c", "--cache", "cache") == plain
    assert stored(tmp_path / "cache") == 4 * 3


def test_runs_that_write_more_than_counts_do_not_use_the_cache(program, tmp_path):
    simple(tmp_path)
    run(program, tmp_path, "a", "--cache", "cache")
    known = stored(tmp_path / "cache")
    forge(tmp_path / "cache")
    for extra in (["--timeline", "t.json"], ["--set", "functional.enabled=true"],
                  ["--set", "accelerator.level=cycle", "--vcd", "w.vcd"], ["--set", "dram.request_trace=r.trace"]):
        assert run(program, tmp_path, "c", *extra, "--cache", "cache")["ops.csv"] == run(program, tmp_path, "b", *extra)["ops.csv"]
    assert stored(tmp_path / "cache") == known


def test_a_damaged_result_is_reported_and_simulated_again(program, tmp_path):
    simple(tmp_path)
    plain = run(program, tmp_path, "a", "--cache", "cache")
    with database(tmp_path / "cache") as file:
        file.execute("UPDATE gemms SET result = substr(result, 1, 5) || x'00' || substr(result, 7)")
        file.commit()
    assert run(program, tmp_path, "b", "--cache", "cache", "--jobs", 1,
               note="results of earlier runs in cache: 4 were damaged, simulated again") == plain
    assert run(program, tmp_path, "c", "--cache", "cache") == plain


@pytest.mark.parametrize("damage", ["no database", "torn", "other", "folder", "file in the way"])
def test_an_unusable_cache_folder_does_not_stop_a_run(program, tmp_path, damage):
    simple(tmp_path)
    plain = run(program, tmp_path, "a", "--cache", "cache")
    cache = tmp_path / "cache"
    path = cache / "gemms.sqlite"
    if damage == "no database":
        path.write_bytes(b"no database" * 1000)
    elif damage == "torn":
        content = bytearray(path.read_bytes())
        content[1024:] = os.urandom(len(content) - 1024)
        path.write_bytes(content)
    elif damage == "other":
        path.unlink()
        with closing(sqlite3.connect(path)) as file:
            file.execute("CREATE TABLE precious (x)")
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        cache = tmp_path / "run.yaml"
    kept = path.read_bytes() if damage == "other" else None
    heals = damage in ("no database", "torn")
    assert run(program, tmp_path, "b", "--cache", cache, "--jobs", 1, note="note: the results of earlier runs in") == plain
    if heals:
        assert run(program, tmp_path, "c", "--cache", cache) == plain and stored(cache) == 4
    if kept:
        assert path.read_bytes() == kept


def test_a_full_disk_is_no_obstacle(program, tmp_path):
    mount = tmp_path / "disk"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mount], capture_output=True).returncode != 0:
        pytest.skip("mounting needs root")
    try:
        simple(tmp_path, rows="".join(f"a{i},0,T,{i + 1},64,64\n" for i in range(400)))
        plain = run(program, tmp_path, "a")
        assert run(program, tmp_path, "b", "--cache", mount, note="note: the results of earlier runs in") == plain
        assert run(program, tmp_path, "c", "--cache", mount, note="note: the results of earlier runs in") == plain
    finally:
        subprocess.run(["umount", mount], check=True)


def test_processes_share_a_folder_and_may_be_killed(program, tmp_path):
    simple(tmp_path, rows="".join(f"a{i},0,T,{i % 50 + 1},{64 * (i % 7 + 1)},64\n" for i in range(3000)))
    plain = run(program, tmp_path, "plain")
    random_ = random.Random(3)
    for _ in range(3):
        processes = [subprocess.Popen([program, "run", "run.yaml", "--out", f"out{i}", "--quiet", "--cache", "cache"], cwd=tmp_path,
                                      stderr=subprocess.PIPE, text=True) for i in range(5)]
        time.sleep(random_.uniform(0.02, 0.3))
        for process in processes[:2]:
            process.send_signal(signal.SIGKILL)
        for i, process in enumerate(processes):
            _, errors = process.communicate(timeout=300)
            if i >= 2:
                assert (process.returncode, errors) == (0, "")
                assert (tmp_path / f"out{i}" / "ops.csv").read_bytes() == plain["ops.csv"]
    done = call(program, tmp_path, "cache", "cache", "--verify")
    assert (done.returncode, done.stdout) == (0, "cache: every result is intact\n")


def test_what_was_used_least_recently_goes(program, tmp_path):
    simple(tmp_path, "")
    assert "at most 1.000 MiB" in call(program, tmp_path, "cache", "cache", "--limit", 1).stdout
    sets = [["--set", "systems=[anda]", "--set", f"accelerator.clock_hz={clock}"] for clock in (1e8, 2e8, 3e8, 4e8)]
    with_cache = ["a", "--cache", "cache"]
    for i in (0, 1, 2):
        run(program, tmp_path, *with_cache, *sets[i])
        with database(tmp_path / "cache") as file:  # each takes 0.4 MiB, and was used a while ago
            file.execute("INSERT INTO gemms SELECT max(id), x'77', zeroblob(400000) FROM machines")
            file.execute("UPDATE machines SET used = used - 100")
            file.commit()
        if i == 1:
            run(program, tmp_path, *with_cache, *sets[0])  # now machine 2 is the one that was not used for longest
    run(program, tmp_path, *with_cache, *sets[3])
    with database(tmp_path / "cache") as file:
        assert [row[0] for row in file.execute("SELECT id FROM machines ORDER BY id")] == [1, 3, 4]
    assert (tmp_path / "cache" / "gemms.sqlite").stat().st_size <= 2**20
    assert run(program, tmp_path, *with_cache, *sets[1]) == run(program, tmp_path, "b", *sets[1])


def test_the_command_looks_after_a_folder(program, tmp_path):
    home = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "home")}
    assert call(program, tmp_path, "cache", env=home).stdout == f"{tmp_path}/home/anda-sim: empty\n"
    simple(tmp_path)
    run(program, tmp_path, "a", "--cache", "cache")
    listed = call(program, tmp_path, "cache", "cache").stdout
    assert "cache: 4 results of 2 machines" in listed and listed.count("this one") == 2
    with database(tmp_path / "cache") as file:
        file.execute("UPDATE gemms SET result = x'01' WHERE machine = 1")
        file.commit()
    done = call(program, tmp_path, "cache", "cache", "--verify")
    assert (done.returncode, done.stdout) == (1, "cache: 2 damaged, deleted\n")
    assert stored(tmp_path / "cache") == 2
    assert call(program, tmp_path, "cache", "cache", "--clear").stdout == "cache: empty\n"
    assert not (tmp_path / "cache" / "gemms.sqlite").exists()
    for wrong in (["--verify", "--clear"], ["--limit", "0"], ["a", "b"]):
        assert call(program, tmp_path, "cache", *wrong).returncode == 2


def test_sweeps_and_comparisons_use_the_cache_of_the_user(program, tmp_path):
    home = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "home")}
    (tmp_path / "base.yaml").write_text("workload: {model: OPT-1.3B, layers: 2, tokens: 16}\nsystems: [fp-fp, anda]\n")
    (tmp_path / "s.yaml").write_text("base: base.yaml\nparameters: {precision: [4, 5, 6]}\n")
    script = [str(SOURCE / "scripts" / "sweep"), "s.yaml", "--program", program, "--quiet", "--out"]
    tables = {}
    for out, extra in (("plain", ["--no-cache"]), ("first", []), ("again", [])):
        done = subprocess.run([*script, out, *extra], cwd=tmp_path, env=home, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert (tmp_path / "home").exists() == (out != "plain")
        tables[out] = (tmp_path / out / "results.csv").read_bytes()
    assert tables["first"] == tables["plain"] and tables["again"] == tables["plain"]
    kept = tmp_path / "home" / "anda-sim"
    with database(kept) as file:
        counts = dict(file.execute("SELECT system, count(*) FROM gemms JOIN machines ON machine = id GROUP BY system"))
    assert counts["anda"] == 3 * counts["fp-fp"]  # the baseline is simulated once

    known = stored(kept)
    (tmp_path / "c.yaml").write_text("models: {A: base.yaml}\nsystems: [fp-fp, anda]\n")
    results = []
    for out, extra in (("c1", ["--no-cache"]), ("c2", [])):
        done = subprocess.run([program, "compare", "c.yaml", "--quiet", "--out", out, *extra], cwd=tmp_path, env=home, text=True,
                              capture_output=True)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        results.append(json.loads((tmp_path / out / "compare.json").read_text()))
    assert results[0] == results[1]
    with database(kept) as file:
        assert file.execute("SELECT count(*) FROM gemms JOIN machines ON machine = id WHERE system = 'fp-fp'").fetchone()[0] == counts["fp-fp"]
    assert stored(kept) >= known
