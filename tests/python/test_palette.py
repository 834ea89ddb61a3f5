# SPDX-License-Identifier: Apache-2.0
"""Colours of pages and figures: readable on their background and below text, and apart for colour-blind readers."""

import numpy
import pytest

from anda_sim.figures import palette

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, at full severity:
# matrices for linear RGB.
VISION = {
    "normal": numpy.eye(3),
    "protanopia": numpy.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": numpy.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": numpy.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}


def lab(colour, vision):
    """CIELAB of a colour as somebody sees it."""
    parts = numpy.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = numpy.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = numpy.clip(vision @ linear, 0, 1)
    to_xyz = numpy.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = to_xyz @ seen / numpy.array([0.9505, 1.0, 1.089])
    f = numpy.where(t > 0.008856, numpy.cbrt(t), 7.787 * t + 16 / 116)
    return numpy.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", palette.BACKGROUNDS)
def test_bars_stand_out_from_the_page_and_text_from_bars(mode):
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    for colour in palette.COLOURS[mode]:
        assert palette.contrast(colour, palette.BACKGROUNDS[mode]) >= 3, colour
        assert palette.contrast(colour, palette.text_on(colour)) >= 4.5, colour


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("mode", palette.BACKGROUNDS)
def test_colours_stay_apart_for_every_reader(mode, vision):
    seen = [lab(colour, VISION[vision]) for colour in palette.COLOURS[mode]]
    for i, one in enumerate(seen):
        for j, other in enumerate(seen[:i]):
            least = 17 if i < palette.SERIES else 14
            assert numpy.linalg.norm(one - other) >= least, (mode, vision, j, i)


def test_every_component_and_every_kind_has_a_colour_of_its_own():
    from anda_sim.reports.inference import KINDS
    from anda_sim.reports.runs import COMPONENTS

    for mode in palette.BACKGROUNDS:
        assert list(palette.components(mode)) and set(palette.components(mode)) == set(COMPONENTS)
        assert len(set(palette.components(mode).values())) == len(COMPONENTS)
        assert len(set(palette.each(KINDS, mode).values())) == len(KINDS)
