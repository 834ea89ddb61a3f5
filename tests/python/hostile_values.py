# SPDX-License-Identifier: Apache-2.0
"""Invalid values that files may contain, and documents with parts replaced by such values."""

import copy
import json

from hypothesis import strategies as st

NAMES = ["$$", "$\\frac{1}{0}$", '<a href="http://evil.example/">click</a>', "%{customdata[0]}", "\x1b]0;title\x07", "\u202eevil", "_hidden",
         "__proto__", "constructor", "</script>", "a\nb", "\0", "x" * 3000, "名前", "&lt;", "", " ", "2020-01-01", "1e3", "=1+1"]
NUMBERS = [0, -0.0, 1, -1, 1e-300, 5e-324, 1e100, 1e101, 1e308, -1e308, 2**53 + 1, 2**63, 2**64, 10**300, 0.1]
# Values that Python writes to JSON and reads from it, although they are not JSON.
BEYOND = [float("nan"), float("inf"), float("-inf"), 10**400]
ANY = st.sampled_from([None, True, False, [], {}, [[]], {"a": 1}, [None], *NAMES, *NUMBERS, *BEYOND])
NONE = object()


def _places(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in children:
        yield from _places(part, (*path, key))


def changed(document, changes):
    """The document after each of `changes`, (place, new value), whose place still exists."""
    document = copy.deepcopy(document)
    for path, value in changes:
        if not path:
            document = value
            continue
        owner = document
        try:
            for key in path[:-1]:
                owner = owner[key]
            if value is NONE:
                del owner[path[-1]]
            else:
                owner[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            pass
    return document


def damaged(document, most=3):
    """A strategy: documents with up to `most` parts replaced or removed."""
    place = st.sampled_from(list(_places(document)))
    return st.lists(st.tuples(place, ANY | st.just(NONE)), min_size=1, max_size=most).map(
        lambda changes: changed(document, [(path, None if value is NONE and not path else value) for path, value in changes]))


def renamed(document, names=st.sampled_from(NAMES)):
    """A strategy: documents with texts replaced by other texts and numbers by zeros."""
    texts = [path for path in _places(document) if isinstance(_at(document, path), str)]
    numbers = [path for path in _places(document) if type(_at(document, path)) in (int, float)]
    change = st.tuples(st.sampled_from(texts), names) | st.tuples(st.sampled_from(numbers), st.sampled_from([0, 1, 1e99, 1e-99]))
    return st.lists(change, min_size=1, max_size=6).map(lambda changes: changed(document, changes))


def _at(document, path):
    for key in path:
        document = document[key]
    return document


def as_json(document):
    """Bytes of a document; unpaired surrogates become invalid UTF-8."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", errors="surrogatepass")
