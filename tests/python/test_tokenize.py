# SPDX-License-Identifier: Apache-2.0
"""scripts/tokenize: byte-level BPE worked by hand, a stand-in of the package tokenizers, and what is refused."""

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anda_sim.tokens.byte_level import ByteLevel, byte_characters, words

ROOT = Path(__file__).resolve().parents[2]
# Ġ is the character of a space, Ċ that of a line end. "Ġthe" is merged from Ġ and "the", of "t" and "he".
MERGES = ["h e", "t he", "Ġ the", "Ġ c", "a t", "Ġc at"]


@pytest.fixture
def folder(tmp_path):
    tokens = [*byte_characters(), "he", "the", "Ġthe", "Ġc", "at", "Ġcat", "</s>"]
    tokenizer = {"version": "1.0", "normalizer": None, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True},
                 "model": {"type": "BPE", "vocab": {token: number for number, token in enumerate(tokens)}, "merges": MERGES}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    (tmp_path / "text.txt").write_text("the cat\n\u00e9 cats")
    return tmp_path


def tokenize(*arguments, status=0, **environment):
    done = subprocess.run([str(part) for part in (ROOT / "scripts" / "tokenize", *arguments)], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": "", "PYTHONNOUSERSITE": "1", **environment})
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


# 256 he, 257 the, 258 Ġthe, 259 Ġc, 260 at, 261 Ġcat; a byte is its own number.
EXPECTED = [257, 261, ord("\n"), 0xC3, 0xA9, 261, ord("s")]


def test_a_byte_level_tokenizer_worked_by_hand(folder):
    out = folder / "tokens.npy"
    assert tokenize(folder / "text.txt", "--model", folder, "--out", out) == f"{out}: 7 tokens\n"
    assert np.load(out).tolist() == EXPECTED
    # The same out of older files, and with the token that comes first.
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"add_bos_token": True, "bos_token": {"content": "</s>"}}))
    tokenize(folder / "text.txt", "--model", folder, "--out", out)
    assert np.load(out).tolist() == [262, *EXPECTED]


def test_merges_go_by_their_rank_not_from_left_to_right():
    tokenizer = ByteLevel({"a": 0, "b": 1, "c": 2, "bc": 3, "ab": 4, "abc": 5}, [("b", "c"), ("a", "b")])
    assert tokenizer.encode("abc") == [0, 3] and tokenizer.encode("ab") == [4]


# GPT-2's expression, with ASCII's letters and digits in the place of Unicode's.
GPT2 = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+", re.ASCII)


@settings(max_examples=300)
@given(st.text(alphabet="ab'stvellrdm 12.,!\n\t  ", max_size=24))
def test_words_are_those_of_the_expression(text):
    assert list(words(text)) == GPT2.findall(text)


@given(st.text(max_size=20))
def test_bytes_come_back(text):
    tokenizer = ByteLevel({character: byte for byte, character in enumerate(byte_characters())}, [])
    assert bytes(tokenizer.encode(text)) == text.encode()


def test_bytes_and_rows(folder):
    out = folder / "tokens.npy"
    (folder / "rows.txt").write_text(" = A = \n \nb\n")
    tokenize(folder / "rows.txt", "--bytes", "--rows", "--out", out)
    assert np.load(out).tobytes() == b" = A = \n\n\n\n\nb\n"
    tokenize(folder / "text.txt", folder / "rows.txt", "--bytes", "--out", out)
    assert np.load(out).tobytes() == "the cat\n\u00e9 cats\n\n = A = \n \nb\n".encode() and np.load(out).dtype == np.uint8


def test_the_package_is_used_where_it_is(folder):
    (folder / "tokenizers.py").write_text(
        "class Tokenizer:\n    @staticmethod\n    def from_file(path):\n        assert path.endswith('tokenizer.json')\n        return Tokenizer()\n"
        "    def encode(self, text):\n        self.ids = [len(text), 7]\n        return self\n")
    tokenize(folder / "text.txt", "--model", folder, "--out", folder / "t.npy", PYTHONPATH=str(folder))
    assert np.load(folder / "t.npy").tolist() == [14, 7]


def test_what_is_refused(folder):
    text, out = folder / "text.txt", folder / "t.npy"

    def refused(*arguments):
        message = tokenize(*arguments, status=2)
        assert message.startswith("tokenize: ") and message.count("\n") == 1 and not out.exists()
        return message

    assert "one of the two" in refused(text, "--out", out)
    assert "must end in .npy" in refused(text, "--bytes", "--out", folder / "t.bin")
    assert "holds neither tokenizer.json nor vocab.json" in refused(text, "--model", folder / "none", "--out", out)
    (folder / "wrong.txt").write_bytes(b"ab\xff")
    assert "wrong.txt: is no UTF-8 text: byte 2" in refused(folder / "wrong.txt", "--bytes", "--out", out)
    whole = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps({**whole, "pre_tokenizer": {"type": "Metaspace"}}))
    assert "tokenizer.json: only byte-level BPE" in refused(text, "--model", folder, "--out", out)
    del whole["model"]["vocab"]["s"]
    (folder / "tokenizer.json").write_text(json.dumps(whole))
    assert "has no token 's'" in refused(text, "--model", folder, "--out", out)
