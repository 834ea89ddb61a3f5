# SPDX-License-Identifier: Apache-2.0
"""Simulates a mapped netlist for many streams at once: each bit of a word is a stream; each clock is one zero-delay evaluation."""

import json
import re
from collections import defaultdict

import numpy

CELL = re.compile(r"^cell \((\w+)\) \{(.*?)(?=^cell \(|\Z)", re.MULTILINE | re.DOTALL)
PIN = re.compile(r"pin\((\w+)\)\s*\{\s*direction : (\w+);\s*(?:clock : true;\s*)?capacitance : ([0-9.]+);(.*?)(?=\n  pin\(|\Z)", re.DOTALL)
TOKEN = re.compile(r"\s*([A-Za-z_]\w*|[!()+|*&^'])")


def expression(text):
    """Converts a Liberty function (a space is an AND) to a Python expression on words."""
    tokens = TOKEN.findall(text)
    at = 0

    def peek():
        return tokens[at] if at < len(tokens) else ""

    def take():
        nonlocal at
        at += 1
        return tokens[at - 1]

    def operand():
        token = take()
        if token == "!":
            return f"(~{operand()})"
        if token == "(":
            inner = either()
            take()
            return inner
        return token

    def exclusive():
        left = operand()
        while peek() == "^":
            take()
            left = f"({left} ^ {operand()})"
        return left

    def both():
        left = exclusive()
        while peek() in ("*", "&", "!", "(") or peek().isidentifier():
            if peek() in ("*", "&"):
                take()
            left = f"({left} & {exclusive()})"
        return left

    def either():
        left = both()
        while peek() in ("+", "|"):
            take()
            left = f"({left} | {both()})"
        return left

    return either()


class Cells:
    """Output functions and input capacitances (pF) of a library's cells."""

    def __init__(self, liberty):
        self.inputs, self.outputs = {}, {}
        for name, body in CELL.findall(liberty.read_text()):
            pins = [(pin, direction, float(load), rest) for pin, direction, load, rest in PIN.findall(body)]
            self.inputs[name] = {pin: load for pin, direction, load, _ in pins if direction == "input"}
            self.outputs[name] = {}
            for pin, direction, _, rest in pins:
                found = re.search(r'function : "([^"]*)"', rest)
                if direction == "output" and found and "ff" not in body.split("pin(")[0]:
                    text = expression(found.group(1))
                    names = sorted(set(re.findall(r"[A-Za-z_]\w*", text)))
                    self.outputs[name][pin] = (names, eval(f"lambda {', '.join(names)}: {text}"))  # noqa: S307


def words(values, width):
    """Packs one integer per stream into words, one bit per stream: [width, streams / 64]. The number of streams is a multiple of 64."""
    bits = (values[None, :] >> numpy.arange(width, dtype=numpy.uint64)[:, None]) & numpy.uint64(1)
    return packed(bits)


def packed(bits):
    """Packs bits [width, streams] into words."""
    return numpy.ascontiguousarray(numpy.packbits(bits.astype(numpy.uint8), axis=1, bitorder="little")).view(numpy.uint64)


class Netlist:
    """A module from Yosys' JSON. Its registers are DFFPOSX1 cells clocked by `clk`."""

    def __init__(self, path, cells):
        module = next(one for one in json.loads(path.read_text())["modules"].values() if one["attributes"].get("top"))
        self.ports = {name: port["bits"] for name, port in module["ports"].items()}
        self.inputs = [name for name, port in module["ports"].items() if port["direction"] == "input" and name != "clk"]
        count = 1 + max(bit for bits in self._all_bits(module) for bit in bits if isinstance(bit, int))
        self.zero, self.one, self.nets = count, count + 1, count + 2
        self.load = numpy.zeros(self.nets)
        registers, gates = [], []
        self.clock_load = 0.0
        for cell in module["cells"].values():
            pins = {pin: self._net(bits[0]) for pin, bits in cell["connections"].items()}
            for pin, load in cells.inputs[cell["type"]].items():
                if pin == "CLK":
                    self.clock_load += load
                else:
                    self.load[pins[pin]] += load
            if cell["type"] == "DFFPOSX1":
                registers.append((pins["D"], pins["Q"]))
                continue
            for pin, (names, function) in cells.outputs[cell["type"]].items():
                if pin in pins:
                    gates.append(((cell["type"], pin), function, [pins[name] for name in names], pins[pin]))
        self.d, self.q = (numpy.array(column, dtype=int) for column in zip(*registers))
        self.levels = self._levels(gates)
        self.load[[self.zero, self.one]] = 0

    @staticmethod
    def _all_bits(module):
        yield from (port["bits"] for port in module["ports"].values())
        for cell in module["cells"].values():
            yield from cell["connections"].values()

    def _net(self, bit):
        return bit if isinstance(bit, int) else self.one if bit == "1" else self.zero

    def _levels(self, gates):
        """Gates grouped by kind and depth, shallow first: (function, inputs of each, outputs)."""
        driver = {output: gate for gate in gates for output in [gate[3]]}
        depth = {}
        for gate in gates:
            stack = [gate]
            while stack:
                top = stack[-1]
                waits = [driver[net] for net in top[2] if net in driver and net not in depth]
                if waits:
                    stack += waits
                    continue
                stack.pop()
                depth[top[3]] = 1 + max((depth.get(net, 0) for net in top[2]), default=0)
        together = defaultdict(list)
        for gate in gates:
            together[depth[gate[3]], gate[0]].append(gate)
        return [(of[0][1], [numpy.array(column) for column in zip(*(gate[2] for gate in of))],
                 numpy.array([gate[3] for gate in of])) for _, of in sorted(together.items(), key=lambda item: item[0])]

    def run(self, clocks, streams):
        """Yields the values of all nets for each clock: [nets, streams / 64]. `clocks`: for each clock, the words of each input."""
        values = numpy.zeros((self.nets, streams // 64), dtype=numpy.uint64)
        values[self.one] = ~numpy.uint64(0)
        for inputs in clocks:
            values = values.copy()
            values[self.q] = values[self.d]
            for name, given in inputs.items():
                values[numpy.array(self.ports[name])] = given
            for function, pins, output in self.levels:
                values[output] = function(*(values[pin] for pin in pins))
            yield values

    def integers(self, values, name):
        """The value of a port in each stream."""
        bits = numpy.unpackbits(values[numpy.array([self._net(bit) for bit in self.ports[name]])].view(numpy.uint8), axis=1,
                                bitorder="little").astype(numpy.uint64)
        return (bits << numpy.arange(len(bits), dtype=numpy.uint64)[:, None]).sum(axis=0)

    def switched(self, before, after):
        """Capacitance (pF) of the nets that toggle between two clocks, summed over streams."""
        ones = numpy.unpackbits((before ^ after).view(numpy.uint8), axis=1).sum(axis=1)
        return float(ones @ self.load)
