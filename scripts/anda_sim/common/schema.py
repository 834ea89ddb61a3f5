# SPDX-License-Identifier: Apache-2.0
"""Files that anda-sim writes, checked by the JSON schemas of docs/.

python3-jsonschema determines what is wrong and where. It takes a millisecond for each row of a report, so a quick check of
the simple keywords comes first; values that it accepts need no further check."""

import json
import re
from functools import lru_cache
from itertools import islice

from . import strict_json
from .errors import InputError
from .tree import PACKAGE

SCHEMAS = PACKAGE / "schemas"  # links to docs/, so that an installed package has them
# No simulation gives numbers beyond these, and sums, products and quotients of a few larger ones would not be finite.
SMALLEST, LARGEST = 1e-100, 1e100
_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
_SILENT = {"$schema", "$defs", "title", "description"}


@lru_cache(maxsize=None)
def named(name):
    """The schema docs/NAME.schema.json."""
    return strict_json.load(SCHEMAS / f"{name}.schema.json")


def check(path, document, schema, what):
    """Raises InputError with the file and the part that breaks the schema. `what`: the expected kind of file."""
    if not _quick(schema, schema)(document):
        import jsonschema

        found = list(islice(jsonschema.Draft202012Validator(schema).iter_errors(document), 100))
        if found:
            # An unexpected key is often only the consequence of another error.
            error = min(found, key=lambda each: (each.validator == "unevaluatedProperties", list(map(str, each.absolute_path))))
            raise InputError(f"{path}: {_described(error)}: is it {what}?")
    for place, number in _numbers(document, ""):
        if number and not SMALLEST <= abs(number) <= LARGEST:
            raise InputError(f"{path}: {place} is {number:.3g}, which no simulation gives: is it {what}?")


def _numbers(value, place):
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _numbers(part, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from _numbers(part, f"{place}[{i}]")
    elif isinstance(value, (int, float)):
        yield place, value


def _place(path):
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _shown(value):
    if isinstance(value, (dict, list)):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "…"


def _described(error):
    """A jsonschema.ValidationError as text, without the complete instance."""
    place, wanted, value = _place(error.absolute_path), error.validator_value, error.instance
    within = f"{place}." if place else ""
    if error.validator == "required":
        return f"{within}{next(key for key in wanted if key not in value)} is missing"
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        return f"{place or 'the top level'} has a key that does not belong there"
    if error.validator == "minItems":
        return f"{place} {'is empty' if not value else 'has too few parts'}"
    must = {
        "type": lambda: "must be " + " or ".join([wanted] if isinstance(wanted, str) else wanted),
        "minimum": lambda: f"must be {wanted} or more", "maximum": lambda: f"must be {wanted} or less",
        "exclusiveMinimum": lambda: f"must be above {wanted}", "enum": lambda: f"must be one of {', '.join(map(str, wanted))}",
        "const": lambda: f"must be {wanted}",
    }.get(error.validator, lambda: f"breaks the rule `{error.validator}` of the schema")
    return f"{place or 'the top level'} is {_shown(value)}, {must()}"


# --- the quick check ---


def _quick(schema, root):
    """A function that is true for values that certainly meet the schema, and false if it cannot decide."""
    tests, properties = [], {}
    for keyword, wanted in schema.items():
        if keyword in _SILENT or keyword in ("additionalProperties", "unevaluatedProperties"):
            continue
        if keyword == "$ref":
            tests.append(_referred(wanted, root))
            properties.update(_resolved(wanted, root).get("properties", {}))
        elif keyword == "properties":
            properties.update(wanted)
            parts = {key: _quick(part, root) for key, part in wanted.items()}
            tests.append(lambda value, parts=parts: not isinstance(value, dict) or all(
                part(value[key]) for key, part in parts.items() if key in value))
        elif keyword in _KEYWORDS:
            tests.append(_KEYWORDS[keyword](wanted, root))
        else:
            return lambda value: False
    others = schema.get("unevaluatedProperties", schema.get("additionalProperties", True))
    if others is False:
        tests.append(lambda value: not isinstance(value, dict) or value.keys() <= properties.keys())
    elif isinstance(others, dict):
        other = _quick(others, root)
        tests.append(lambda value: not isinstance(value, dict) or all(
            other(part) for key, part in value.items() if key not in properties))
    return lambda value: all(test(value) for test in tests)


def _resolved(reference, root):
    return root["$defs"][reference.removeprefix("#/$defs/")]


def _referred(reference, root):
    """As _quick(), created on first use: a definition may refer to itself."""
    made = []

    def test(value):
        if not made:
            made.append(_quick(_resolved(reference, root), root))
        return made[0](value)

    return test


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _of_type(wanted, _):
    names = [wanted] if isinstance(wanted, str) else wanted
    classes = {_TYPES[name] for name in names if name != "number"} | ({int, float} if "number" in names else set())
    return lambda value: type(value) in classes


_KEYWORDS = {
    "type": _of_type,
    "minimum": lambda wanted, _: lambda value: not _is_number(value) or value >= wanted,
    "maximum": lambda wanted, _: lambda value: not _is_number(value) or value <= wanted,
    "exclusiveMinimum": lambda wanted, _: lambda value: not _is_number(value) or value > wanted,
    "minLength": lambda wanted, _: lambda value: not isinstance(value, str) or len(value) >= wanted,
    "minItems": lambda wanted, _: lambda value: not isinstance(value, list) or len(value) >= wanted,
    "minProperties": lambda wanted, _: lambda value: not isinstance(value, dict) or len(value) >= wanted,
    "pattern": lambda wanted, _: lambda value: not isinstance(value, str) or re.search(wanted, value) is not None,
    "required": lambda wanted, _: lambda value: not isinstance(value, dict) or all(key in value for key in wanted),
    "enum": lambda wanted, _: lambda value: isinstance(value, str) and value in wanted,
    "const": lambda wanted, _: lambda value: type(value) is type(wanted) and value == wanted,
    "items": lambda wanted, root: (
        lambda item: lambda value: not isinstance(value, list) or all(map(item, value)))(_quick(wanted, root)),
    "anyOf": lambda wanted, root: (
        lambda tests: lambda value: any(test(value) for test in tests))([_quick(each, root) for each in wanted]),
}
