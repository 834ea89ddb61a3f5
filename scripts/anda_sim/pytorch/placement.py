# SPDX-License-Identifier: Apache-2.0
"""Devices and number type of a model: one device, or several that hold some of the layers each."""

import re

import torch

from anda_sim.common.errors import InputError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
LAYER = re.compile(r"(?:^|\.)layers\.(\d+)(?:\.|$)")
_DEVICE = re.compile(r"cpu|mps|cuda(?::[0-9]+)?")


def _device(name):
    if not _DEVICE.fullmatch(name):
        raise InputError(f"--device {name}: must be cpu, mps, cuda or cuda:N, or several of the last, separated by commas")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"--device {name}: this PyTorch finds no GPU")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"--device {name}: there are {torch.cuda.device_count()} GPUs, from cuda:0 on")
    mps = getattr(torch.backends, "mps", None)
    if device.type == "mps" and (mps is None or not mps.is_available()):
        raise InputError(f"--device {name}: this PyTorch has no Metal")
    return device


def placement_of(device, dtype):
    """The Placement of --device and --dtype."""
    devices = [_device(name) for name in device.split(",")]
    if len(devices) > 1 and any(each.type != "cuda" for each in devices):
        raise InputError(f"--device {device}: several devices must be GPUs, such as cuda:0,cuda:1")
    if dtype == "float16" and devices[0].type == "cpu":
        raise InputError("--dtype float16: PyTorch does not compute in it on a CPU; must be float32 or bfloat16")
    return Placement(devices, DTYPES[dtype])


class Placement:
    """Layers split over devices in order. The first device also has the embedding; the last, the final norm and the output head."""

    def __init__(self, devices, dtype=torch.float32):
        self.devices, self.dtype = devices, dtype

    @property
    def first(self):
        return self.devices[0]

    def device_of(self, name, layers):
        """Device of a parameter or module in a model of `layers` layers."""
        layer = LAYER.search(name)
        if layer:
            return self.devices[int(layer[1]) * len(self.devices) // layers]
        return self.devices[0] if "embed" in name else self.devices[-1]

    def follow(self, model, layers):
        """Adds hooks that move the inputs of modules to their devices."""
        if len(self.devices) == 1:
            return
        for name, module in model.named_modules():
            is_layer = LAYER.search(name) and LAYER.search(name).end() == len(name)
            if is_layer or name.rsplit(".", 1)[-1] in ("norm", "final_layer_norm", "lm_head") and not LAYER.search(name):
                module.register_forward_pre_hook(_mover(self.device_of(name, layers)))


def _mover(device):
    return lambda _, values: tuple(value.to(device) for value in values)


def is_out_of_memory(error):
    return isinstance(error, RuntimeError) and "out of memory" in str(error)


def windows_in_memory(config, length, placement):
    """Number of windows that fit in the free memory of the devices at a time, estimated from the largest tensors: logits (and those
    derived for the loss), scores of all heads and the feed-forward part. 16 on other devices than CUDA."""
    if placement.first.type != "cuda":
        return 16
    width = torch.empty(0, dtype=placement.dtype).element_size()
    inner = config.get("ffn_dim") or config.get("intermediate_size") or 4 * config["hidden_size"]
    heads = config.get("num_attention_heads", 1)
    layer = length * (4 * inner + 8 * config["hidden_size"]) * width + 3 * heads * length**2 * max(width, 4)
    window = layer + length * config["vocab_size"] * (width + 8)
    free = min(torch.cuda.mem_get_info(device)[0] for device in placement.devices)
    return max(1, int(0.8 * free / window))
