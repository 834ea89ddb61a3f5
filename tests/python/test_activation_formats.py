# SPDX-License-Identifier: Apache-2.0
"""Activations of GeMMs in operand formats: their bytes, words and time by hand, decoders, encoders and their energy, elements that say
what they multiply, single types of tensors, and pairs that are refused."""

import json
import subprocess

import pytest
from format_tools import systems_of
from functional_tools import BUILD, ROOT

M, K, N = 16, 1024, 64
WORD, EXPONENTS = 1024, 80  # bits of a word of the activation buffer, of one of its exponent memory


def run(folder, *settings, status=0, tensors=("T",), m=M):
    return systems_of(folder, (m, K, N), *settings, status=status, tensors=tensors)


def whole(a, b):
    return -(-a // b)


# Bits of an element, elements of a group, bits that it shares.
FORMATS = {"mxfp4": (4, 32, 8), "mxfp6-e2m3": (6, 32, 8), "mxint8": (8, 32, 8), "nf4": (4, 64, 32), "bfp8": (8, 16, 8),
           "bf16": (16, 64, 0), "anda-6-nearest": (7, 64, 5), "{name: i8, family: int, bits: 8, group: 64, zero_point: true}": (8, 64, 24)}


def bytes_of(rows, k, bits, group, shared):
    return whole(k, group) * (rows * group * bits // 8 + whole(rows * shared, 8))


@pytest.mark.parametrize("m", [M, 3])
def test_bytes_words_and_time_by_hand(tmp_path, m):
    for i, (name, (bits, group, shared)) in enumerate(FORMATS.items()):
        settings = ("systems=[fp-fp]", f"accelerator.format.activations={name}")
        fast, = run(tmp_path / str(i), *settings, m=m)
        actions = fast["actions"]
        weights = K * N // 2 + K // 128 * N * 2
        assert fast["dram_bytes"]["read"] == bytes_of(m, K, bits, group, shared) + weights, name
        assert fast["dram_bytes"]["write"] == bytes_of(m, N, bits, group, shared), name
        passes = N // 16
        of_group, shared_words = whole(m * group * bits, WORD), whole(m * shared, EXPONENTS)
        assert actions["activation_buffer.mantissa_words_read"] == (passes * K + N) // group * of_group, name
        assert actions["activation_buffer.exponent_words_read"] == (passes * K + N) // group * shared_words, name
        assert actions["activation_buffer.mantissa_words_written"] == (K + N) // group * of_group, name
        assert actions["mxu.busy_cycles"] == passes * K // 64 * 16 and actions["mxu.decoded_activations"] == passes * m * K, name
        assert actions["compressor.encoded_values"] == m * N and actions["compressor.planes"] == m * N // group * bits, name


def test_the_levels_agree(tmp_path):
    for i, name in enumerate(("mxfp4", "bfp8", "bf16")):
        settings = ("systems=[fp-fp]", f"accelerator.format.activations={name}")
        fast, cycle = (run(tmp_path / f"{i}{level}", *settings, f"accelerator.level={level}", m=20)[0] for level in ("fast", "cycle"))
        assert {**fast["actions"]} == {**cycle["actions"]}, name
        assert fast["cycles"] == pytest.approx(cycle["cycles"], rel=0.01), name


@pytest.mark.parametrize("name, group, planes", [("mxint8", 32, 8), ("bfp8", 16, 8), ("bfp4", 16, 4), ("anda-6-nearest", 64, 7)])
def test_bit_serial_elements_multiply_integers_under_a_power_of_two_as_they_are(tmp_path, name, group, planes):
    machine = (f"accelerator.format.group_size={group}", f"accelerator.mxu.lanes_per_pe={group}")
    system, = run(tmp_path / "a", "systems=[anda]", *machine, f"accelerator.format.activations={name}")
    plain, = run(tmp_path / "b", "systems=[anda]", *machine, f"precision.other={planes - 1}")
    assert system["actions"]["mxu.busy_cycles"] == N // 16 * K // group * planes
    assert system["cycles"] == plain["cycles"] and system["actions"]["mxu.decoded_activations"] == 0
    shared = 5 if name.startswith("anda") else 8
    assert system["dram_bytes"]["write"] == bytes_of(M, N, planes, group, shared)
    assert system["actions"]["activation_buffer.mantissa_words_read"] == plain["actions"]["activation_buffer.mantissa_words_read"]


def test_formats_make_a_difference_where_memory_is_the_limit(tmp_path):
    cycles = [run(tmp_path / name, "systems=[fp-fp]", f"accelerator.format.activations={name}", "dram.channels=1", m=256)[0]["cycles"]
              for name in ("mxfp4", "mxfp6-e2m3", "mxint8", "bf16")]
    assert cycles == sorted(set(cycles))


def test_costs_are_what_is_given_or_not_known(tmp_path):
    settings = ("systems=[fp-fp]", "accelerator.format.activations=mxfp4")
    unknown, = run(tmp_path / "unknown", *settings)
    assert unknown["energy_pj"]["by_component"]["mxu"] is None and unknown["energy_pj"]["by_component"]["compressor"] is None
    free, dear = (run(tmp_path / str(pj), *settings, f"technology.decoder.energy_pj_per_value={pj}",
                      f"technology.encoder.energy_pj_per_value={3 * pj}")[0]["energy_pj"] for pj in (0, 2))
    assert dear["by_component"]["mxu"] - free["by_component"]["mxu"] == pytest.approx(2 * N // 16 * M * K)
    assert dear["by_component"]["compressor"] - free["by_component"]["compressor"] == pytest.approx(6 * M * N)
    plain, = run(tmp_path / "fp16", "systems=[fp-fp]")
    assert "mxu.decoded_activations" not in plain["actions"] and plain["energy_pj"]["total"] > 0
    # An element that says that it multiplies the codes has no decoder.
    mine = "systems=[{name: mine, derives: floating-int, cycles: 16, area: 1, power: 1, activation_formats: nf4 mxfp4}]"
    system, = run(tmp_path / "mine", mine, "accelerator.format.activations=mxfp4", "technology.encoder.energy_pj_per_value=0")
    assert system["actions"]["mxu.decoded_activations"] == 0 and system["energy_pj"]["total"] > 0
    system, = run(tmp_path / "other", mine.replace(" mxfp4", ""), "accelerator.format.activations=mxfp4")
    assert system["actions"]["mxu.decoded_activations"] == N // 16 * M * K


def test_single_types_of_tensors_and_results_for_their_readers(tmp_path):
    settings = ("systems=[fp-fp]", "accelerator.format.activations=mxfp4", "accelerator.format.tensors.A_o=bf16",
                "accelerator.format.tensors.A_u=element")
    system, = run(tmp_path, *settings, tensors=("A_qkv", "A_o", "A_u", "A_d"))
    weights = K * N // 2 + K // 128 * N * 2
    four, half = ((4, 32, 8), (16, 64, 0))
    assert [op["dram_read_bytes"] - weights for op in system["ops"]] == [bytes_of(M, K, *form) for form in (four, half, half, four)]
    # Of A_o come A_u, of A_d the next layer's A_qkv.
    assert [op["dram_write_bytes"] for op in system["ops"]] == [bytes_of(M, N, *form) for form in (half, half, four, four)]


def test_a_whole_layer_has_them_where_weights_are_multiplied(tmp_path):
    (tmp_path / "run.yaml").write_text("workload: {model: OPT-1.3B, scope: layer, tokens: 64}\nsystems: [fp-fp]\n")
    ops = {}
    for name in ("element", "mxint8"):
        command = [BUILD / "src" / "anda-sim", "run", tmp_path / "run.yaml", "--quiet", "--out", tmp_path / name,
                   "--set", f"accelerator.format.activations={name}"]
        assert subprocess.run(command, timeout=300).returncode == 0
        system, = json.loads((tmp_path / name / "report.json").read_text())["systems"]
        ops[name] = {op["name"].split(".")[-1]: (op["dram_read_bytes"], op["dram_write_bytes"]) for op in system["ops"]}
    read, written = ({key for key, moved in ops["element"].items() if moved[i] > ops["mxint8"][key][i]} for i in (0, 1))
    assert read == {"q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"}
    assert written == {"attention_norm", "values", "feed_forward_norm", "activation"}  # what these read
    assert sum(moved != ops["mxint8"][key] for key, moved in ops["element"].items()) == len(read) + len(written)


@pytest.mark.parametrize("settings, message", [
    (("systems=[anda]", "accelerator.format.activations=mxfp4"),
     "GeMM 'g0': elements anda do not multiply activations of the format mxfp4 (accelerator.format) in groups of 32;"),
    (("systems=[anda]", "accelerator.format.activations=mxint8"), "multiply integers under a power of two in groups of "
     "accelerator.format.group_size = 64"),
    (("systems=[fp-fp]", "accelerator.format.activations=mxint8", "accelerator.mxu.lanes_per_pe=16"),
     "decode groups that divide their 16 elements along k"),
    (("systems=[fp-fp]", "accelerator.format.activations=int8-row"), "accelerator.format.activations: is int8-row, with groups of whole rows"),
    (("systems=[fp-fp]", "accelerator.format.tensors.A_d=int4-group"),
     "accelerator.format.tensors.A_d: is int4-group, with groups of 128, must have groups of at least 8 that divide group_size = 64"),
    (("systems=[fp-fp]", "accelerator.format.activations=aqlm-2x8"), "whose codebooks are learnt from weights; activations have none"),
    (("systems=[fp-fp]", "accelerator.format.activations={name: b, family: bipolar, bits: 1, group: 64}"), "with elements of one bit"),
    (("systems=[fp-fp]", "accelerator.format.activations={name: b, family: binary-sum, terms: 4, group: 64}"), "must be at most 63"),
    (("systems=[fp-fp]", "accelerator.format.activations=fp16"), "must be element, anda-6-nearest"),
])
def test_refused_pairs_and_formats(tmp_path, settings, message):
    assert message in run(tmp_path, *settings, status=2)


def test_searches_and_evaluations_do_not_pass_them_by(tmp_path):
    model = ROOT / "tests" / "data" / "small_models" / "opt"
    (tmp_path / "run.yaml").write_text(f"workload: {{config_json: {model}/config.json, tokens: 16}}\nsystems: [anda]\n"
                                       "accelerator: {format: {tensors: {A_d: bf16}}}\n")
    tokens = model.parent / "held_out.npy"
    for command in (["search", tmp_path / "run.yaml", "--model-dir", model, "--tokens", tokens, "--out", tmp_path / "out"],
                    ["evaluate", model, "--tokens", tokens, "--precision", tmp_path / "run.yaml"]):
        done = subprocess.run([str(part) for part in (BUILD / "src" / "anda-sim", *command)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 2 and "accelerator.format gives activations an operand format" in done.stderr, done.stderr
