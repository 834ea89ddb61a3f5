# SPDX-License-Identifier: Apache-2.0
"""Colours of pages and figures: the same item has the same colour in both.

A search chose colours that are distinguishable with normal vision and with the three kinds of colour blindness, both from each
other and from the background of a page; tests/python/test_palette.py computes both distances."""

LIGHT, DARK = "light", "dark"
BACKGROUNDS = {LIGHT: "#ffffff", DARK: "#0d1117"}
# The first nine are easier to tell apart than the others.
COLOURS = {
    LIGHT: ["#00409b", "#d77e01", "#32a765", "#a97ec3", "#984b00", "#3274fb", "#798c8d", "#60426d", "#0f6943", "#5008fc", "#690b06",
            "#014237", "#2d08a1"],
    DARK: ["#5071f7", "#ca741d", "#1ba56d", "#b368a3", "#ffcf29", "#b4daff", "#c4cbc0", "#9a97f1", "#69e579", "#cd0337", "#884cab",
           "#840ffc", "#964a67"],
}
# Systems, and any other series.
SERIES = 9
_COMPONENTS = {"mxu": 0, "compressor": 3, "vector_unit": 2, "activation_buffer": 1, "weight_buffer": 4, "top_controller": 6, "dram": 5}


def series(place, mode=LIGHT):
    """The colour of a system or another series, by its number."""
    return COLOURS[mode][place % SERIES]


def components(mode=LIGHT):
    """Colours of the blocks by their names in report.json."""
    return {name: COLOURS[mode][place] for name, place in _COMPONENTS.items()}


def each(names, mode=LIGHT):
    """Colours of the states of an array, or of kinds of operation, in their order."""
    return {name: COLOURS[mode][place % len(COLOURS[mode])] for place, name in enumerate(names)}


def luminance(colour):
    """Relative luminance of `#rrggbb`, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """Contrast of two colours, 1 … 21, as WCAG 2 defines it."""
    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def text_on(colour):
    """Black or white, whichever is easier to read on a bar of this colour: the contrast is at least 4.5."""
    return max(("#000000", "#ffffff"), key=lambda text: contrast(text, colour))


def for_page(states, kinds):
    """Everything for a page, by its mode."""
    return {
        mode: {
            "series": COLOURS[mode][:SERIES],
            "components": components(mode),
            "states": each(states, mode),
            "kinds": each(kinds, mode),
            "text": {colour: text_on(colour) for colour in COLOURS[mode]},
        }
        for mode in (LIGHT, DARK)
    }
