# SPDX-License-Identifier: Apache-2.0
"""Arithmetic on configuration keys, for conditions and for derived parameters.

An expression uses Python syntax: numbers, text in quotes, lists, configuration keys with their dots
(`accelerator.mxu.rows`), `+ - * / // % **` on numbers, comparisons, `in`, `and`, `or`, `not`, `true`, `false`, and the functions
min, max, abs, round and log2. Numbers follow the rules of configurations (anda_sim.common.scalar). Nothing else is accepted, so that
a sweep file can neither run programs nor run forever: numbers stay within 10^30, and texts and nesting are short.
"""

import ast
import math
import operator
import warnings

from anda_sim.common import scalar

_BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}
_UNARY = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
_COMPARE = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda item, items: item in items, ast.NotIn: lambda item, items: item not in items,
}
_TRUTH = {"true": True, "false": False}
LARGEST = 1e30
LONGEST = 4096
DEEPEST = 150
_MOST_DIGITS = 30


class ExpressionError(ValueError):
    """The text is not an expression, or it has no value for the given keys."""


def _rounded(value, digits=0):
    if not _is_number(digits) or digits != int(digits) or abs(digits) > _MOST_DIGITS:
        raise ValueError(f"round() takes a whole number of digits from -{_MOST_DIGITS} to {_MOST_DIGITS}")
    return round(value, int(digits)) if digits else round(value)


_FUNCTIONS = {"min": min, "max": max, "abs": abs, "round": _rounded, "log2": math.log2}
# Functions whose arguments are numbers; min and max compare anything comparable.
_ARITHMETIC = {"abs", "round", "log2"}


def _is_number(value):
    return isinstance(value, (int, float))


def _checked(value):
    """Returns the value; ExpressionError if no configuration can have it."""
    if isinstance(value, complex):
        raise ValueError("the root of a negative number is no number here")
    if _is_number(value):
        if isinstance(value, float) and math.isnan(value):
            raise ValueError("the result is not a number")
        if abs(value) > LARGEST:
            raise OverflowError("a number is too large, beyond 10^30")
    return value


def _short(text):
    return text if len(text) <= 200 else f"{text[:200]}…"


class Expression:
    """One expression; `names` are the configuration keys in it."""

    def __init__(self, text):
        self.text = str(text).strip()
        if len(self.text) > LONGEST:
            raise ExpressionError(f"`{_short(self.text)}` is longer than {LONGEST} characters")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's syntax warnings
                self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ExpressionError(f"`{_short(self.text)}` is not an expression") from None
        self.names = []
        self._check(self._tree, 0)

    def __repr__(self):
        return f"Expression({self.text!r})"

    def _check(self, node, depth):
        if depth > DEEPEST:
            raise ExpressionError(f"`{_short(self.text)}` is nested more than {DEEPEST} levels deep")
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = self._name(node)
            if name not in self.names and name not in _TRUTH:
                self.names.append(name)
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str, bool)):
            self._check_constant(node)
            return
        children = {
            ast.BinOp: lambda: [node.left, node.right], ast.UnaryOp: lambda: [node.operand],
            ast.BoolOp: lambda: node.values, ast.Compare: lambda: [node.left, *node.comparators],
            ast.List: lambda: node.elts, ast.Tuple: lambda: node.elts, ast.Call: lambda: node.args,
            ast.IfExp: lambda: [node.test, node.body, node.orelse],
            ast.Subscript: lambda: [node.value, node.slice],
        }.get(type(node))
        operators = [getattr(node, "op", None), *getattr(node, "ops", [])]
        known = all(each is None or type(each) in {**_BINARY, **_UNARY, **_COMPARE, ast.And: 0, ast.Or: 0}
                    for each in operators)
        call = not isinstance(node, ast.Call) or (
            isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and not node.keywords)
        if children is None or not known or not call:
            raise ExpressionError(f"`{self._source(node)}` in `{_short(self.text)}` is not understood; there are numbers, text, lists, "
                                  f"keys, + - * / // % **, comparisons, in, and, or, not, {', '.join(_FUNCTIONS)}")
        for child in children():
            self._check(child, depth + 1)

    def _source(self, node):
        return _short(ast.get_source_segment(self.text, node) or self.text)

    def _check_constant(self, node):
        if not _is_number(node.value) or isinstance(node.value, bool):
            return
        written = self._source(node)
        if not scalar.is_number(ast.get_source_segment(self.text, node) or ""):
            raise ExpressionError(f"`{written}` in `{_short(self.text)}` is not a number; numbers are decimal, without leading zeros and "
                                  "underscores")
        try:
            _checked(node.value)
        except (ValueError, OverflowError) as error:
            raise ExpressionError(f"`{written}` in `{_short(self.text)}`: {error}") from None

    def _name(self, node):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise ExpressionError(f"`{self._source(node)}` in `{_short(self.text)}` is not the name of a key")
        return ".".join([node.id, *reversed(parts)])

    def value(self, lookup):
        """The value, with keys looked up by `lookup(name)`: a number, a truth value, a text or a list. ExpressionError if there is
        none."""
        try:
            return self._value(self._tree, lookup)
        except ExpressionError:
            raise
        except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as error:
            raise ExpressionError(f"`{_short(self.text)}` has no value: {error}") from None

    def _value(self, node, lookup):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = self._name(node)
            return _TRUTH[name] if name in _TRUTH else lookup(name)
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self._value(each, lookup) for each in node.elts]
        if isinstance(node, ast.BinOp):
            return self._binary(node.op, self._value(node.left, lookup), self._value(node.right, lookup))
        if isinstance(node, ast.UnaryOp):
            return _UNARY[type(node.op)](self._value(node.operand, lookup))
        if isinstance(node, ast.BoolOp):
            stop = isinstance(node.op, ast.Or)
            result = not stop
            for each in node.values:
                result = self._value(each, lookup)
                if bool(result) is stop:
                    break
            return result
        if isinstance(node, ast.IfExp):
            return self._value(node.body if self._value(node.test, lookup) else node.orelse, lookup)
        if isinstance(node, ast.Subscript):
            return self._value(node.value, lookup)[self._value(node.slice, lookup)]
        if isinstance(node, ast.Compare):
            return self._compared(node, lookup)
        return self._called(node.func.id, [self._value(each, lookup) for each in node.args])

    def _compared(self, node, lookup):
        left = self._value(node.left, lookup)
        for op, right_node in zip(node.ops, node.comparators):
            right = self._value(right_node, lookup)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    @staticmethod
    def _binary(op, left, right):
        if not _is_number(left) or not _is_number(right):
            raise TypeError("only numbers are added, multiplied and divided")
        _checked(left), _checked(right)
        if isinstance(op, ast.Pow) and isinstance(left, int) and isinstance(right, int) and right > 0 and abs(left) > 1:
            if right * math.log10(abs(left)) > math.log10(LARGEST) + 1:
                raise OverflowError(f"{left} ** {right} is too large, beyond 10^30")
        return _checked(_BINARY[type(op)](left, right))

    @staticmethod
    def _called(name, values):
        if name in _ARITHMETIC and not all(map(_is_number, values)):
            raise TypeError(f"{name}() takes numbers")
        return _checked(_FUNCTIONS[name](*values))
