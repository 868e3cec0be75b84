"""Colours of states: far apart for four kinds of vision, and strong enough on their ground.

Vision is simulated by the matrices of Machado, Oliveira and Fernandes (2009), severity 1, on linear
RGB; distance is CIE 1976, contrast is WCAG 2's.
"""

import re
from itertools import combinations

import pytest

from wan_perf.web.rendering import static_file

STATES = ("ok", "warning", "high", "critical", "planned", "unknown", "failover")
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
Colour = tuple[float, float, float]


def palette(theme: str) -> dict[str, Colour]:
    """Colours of the style sheet by name, linear RGB."""
    text = static_file("app.css").decode()
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}|#\w{3}), (#\w{6}|#\w{3})\)", text)
    return {name: linear(light if theme == "light" else dark) for name, light, dark in pairs}


def linear(colour: str) -> Colour:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue


def seen(colour: Colour, matrix: tuple[Colour, ...]) -> Colour:
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, colour, strict=True)), 0.0), 1.0) for row in matrix
    )
    return red, green, blue


def lab(colour: Colour) -> Colour:
    red, green, blue = colour
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: Colour, other: Colour) -> float:
    return sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5


def contrast(one: Colour, other: Colour) -> float:
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize("kind", VISION)
@pytest.mark.parametrize(("theme", "least"), [("dark", 33), ("light", 23)])
def test_states_are_distinguishable(theme: str, least: float, kind: str):
    colours = palette(theme)
    near = {
        (a, b): round(found, 1)
        for a, b in combinations(STATES, 2)
        if (found := distance(*(seen(colours[n], VISION[kind]) for n in (a, b)))) < least
    }
    assert near == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_shapes_and_words_are_strong_enough_on_a_card(theme: str):
    colours = palette(theme)
    shapes = {n: contrast(colours[n], colours["card"]) for n in STATES}
    assert {n: c for n, c in shapes.items() if c < 3} == {}
    texts = ("text", "dim", "link", "high", "planned", *(n for n in colours if "-text" in n))
    words = {n: contrast(colours[n], colours["card"]) for n in texts}
    assert {n: c for n, c in words.items() if c < 4.5} == {}
