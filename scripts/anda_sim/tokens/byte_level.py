# SPDX-License-Identifier: Apache-2.0
"""Byte-level BPE, the tokenizer of GPT-2, OPT, LLaMA 3 and Qwen, for use without the package tokenizers. Splits a text into words,
maps the UTF-8 bytes of a word to characters, and merges neighbours in the order of the list of merges."""

import functools
import unicodedata

# words() splits like GPT-2's regular expression, without the package regex: '(?:[sdmt]|ll|ve|re), ?letters, ?digits, ?others,
# spaces before a space, spaces.
CONTRACTIONS = ("'s", "'d", "'m", "'t", "'ll", "'ve", "'re")


@functools.lru_cache(maxsize=None)
def _kind(character):
    if character.isspace():
        return " "
    category = unicodedata.category(character)[0]
    return category if category in "LN" else "other"


def words(text):
    """Splits a text into parts that are tokenised separately; joined, they are the text."""
    at, length = 0, len(text)
    while at < length:
        end = _contraction(text, at) or _run(text, at)
        yield text[at:end]
        at = end


def _contraction(text, at):
    if text[at] != "'":
        return None
    return next((at + len(ending) for ending in CONTRACTIONS if text.startswith(ending, at)), None)


def _run(text, at):
    length = len(text)
    first = at + 1 if text[at] == " " and at + 1 < length and _kind(text[at + 1]) != " " else at
    kind, end = _kind(text[first]), first + 1
    while end < length and _kind(text[end]) == kind:
        end += 1
    # The last of several spaces belongs to the following word.
    if kind == " " and end < length and end - at > 1:
        end -= 1
    return end


def byte_characters():
    """The character that represents each byte: the byte itself if printable, else one from U+0100 upward."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in seen else chr(next(others)) for byte in range(256)]


class ByteLevel:
    def __init__(self, vocabulary, merges):
        """`vocabulary`: ids by token; `merges`: pairs of tokens, by descending priority."""
        self._ids = vocabulary
        self._ranks = {pair: rank for rank, pair in enumerate(merges)}
        self._characters = byte_characters()
        self._known = {}

    def _merged(self, word):
        parts = [self._characters[byte] for byte in word.encode()]
        while len(parts) > 1:
            ranks = [self._ranks.get(pair, len(self._ranks)) for pair in zip(parts, parts[1:])]
            least = min(ranks)
            if least == len(self._ranks):
                break
            first, joined, at = ranks.index(least), [], 0
            pair = (parts[first], parts[first + 1])
            while at < len(parts):
                is_pair = at + 1 < len(parts) and (parts[at], parts[at + 1]) == pair
                joined.append(parts[at] + parts[at + 1] if is_pair else parts[at])
                at += 2 if is_pair else 1
            parts = joined
        return [self._ids[part] for part in parts]

    def id_of(self, token):
        return self._ids[token]

    def encode(self, text):
        """Token ids of a text. Raises KeyError for a part that is not in the vocabulary."""
        ids = []
        for word in words(text):
            if word not in self._known:
                self._known[word] = self._merged(word)
            ids += self._known[word]
        return ids
