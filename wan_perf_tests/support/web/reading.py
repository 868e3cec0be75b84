"""A page as tests read it: elements by id or class, and their text."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

_VOID = {"meta", "link", "input", "br", "img", "rect", "circle", "path", "use", "hr"}


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str]
    parts: list[object]

    @property
    def text(self) -> str:
        """All text in it, blanks folded."""
        found = (p.text if isinstance(p, Element) else str(p) for p in self.parts)
        return " ".join(" ".join(found).split())

    def walk(self) -> Iterator["Element"]:
        """It and all elements in it, in order."""
        yield self
        for part in self.parts:
            if isinstance(part, Element):
                yield from part.walk()

    def all(self, tag: str = "", css: str = "") -> list["Element"]:
        """Elements of a tag and a class."""
        return [
            e
            for e in self.walk()
            if (not tag or e.tag == tag)
            and (not css or css in e.attributes.get("class", "").split())
        ]

    def by_id(self, name: str) -> "Element":
        """The element of an id."""
        return next(e for e in self.walk() if e.attributes.get("id") == name)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {}, [])
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, [])
        self.open[-1].parts.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].parts.append(Element(tag, {n: v or "" for n, v in attrs}, []))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.open) - 1, 0, -1):
            if self.open[place].tag == tag:
                del self.open[place:]
                return

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def read(html: str) -> Element:
    """The tree of a page."""
    reader = _Reader()
    reader.feed(html)
    return reader.root


def figures(page: Element, box: str) -> dict[str, str]:
    """Facts of a page by their label."""
    part = page.by_id(box) if box else page
    pairs = ((f.all("dt"), f.all("dd")) for f in part.all("div"))
    return {names[0].text: values[0].text for names, values in pairs if len(names) == 1 and values}
