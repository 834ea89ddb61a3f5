# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of GPTQ, AWQ, AutoRound and compressed-tensors, packed by checkpoints.py: both evaluators find the perplexity of the same
weights as FP16 numbers; and damaged ones are refused by file and tensor, or file and key."""

import json

import numpy as np
import pytest
import torch
from checkpoints import Integers, awq, compressed, gptq, loosely_packed, packed, packed_checkpoint, write_tensors
from reference_decoders import SMALL, random_tensors
from test_llm import evaluate

from anda_sim.common.errors import InputError
from anda_sim.pytorch import loading, models

LENGTH = 24
LLAMA = {**SMALL, "model_type": "llama", "hidden_act": "silu", "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2}
PHI = {**LLAMA, "model_type": "phi3"}


def gptq_settings(bits, group, **more):
    return {"quant_method": "gptq", "bits": bits, "group_size": group, "desc_act": False, "sym": False, **more}


def round_settings(packing, **more):
    return {"quant_method": "auto-round", "bits": 4, "group_size": 128, "data_type": "int", "packing_format": packing, **more}


def compressed_settings(bits, strategy, group, symmetric=True, order=None):
    weights = {"num_bits": bits, "type": "int", "symmetric": symmetric, "strategy": strategy, "group_size": group, "actorder": order}
    return {"quant_method": "compressed-tensors", "format": "pack-quantized", "quantization_status": "compressed", "ignore": ["lm_head"],
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights, "input_activations": None}}}


def one_scale(layer):
    layer.scales[:] = layer.scales[0, 0]
    return {**compressed(layer, True), "weight_scale": layer.scales[0]}


def unpacked_zeros(layer):
    tensors = compressed(layer, False)
    return {**tensors, "weight_zero_point": (layer.zeros - 2 ** (layer.bits - 1)).astype(np.int8)}


def sixteen(layer):
    layer.zeros[0, 0] = layer.zeros[-1, -1] = 16  # stored as 15
    return gptq(layer)


# Integers' options, how they are packed, settings; then the model and what stays as numbers.
KINDS = {
    "gptq, 4 bits, groups of 128": (dict(bits=4, group=128, least_zero=1), gptq, gptq_settings(4, 128)),
    "gptq, 8 bits, whole rows": (dict(bits=8, group=-1, least_zero=1), gptq, gptq_settings(8, -1)),
    "gptq, 3 bits, groups of 32": (dict(bits=3, group=32, least_zero=1), gptq, gptq_settings(3, 32)),
    "gptq, 2 bits, groups of 64, act order": (dict(bits=2, group=64, least_zero=1, act_order=True), gptq,
                                              gptq_settings(2, 64, desc_act=True)),
    "gptq v2, act order, fused": (dict(bits=4, group=32, act_order=True), lambda layer: gptq(layer, False),
                                  gptq_settings(4, 32, desc_act=True, checkpoint_format="gptq_v2"), PHI),
    "gptq, some layers as numbers": (dict(bits=4, group=64, least_zero=1), gptq, gptq_settings(4, 64), LLAMA, ("o_proj", "up_proj")),
    "gptq, zero points of 16": (dict(bits=4, group=64, least_zero=1), sixteen, gptq_settings(4, 64)),
    "gptq, a last group that is shorter": (dict(bits=4, group=48, least_zero=1), lambda layer: gptq(layer, order=False),
                                           gptq_settings(4, 48)),
    "awq": (dict(bits=4, group=128), awq, {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True, "version": "gemm"}),
    "awq, groups of 32": (dict(bits=4, group=32), awq, {"quant_method": "awq", "group_size": 32, "version": "GEMM"}),
    "auto-round as gptq": (dict(bits=4, group=128, symmetric=True), lambda layer: gptq(layer, order=False),
                           round_settings("auto_round:auto_gptq")),
    "auto-round, true zeros": (dict(bits=4, group=64), lambda layer: gptq(layer, False, order=False),
                               round_settings("auto_round", group_size=64)),
    "auto-round, some layers of 16 bits": (
        dict(bits=4, group=64), lambda layer: gptq(layer, False, order=False), round_settings("auto_round", group_size=64, extra_config={
            f"model.layers.{i}.self_attn.o_proj": {"bits": 16, "group_size": 128} for i in range(2)}), LLAMA, ("o_proj",)),
    "auto-round as awq": (dict(bits=4, group=128), awq, round_settings("auto_round:auto_awq", sym=False)),
    "compressed, symmetric": (dict(bits=4, group=128, symmetric=True), lambda layer: compressed(layer, True),
                              compressed_settings(4, "group", 128)),
    "compressed, asymmetric, act order": (dict(bits=4, group=32, act_order=True), lambda layer: compressed(layer, False, True),
                                          compressed_settings(4, "group", 32, False, "group")),
    "compressed, weights in order": (dict(bits=4, group=64), lambda layer: compressed(layer, False),
                                     compressed_settings(4, "group", 64, False, "weight")),
    "compressed, 8 bits, channels": (dict(bits=8, group=-1, symmetric=True), lambda layer: compressed(layer, True),
                                     compressed_settings(8, "channel", None)),
    "compressed, 3 bits in one stream": (dict(bits=3, group=64), lambda layer: compressed(layer, False),
                                         compressed_settings(3, "group", 64, False)),
    "compressed, 3 bits, ten in a word": (dict(bits=3, group=64), lambda layer: compressed(layer, False, pack=loosely_packed),
                                          compressed_settings(3, "group", 64, False)),
    "compressed, one scale": (dict(bits=4, group=-1, symmetric=True), one_scale, compressed_settings(4, "tensor", None)),
    "compressed, zeros of older releases": (dict(bits=4, group=64), unpacked_zeros, compressed_settings(4, "group", 64, False)),
}


def make(folder, kind, seed=5):
    options, pack, settings, *others = KINDS[kind]
    config, spare = (*others, *(LLAMA, ())[len(others) :])
    random = np.random.default_rng(seed)
    tensors = {name: tensor.astype(np.float16) for name, tensor in random_tensors(config).items()}
    linear = [name.removesuffix(".weight") for name in tensors if "_proj" in name]
    np.save(folder / "tokens.npy", random.integers(0, config["vocab_size"], 3 * LENGTH).astype(np.int32))
    return packed_checkpoint(folder, config, tensors, linear, lambda k, n: Integers(random, k, n, **options), pack, settings, spare)


def perplexities(folder, *options):
    report = json.loads(evaluate(folder, folder.parent / "tokens.npy", "--precision", "fp32", "--precision", "5", "--json", *options))
    return [result["perplexity"] for result in report["results"]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_perplexity_is_that_of_the_same_weights_as_numbers(tmp_path, kind):
    plain, quantised = make(tmp_path, kind)
    expected = perplexities(plain, "--stored-weights")
    assert perplexities(quantised) == expected  # nothing rounds integers again
    assert expected[0] != expected[1]
    tokens = torch.from_numpy(np.load(tmp_path / "tokens.npy").astype(np.int64))
    found = [models.perplexity(loading.load_model(folder)[0], tokens, LENGTH) for folder in (plain, quantised)]
    assert found[0] == found[1] == pytest.approx(expected[0], rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_those_that_were_packed(tmp_path, kind):
    plain, quantised = make(tmp_path, kind)
    models_of = [loading.load_model(folder)[1].state_dict() for folder in (plain, quantised)]
    assert models_of[0].keys() == models_of[1].keys()
    assert all(torch.equal(models_of[0][name], models_of[1][name]) for name in models_of[0])


def test_words_are_those_of_the_formats_descriptions():
    """Worked by hand."""
    codes = np.array([3, 7, 8, 0, 15, 9, 12, 5])
    zeros = np.array([8, 7, 6, 9, 8, 10, 5, 8])
    layer = Integers(np.random.default_rng(1), 8, 8, 4, 8)
    layer.codes[:], layer.zeros[:, 0] = codes, zeros
    words = lambda tensor: [f"{word:08X}" for word in np.asarray(tensor).view(np.uint32).ravel()]
    assert set(words(gptq(layer)["qweight"])) == {"5C9F0873"} and words(gptq(layer)["qzeros"]) == ["74978567"]
    assert words(gptq(layer, False)["qzeros"]) == ["85A89678"] and words(awq(layer)["qzeros"]) == ["8A975868"]
    assert set(words(compressed(layer, True)["weight_packed"])) == {"5C9F0873"}
    layer.codes[:] = codes[:, None]
    assert set(words(awq(layer)["qweight"])) == {"5907CF83"}
    assert words(packed(np.tile([1, 6, 3, 0, 5, 2, 7, 4], 4), 3)) == ["F19D50F1", "50F19D50", "9D50F19D"]


def test_settings_in_a_file_of_their_own(tmp_path):
    plain, quantised = make(tmp_path, "gptq, 4 bits, groups of 128")
    config = json.loads((quantised / "config.json").read_text())
    settings = config.pop("quantization_config")
    (quantised / "config.json").write_text(json.dumps(config))
    message = evaluate(quantised, tmp_path / "tokens.npy", status=2)
    assert "q_proj.weight\" is missing; \"model.layers.0.self_attn.q_proj.qweight\" is there" in message
    assert "quantization_config" in message
    del settings["quant_method"]
    (quantised / "quantize_config.json").write_text(json.dumps(settings))
    assert perplexities(quantised) == perplexities(plain, "--stored-weights")
    assert loading.quantised.quantisation_of(quantised, config).method == "gptq"


def changed_tensors(folder, change):
    tensors = {name: tensor.numpy() for name, tensor in models.read_safetensors(folder / "model.safetensors").items()}
    tensors = {name: tensor.copy() for name, tensor in tensors.items()}
    change(tensors)
    write_tensors(folder / "model.safetensors", tensors)


def changed_settings(folder, change):
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))


Q = "model.layers.0.self_attn.q_proj."


def test_a_layer_with_bits_and_groups_of_its_own(tmp_path):
    plain, quantised = make(tmp_path, "auto-round, true zeros")
    layer = Integers(np.random.default_rng(8), 128, 128, 8, 32)
    changed_tensors(plain, lambda tensors: tensors.update({f"{Q}weight": layer.weights().astype(np.float16)}))
    changed_tensors(quantised, lambda tensors: tensors.update({Q + part: words for part, words in gptq(layer, False, order=False).items()}))
    changed_settings(quantised, lambda config: config["quantization_config"].update(extra_config={Q[:-1]: {"bits": 8, "group_size": 32}}))
    assert perplexities(quantised) == perplexities(plain, "--stored-weights")
    weights = [loading.load_model(folder)[1].state_dict()[f"{Q}weight"] for folder in (plain, quantised)]
    assert torch.equal(*weights)


@pytest.mark.parametrize("kind, settings", [
    ("awq, groups of 32", {"w_bit": 4, "q_group_size": 32, "version": "gemm", "zero_point": True}),
    ("compressed, symmetric", {key: value for key, value in compressed_settings(4, "group", 128).items() if key != "quant_method"})])
def test_settings_as_older_files_have_them(tmp_path, kind, settings):
    plain, quantised = make(tmp_path, kind)
    is_awq = kind.startswith("awq")
    changed_settings(quantised, lambda config: (config.pop("quantization_config"), config.update({} if is_awq else {"compression_config": settings})))
    if is_awq:
        (quantised / "quant_config.json").write_text(json.dumps(settings))
    assert perplexities(quantised) == perplexities(plain, "--stored-weights")
    models_of = [loading.load_model(folder)[1].state_dict() for folder in (plain, quantised)]
    assert all(torch.equal(models_of[0][name], models_of[1][name]) for name in models_of[0])


# --- what is refused -----------------------------------------------------------------------------------------------


GPTQ, AWQ = "gptq, 2 bits, groups of 64, act order", "awq"
ORDERED, ROUND = "compressed, asymmetric, act order", "auto-round, true zeros"


def refusals(folder):
    """Messages of both evaluators, which must name the file."""
    message = evaluate(folder, folder.parent / "tokens.npy", status=2)
    with pytest.raises(InputError) as error:
        loading.load_model(folder)
    assert str(folder) in message and str(folder) in str(error.value) and "\n" not in str(error.value)
    return message, str(error.value)


def put(name, value):
    def change(tensors):
        tensors[Q + name] = value(tensors[Q + name])

    return change


def beyond(tensor):
    tensor[7] = 2
    return tensor


def negative(tensor):
    tensor[3] = -1
    return tensor


TENSORS = {
    "words missing": (GPTQ, put("qweight", lambda t: t[:-1]), "qweight", "has the shape"),
    "no zeros": (GPTQ, lambda tensors: tensors.pop(Q + "qzeros"), "qzeros", "is missing"),
    "no groups": (GPTQ, put("scales", lambda t: t[:0]), "scales", "has the shape"),
    "a group too many": (GPTQ, put("scales", lambda t: np.concatenate([t, t[:1]])), "scales", "has the shape"),
    "g_idx beyond": (GPTQ, put("g_idx", beyond), "g_idx", "has group 2 at 7, must be 0 … 1"),
    "g_idx negative": (GPTQ, put("g_idx", negative), "g_idx", "has group -1 at 3"),
    "g_idx short": (GPTQ, put("g_idx", lambda t: t[:-1]), "g_idx", "has the shape"),
    "g_idx missing": (GPTQ, lambda tensors: tensors.pop(Q + "g_idx"), "g_idx", "is missing"),
    "g_idx of numbers": (GPTQ, put("g_idx", lambda t: t.astype(np.float32)), "g_idx", "has type"),
    "words of bytes": (GPTQ, put("qweight", lambda t: t.astype(np.int8)), "qweight", "has type"),
    "scales of integers": (AWQ, put("scales", lambda t: t.astype(np.int32)), "scales", "has type"),
    "a scale that is none": (AWQ, put("scales", lambda t: t * np.float16("nan")), "scales", "nan"),
    "packed along the other way": (AWQ, put("qweight", lambda t: t.T), "qweight", "has the shape"),
    "another shape": (ORDERED, put("weight_shape", lambda t: t[::-1] + 1), "weight_shape", "must be"),
    "another number of inputs": (ORDERED, put("weight_shape", lambda t: t + [0, 1]), "weight_shape", "must be"),
    "group beyond": (ORDERED, put("weight_g_idx", lambda t: t + 1), "weight_g_idx", "has group 4 at"),
    "zeros of a group": (ORDERED, put("weight_zero_point", lambda t: t[:, :1]), "weight_zero_point", "has the shape"),
    "both": (GPTQ, lambda tensors: tensors.update({Q + "weight": np.zeros((128, 128), np.float16)}), "qweight", "is there beside"),
}


@pytest.mark.parametrize("case", TENSORS)
def test_damaged_tensors(tmp_path, case):
    kind, change, part, problem = TENSORS[case]
    _, quantised = make(tmp_path, kind)
    changed_tensors(quantised, change)
    for message in refusals(quantised):
        assert Q + part in message and problem in message.replace("NaN", "nan")


def at(*path, value):
    def change(settings):
        for key in path[:-1]:
            settings = settings[key]
        settings[path[-1]] = value

    return change


W = ("config_groups", "group_0", "weights")
SETTINGS = {
    "lying bits": (GPTQ, at("bits", value=4), f"tensor {Q}qweight has the shape"),
    "lying group": (GPTQ, at("group_size", value=32), "has the shape"),
    "bits that it does not have": (GPTQ, at("bits", value=5), "quantization_config.bits: 5 bits are not supported; must be 2, 3, 4, 8"),
    "words of bytes": (GPTQ, at("pack_dtype", value="int8"), "quantization_config.pack_dtype: int8 is not supported; must be int32"),
    "an older layout": (GPTQ, at("is_marlin_format", value=True), "quantization_config.is_marlin_format: "),
    "rounded activations": (ROUND, at("act_bits", value=8), "quantization_config.act_bits: 8: quantised activations are not supported"),
    "rounded to other numbers": (ROUND, at("data_type", value="mx_fp"), "quantization_config.data_type: mx_fp is not supported; must be int"),
    "a layer's bits": (ROUND, at("extra_config", value={"a": {"bits": 5}}), "extra_config.a.bits: 5 bits are not supported"),
    "layers by an expression": (ROUND, at("extra_config", value={".*": {"bits": 4}}), "is a regular expression"),
    "a quantised cache": (ORDERED, at("kv_cache_scheme", value={"num_bits": 8}), "quantization_config.kv_cache_scheme: "),
    "turned weights": (ORDERED, at("transform_config", value={"R1": {}}), "quantization_config.transform_config: "),
    "sparse weights": (ORDERED, at("sparsity_config", value={"format": "sparse-24-bitmask"}), "sparsity_config.format: sparse-24-bitmask"),
    "a group of another packing": (ORDERED, at("config_groups", "group_0", "format", value="int-quantized"),
                                   "config_groups.group_0.format: int-quantized is not supported"),
    "another order": (ORDERED, at(*W, "actorder", value="random"), "weights.actorder: random is not supported"),
    "groups of nothing": (GPTQ, at("group_size", value=0), "quantization_config.group_size: 0"),
    "negative groups": (GPTQ, at("group_size", value=-2), "quantization_config.group_size: -2"),
    "another layout": (GPTQ, at("checkpoint_format", value="marlin"), "quantization_config.checkpoint_format: marlin is not supported"),
    "layers by expressions": (GPTQ, at("dynamic", value={"-:.*": {}}), "quantization_config.dynamic: "),
    "another quantiser": (GPTQ, at("quant_method", value="hqq"), "quantised by hqq, which is not supported"),
    "awq of 8 bits": (AWQ, at("bits", value=8), "quantization_config.bits: 8 bits are not supported; must be 4"),
    "awq for other kernels": (AWQ, at("version", value="gemv"), "quantization_config.version: gemv is not supported; must be gemm"),
    "awq without zeros": (AWQ, at("zero_point", value=False), "quantization_config.zero_point"),
    "other numbers": (ORDERED, at(*W, "type", value="float"), "config_groups.group_0.weights.type: float is not supported"),
    "another packing": (ORDERED, at("format", value="marlin-24"), "quantization_config.format: marlin-24 is not supported"),
    "symmetric with zeros": (ORDERED, at(*W, "symmetric", value=True), "weight_zero_point is there, though the weights are symmetric"),
    "quantised activations": (ORDERED, at("config_groups", "group_0", "input_activations", value={"num_bits": 8}), "input_activations: "),
    "two formats": (ORDERED, at("config_groups", "group_1", value={}), "config_groups: must be an object with one group"),
    "a group without groups": (ORDERED, at(*W, "strategy", value="channel"), "weights.group_size"),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_wrong_settings(tmp_path, case):
    kind, change, problem = SETTINGS[case]
    _, quantised = make(tmp_path, kind)
    config = json.loads((quantised / "config.json").read_text())
    change(config["quantization_config"])
    (quantised / "config.json").write_text(json.dumps(config))
    for message in refusals(quantised):
        assert problem in message.replace('"', "").replace("'", "").replace("key ", "")


@pytest.mark.parametrize("spare, part, cut", [(("down_proj",), "mlp.gate_proj.qzeros", lambda t: t[:, :-1]),
                                              (("gate_proj", "up_proj"), "mlp.down_proj.qweight", lambda t: t[:-1])])
def test_sizes_that_do_not_fill_words_are_refused_whatever_the_file_has(tmp_path, spare, part, cut):
    KINDS["odd"] = (dict(bits=4, group=-1, least_zero=1), lambda layer: gptq(layer, order=False), gptq_settings(4, -1),
                    {**LLAMA, "intermediate_size": 260}, spare)
    _, quantised = make(tmp_path, "odd")
    del KINDS["odd"]

    def shorter(tensors):
        for layer in range(2):
            tensors[f"model.layers.{layer}.{part}"] = cut(tensors[f"model.layers.{layer}.{part}"])

    changed_tensors(quantised, shorter)
    for message in refusals(quantised):
        assert "of 4 bits in whole words" in message and part.rpartition(".")[0] in message


def test_words_that_releases_read_differently_are_refused(tmp_path):
    """16 zero points of 3 bits take two words, dense or ten in a word."""
    KINDS["narrow"] = (dict(bits=3, group=64), lambda layer: compressed(layer, False), compressed_settings(3, "group", 64, False),
                       {**LLAMA, "num_key_value_heads": 1, "head_dim": 16})
    _, quantised = make(tmp_path, "narrow")
    del KINDS["narrow"]
    for message in refusals(quantised):
        assert "k_proj.weight_zero_point" in message and "which releases of compressed-tensors read differently" in message


def test_weights_beyond_fp32_are_refused(tmp_path):
    _, quantised = make(tmp_path, AWQ)
    changed_tensors(quantised, put("scales", lambda t: np.full(t.shape, 3e38, np.float32)))
    for message in refusals(quantised):
        assert Q in message


def test_bits_are_not_chosen_for_integers(tmp_path):
    _, quantised = make(tmp_path, "awq")
    message = evaluate(quantised, tmp_path / "tokens.npy", "--weight-bits", "4", status=2)
    assert "--weight-bits is for weights that are no integers yet" in message and "quantization_config" in message
