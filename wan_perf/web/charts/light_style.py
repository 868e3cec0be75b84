"""The style sheet as a file needs it: the rules of a drawing, in the light palette, without var().

Programs that show SVG files know neither `light-dark()` nor custom properties, so that each rule
that takes its colour from the state or the series of an element becomes one rule for each of them.

Belongs here: reading `app.css`. Keep out: a palette: the style sheet has the only one.
"""

import re
from collections.abc import Iterator, Set
from functools import cache
from importlib.resources import files

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@\w+[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_LIGHT = re.compile(r"light-dark\((#\w+),\s*#\w+\)")
_COLOUR = re.compile(r"--([\w-]+):\s*(#\w+)")
_CLASS = re.compile(r"\.([\w-]+)")
_VARIABLE = re.compile(r"var\(--([\w-]+)\)")
_OF_ELEMENT = re.compile(r"var\(--(?:tone|series)(?:,\s*([^()]+))?\)")
_SETS = re.compile(r"--(?:tone|series):\s*(#\w+)")
_OF_PAGE = re.compile(r":hover|:focus|^svg\.")
"""Selectors of what only a page has: a pointer, and the size of a drawing in it."""
_NOT_DRAWN = ("cursor:", "touch-action:", "background:", "--")
"""Declarations that say nothing in a file."""


@cache
def _sheet() -> str:
    """The style sheet with the light colours, without comments and rules for some media only."""
    css = (files("wan_perf.web") / "static" / "app.css").read_text(encoding="utf-8")
    return _LIGHT.sub(r"\1", _AT_RULE.sub("", _COMMENT.sub("", css)))


@cache
def palette() -> dict[str, str]:
    """The light colours by their names in the style sheet."""
    return dict(_COLOUR.findall(_sheet()))


@cache
def _rules() -> tuple[tuple[str, str], ...]:
    """Selectors and their declarations with the colours of the palette."""
    css = _VARIABLE.sub(lambda found: palette().get(found[1], found[0]), _sheet())
    return tuple(
        (" ".join(selector.split()), " ".join(declarations.split()))
        for selectors, declarations in _RULE.findall(css)
        for selector in selectors.split(",")
    )


@cache
def colours() -> dict[str, str]:
    """The colour of each state and each series, by its class."""
    return {
        selector[1:]: colour[1]
        for selector, declarations in _rules()
        if re.fullmatch(r"\.\w+", selector) and (colour := _SETS.search(declarations))
    }


def style(used: Set[str]) -> str:
    """The rules for a drawing whose elements have these classes."""
    return "\n".join(f"{s} {{ {d} }}" for s, d in _for(used))


def _for(used: Set[str]) -> Iterator[tuple[str, str]]:
    for selector, given in _rules():
        needed = set(_CLASS.findall(re.sub(r":not\([^)]*\)", "", selector)))
        if not needed or not needed <= used or _OF_PAGE.search(selector):
            continue
        parts = (part.strip() for part in given.split(";"))
        declarations = [part for part in parts if part and not part.startswith(_NOT_DRAWN)]
        if plain := "; ".join(filter(None, map(_without_state, declarations))):
            yield selector, plain
        yield from _by_element(selector, declarations, used)


def _without_state(declaration: str) -> str:
    """The declaration for an element of no state or series; empty where it then says nothing."""
    found = _OF_ELEMENT.search(declaration)
    if found is None:
        return declaration
    return _OF_ELEMENT.sub(found[1], declaration) if found[1] else ""


def _by_element(
    selector: str, declarations: list[str], used: Set[str]
) -> Iterator[tuple[str, str]]:
    """The rule for each state or series that the element, or one around it, can have."""
    coloured = "; ".join(part for part in declarations if _OF_ELEMENT.search(part))
    if not coloured:
        return
    before, _, last = selector.rpartition(" ")
    own = colours().keys() & set(_CLASS.findall(last))
    for name in sorted(own or colours().keys() & used):
        filled = _OF_ELEMENT.sub(colours()[name], coloured)
        if own:
            yield selector, filled
        else:
            yield f"{before} .{name} {last}".strip(), filled
            yield f"{selector}.{name}", filled
