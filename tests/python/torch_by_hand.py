# SPDX-License-Identifier: Apache-2.0
"""A second implementation of the rounding of a model's inputs, for test_torch.py."""

import math

import numpy as np
import functional_tools
import torch

from anda_sim.pytorch import models, rounding


class ByHand:
    """The same model with its linear layers replaced by ones that round themselves, without hooks."""

    class Rounding(torch.nn.Module):
        def __init__(self, linear, bits):
            super().__init__()
            weight = linear.weight.detach().numpy()
            codes, scales = functional_tools.quantise(weight.T, 4)
            steps = np.repeat(scales.astype(np.float64), 128, axis=0)[: len(codes)]
            self.weight = torch.from_numpy((codes * steps).astype(np.float32).T)
            self.bias, self.bits = linear.bias, bits

        def forward(self, x):
            values = x.detach().numpy().astype(np.float16)
            if self.bits is not None:
                flat = values.reshape(-1, values.shape[-1])
                values = functional_tools.compressed(flat, self.bits).reshape(values.shape)
            return torch.nn.functional.linear(torch.from_numpy(values.astype(np.float32)), self.weight, self.bias)

    def __init__(self, folder, layers):
        self.model = models.load(folder)
        decoder = self.model.model.decoder if hasattr(self.model.model, "decoder") else self.model.model
        for layer, bits in zip(decoder.layers, layers):
            for parent in list(layer.modules()):
                for name, child in list(parent.named_children()):
                    if isinstance(child, torch.nn.Linear):
                        own = bits and bits[rounding.TENSORS.index(rounding.TENSOR_OF[name])]
                        setattr(parent, name, self.Rounding(child, own))

    def perplexity(self, tokens, length=32):
        total, count = 0.0, 0
        with torch.no_grad():
            for first in range(0, len(tokens) - length + 1, length):
                window = torch.from_numpy(tokens[first : first + length].astype(np.int64))
                probability = self.model(window[None])[0].double().softmax(-1)
                total -= probability[:-1].gather(1, window[1:, None]).log().sum().item()
                count += length - 1
        return math.exp(total / count)
