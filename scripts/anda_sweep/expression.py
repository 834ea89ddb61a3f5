# SPDX-License-Identifier: Apache-2.0
"""Arithmetic on configuration keys, for conditions and for parameters that follow others.

An expression is written as in Python: numbers, text in quotes, lists, configuration keys with their dots
(`accelerator.mxu.rows`), `+ - * / // % **`, comparisons, `in`, `and`, `or`, `not`, and the functions min, max, abs, round
and log2. Nothing else is understood, so that a sweep file cannot run programs.
"""

import ast
import math
import operator

_BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}
_UNARY = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
_COMPARE = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda item, items: item in items, ast.NotIn: lambda item, items: item not in items,
}
_FUNCTIONS = {"min": min, "max": max, "abs": abs, "round": round, "log2": math.log2}
_LARGEST = 1e30  # keeps ** and * from making numbers that take for ever


class ExpressionError(ValueError):
    """The text is no expression, or has no value for these keys."""


class Expression:
    """One expression; `names` are the configuration keys in it."""

    def __init__(self, text):
        self.text = str(text).strip()
        try:
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ExpressionError(f"`{self.text}` is not an expression") from None
        self.names = []
        self._check(self._tree)

    def __repr__(self):
        return f"Expression({self.text!r})"

    def _check(self, node):
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = self._name(node)
            if name not in self.names:
                self.names.append(name)
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str, bool)):
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
            part = ast.unparse(node)
            raise ExpressionError(f"`{part}` in `{self.text}` is not understood; there are numbers, text, lists, keys, "
                                  f"+ - * / // % **, comparisons, in, and, or, not, {', '.join(_FUNCTIONS)}")
        for child in children():
            self._check(child)

    def _name(self, node):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise ExpressionError(f"`{ast.unparse(node)}` in `{self.text}` is not the name of a key")
        return ".".join([node.id, *reversed(parts)])

    def value(self, lookup):
        """Its value, `lookup(name)` being that of a key; ExpressionError where there is none."""
        try:
            return self._value(self._tree, lookup)
        except ExpressionError:
            raise
        except (ArithmeticError, TypeError, ValueError, LookupError) as error:
            raise ExpressionError(f"`{self.text}` has no value: {error}") from None

    def _value(self, node, lookup):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, (ast.Name, ast.Attribute)):
            return lookup(self._name(node))
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self._value(each, lookup) for each in node.elts]
        if isinstance(node, ast.BinOp):
            left, right = self._value(node.left, lookup), self._value(node.right, lookup)
            if isinstance(node.op, (ast.Pow, ast.Mult)):
                self._check_size(node.op, left, right)
            return _BINARY[type(node.op)](left, right)
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
            left = self._value(node.left, lookup)
            for op, right_node in zip(node.ops, node.comparators):
                right = self._value(right_node, lookup)
                if not _COMPARE[type(op)](left, right):
                    return False
                left = right
            return True
        return _FUNCTIONS[node.func.id](*[self._value(each, lookup) for each in node.args])

    def _check_size(self, op, left, right):
        if not all(isinstance(each, (int, float)) for each in (left, right)):
            raise TypeError("only numbers are multiplied")
        if isinstance(op, ast.Pow):
            size = abs(right) * math.log10(abs(left)) if left not in (0, 1, -1) else 0
            if size > math.log10(_LARGEST):
                raise OverflowError(f"{left} ** {right} is too large")
        elif abs(left) > _LARGEST or abs(right) > _LARGEST:
            raise OverflowError(f"{left} * {right} is too large")
