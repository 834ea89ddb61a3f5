# SPDX-License-Identifier: Apache-2.0
"""The JSON reader of the scripts: accepted input, and refused input with its place."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


WRONG = {
    "deep list": ("\n" + "[" * 65, "f:2:65: is nested more than 64 levels deep"),
    "very deep list": ("[" * 200_000, "f:1:65: is nested more than 64 levels deep"),
    "deep objects": ('{"a":' * 200_000, "f:1:321: is nested more than 64 levels deep"),
    "NaN": ('[1,\n NaN]', "f:2:2: NaN is no JSON; numbers must be finite"),
    "Infinity": ("[-Infinity]", "f:1:2: -Infinity is no JSON"),
    "float beyond a double": ('{"a": 1e999}', "f:1:7: 1e999 is beyond the range"),
    "integer beyond a double": ("[1" + "0" * 400 + "]", "f:1:2: 1000000"),
    "integer beyond Python's digits": ("[-" + "9" * 5000 + "]", "is beyond the range"),
    "repeated key": ('{"a": {"b": 1,\n"b": 2}}', 'f:2:1: the key "b" stands twice'),
    "repeated key, escaped": (r'{"a": 1, "\u0061": 2}', r'f:1:10: the key "\u0061" stands twice'),
    "half a surrogate pair": (r'["\ud800"]', "f:1:2: holds half a surrogate pair"),
    "behind a NUL byte": ("{}\0{}", "f:1:3: is no JSON: extra data"),
    "NUL byte in a string": ('["a\0"]', "f:1:4: is no JSON: invalid control character"),
    "cut off": ('{"a": [1,', "the text may be cut off"),
    "empty": ("", "f:1:1: is no JSON"),
}


@pytest.mark.parametrize("case", WRONG)
def test_invalid_json_is_an_input_error_with_its_place(case):
    text, message = WRONG[case]
    with pytest.raises(InputError) as error:
        strict_json.loads(text, "f")
    assert message in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("text", ["[" * 64 + "]" * 64, '["[[[{{{\\"[[["]', r'["😀"]', "[1e308, 18446744073709551615, -0.0]",
                                  '[{"a": 1}, {"a": "a"}, "a", "a"]', "1" + "0" * 308])
def test_valid_json_is_read_as_by_python(text):
    assert strict_json.loads(text, "f") == json.loads(text)


def test_a_line_of_a_log_is_named_by_its_number():
    with pytest.raises(InputError, match="log.jsonl:7:1: is no JSON"):
        strict_json.loads("x", "log.jsonl", 7)


def test_files_may_start_with_a_byte_order_mark_and_must_be_small_utf8(tmp_path):
    file = tmp_path / "a.json"
    file.write_bytes(b"\xef\xbb\xbf[1]")
    assert strict_json.load(file) == [1]
    with pytest.raises(InputError, match="is larger than 5 bytes"):
        strict_json.load(file, 5)
    file.write_bytes(b"[1,\n\xff]")
    with pytest.raises(InputError, match=r"a.json:2: is no UTF-8 text"):
        strict_json.load(file)
    with pytest.raises(InputError, match="No such file"):
        strict_json.load(tmp_path / "absent.json")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.booleans())
def test_every_value_comes_back(value, plain):
    assert strict_json.loads(json.dumps(value, ensure_ascii=plain), "f") == value


@settings(max_examples=300, deadline=None)
@given(st.text('{}[]",:\\u0dD89e+-.1NaInfity \n', max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        value = strict_json.loads(text, "f")
    except InputError as error:
        assert str(error).startswith("f:")
    else:
        json.dumps(value, allow_nan=False).encode()
