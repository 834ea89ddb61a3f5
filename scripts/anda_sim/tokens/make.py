# SPDX-License-Identifier: Apache-2.0
"""Makes a token file for anda-sim evaluate, anda-sim search and
scripts/evaluate_torch from text.

FOLDER has the model's tokenizer.json (or vocab.json and merges.txt). The
Python package tokenizers reads it, else transformers; without either,
byte-level tokenizers (GPT-2, OPT) are read here. --bytes takes every byte of
the text as a token. Nothing is downloaded. The texts are joined by an empty
line.
"""

import argparse
import importlib.util
from pathlib import Path

import numpy

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError
from anda_sim.tokens.byte_level import ByteLevel


def read_text(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no UTF-8 text: byte {error.start}") from None


def as_rows(text):
    """Assembles a text like published evaluations on WikiText-2: each line is a row, blank rows are empty, joined by empty lines."""
    return "\n\n".join(line if line.strip() else "" for line in text.splitlines(keepends=True))


def _pairs(path, merges):
    pairs = [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) if isinstance(merge, list) else () for merge in merges]
    if any(len(pair) != 2 or not all(isinstance(part, str) for part in pair) for pair in pairs):
        raise InputError(f"{path}: merges must be pairs of tokens")
    return pairs


def _ids(path, vocabulary):
    if not isinstance(vocabulary, dict) or any(type(number) is not int or number < 0 for number in vocabulary.values()):
        raise InputError(f"{path}: the vocabulary must map tokens to numbers from 0 on")
    return vocabulary


def own_tokenizer(folder):
    """A ByteLevel from tokenizer.json, or from vocab.json and merges.txt. InputError for other kinds of tokenizer."""
    path = folder / "tokenizer.json"
    if not path.exists():
        vocabulary, merges = folder / "vocab.json", folder / "merges.txt"
        if not vocabulary.exists() or not merges.exists():
            raise InputError(f"{folder}: holds neither tokenizer.json nor vocab.json and merges.txt")
        lines = [line for line in read_text(merges).splitlines() if line and not line.startswith("#version")]
        return ByteLevel(_ids(vocabulary, strict_json.load(vocabulary)), _pairs(merges, lines))
    settings = strict_json.load(path)
    model = settings.get("model") if isinstance(settings, dict) else None
    if not isinstance(model, dict):
        raise InputError(f"{path}: has no model")
    cuts = settings.get("pre_tokenizer") or {}
    is_plain = isinstance(cuts, dict) and cuts.get("type") == "ByteLevel" and cuts.get("use_regex", True) and not cuts.get("add_prefix_space")
    if model.get("type", "BPE") != "BPE" or not is_plain or settings.get("normalizer"):
        kind = f"{model.get('type', 'BPE')} after {cuts.get('type') if isinstance(cuts, dict) else cuts}"
        raise InputError(f"{path}: only byte-level BPE of GPT-2's kind is read without the Python package tokenizers, which is not "
                         f"installed; this is {kind}")
    return ByteLevel(_ids(path, model.get("vocab")), _pairs(path, model.get("merges") or []))


def first_token(folder):
    """Text of the token that a model's tokenizer prepends according to tokenizer_config.json; None if it prepends none."""
    path = folder / "tokenizer_config.json"
    settings = strict_json.load(path) if path.exists() else {}
    token = settings.get("bos_token") if isinstance(settings, dict) and settings.get("add_bos_token") is True else None
    return token.get("content") if isinstance(token, dict) else token


def ids_of(folder, text):
    """Token ids of a text, including the model's initial token if it has one."""
    path = folder / "tokenizer.json"
    if path.exists() and importlib.util.find_spec("tokenizers"):
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(path)).encode(text).ids
    if importlib.util.find_spec("transformers"):
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)(text)["input_ids"]
    tokenizer = own_tokenizer(folder)
    try:
        first = first_token(folder)
        return ([tokenizer.id_of(first)] if first else []) + tokenizer.encode(text)
    except KeyError as error:
        raise InputError(f"{folder}: the vocabulary has no token {error}") from None


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="scripts/tokenize", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", type=Path, metavar="TEXT_FILE", help="UTF-8")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="with tokenizer.json, or vocab.json and merges.txt")
    parser.add_argument("--bytes", action="store_true", help="every byte is a token")
    parser.add_argument("--rows", action="store_true", help="join lines as published perplexities on WikiText-2 do, by empty lines")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.npy", help="token ids")
    options = parser.parse_args(arguments)
    if options.bytes == (options.model is not None):
        raise InputError("needs --model FOLDER or --bytes, one of the two")
    if options.out.suffix != ".npy":
        raise InputError(f"--out {options.out}: must end in .npy")
    text = "\n\n".join(map(read_text, options.texts))
    text = as_rows(text) if options.rows else text
    ids = list(text.encode()) if options.bytes else ids_of(options.model, text)
    if not ids:
        raise InputError(f"{options.texts[0]}: holds no text")
    partial = options.out.with_name(options.out.name + ".partial.npy")
    numpy.save(partial, numpy.array(ids, numpy.uint8 if options.bytes else numpy.int32))
    partial.replace(options.out)
    print(f"{options.out}: {len(ids)} tokens")
