# SPDX-License-Identifier: Apache-2.0
"""YAML as anda-sim reads it: one document, no anchors, aliases, tags or merge keys, no key twice, words by scalar.py."""

import re
import sys

import yaml

from .errors import InputError, read_error
from .scalar import OutOfRange, plain

LARGEST_FILE = 1 << 20
DEEPEST = 32
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPENING = (yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken, yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken)
_CLOSING = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def read_text(path, largest=LARGEST_FILE):
    """The text of a UTF-8 file; InputError if it cannot be read."""
    try:
        # Pipes have no size, and standard input has no name.
        with open(sys.stdin.fileno() if str(path) == "-" else path, "rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise InputError(f"{path}: is larger than {largest >> 20} MiB")
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text") from None
    except OSError as error:
        raise read_error(path, error) from None
    except ValueError as error:  # a NUL in the path
        raise InputError(f"{path}: cannot be read: {error}") from None


def compose(path, text):
    """The root node of a document, None if it is empty. InputError with `path` and the line if it is invalid."""
    bad = _CONTROL.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        raise InputError(f"{path}:{line}: is not YAML: has the control character {bad[0]!r}")
    depth = 0
    try:
        for token in yaml.scan(text, Loader=_LOADER):
            line = token.start_mark.line + 1
            if isinstance(token, (yaml.AnchorToken, yaml.AliasToken, yaml.TagToken)):
                raise InputError(f"{path}:{line}: anchors, aliases and tags are not understood")
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > DEEPEST:
                raise InputError(f"{path}:{line}: is nested more than {DEEPEST} levels deep")
        return yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(f"{path}:{mark.line + 1 if mark else 1}: is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{path}: is not YAML: {error}") from None


def is_plain(node):
    """Whether a scalar is written without quotes."""
    return isinstance(node, yaml.ScalarNode) and node.style in (None, "")


def unfit(text):
    """The reason why no name, path or key may contain this text; empty if one may."""
    bad = _CONTROL.search(text)
    return f"has the control character {bad[0]!r}" if bad else ""


def value_of(node, problem):
    """The value of a node: a number, a truth value, None, a text, a list or a dict. Errors are passed to problem(node, text)."""
    if isinstance(node, yaml.SequenceNode):
        return [value_of(each, problem) for each in node.value]
    if isinstance(node, yaml.MappingNode):
        found = {}
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                problem(name, "a key must be a word")
            elif name.value in found:
                problem(name, f"{name.value} stands here twice")
            else:
                found[name.value] = value_of(value, problem)
        return found
    if unfit(node.value):
        problem(node, unfit(node.value))
    if not is_plain(node):
        return node.value
    try:
        return plain(node.value)
    except OutOfRange as error:
        problem(node, str(error))
        return None


def load(path, text):
    """The values of a document; InputError with `path` and the line of every error."""
    problems = []

    def problem(node, what):
        problems.append(f"{path}:{node.start_mark.line + 1}: {what}")

    root = compose(path, text)
    value = None if root is None else value_of(root, problem)
    if problems:
        raise InputError(*problems)
    return value
