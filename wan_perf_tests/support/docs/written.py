"""README and docs as they are written: pages, links, anchors, and what stands in code."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = (README, *sorted(DOCS.rglob("*.md")))

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name(page: Path) -> str:
    """The page's path from the top, for messages."""
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """The page's text without its code."""
    return _INLINE.sub("", without_blocks(page))


def without_blocks(page: Path) -> str:
    """The page's text without its fenced blocks."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Targets of links that do not leave the project."""
    found = _LINK.findall(prose(page))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """Anchors of the page's headings on which GitHub and MkDocs agree."""
    headings = [heading.replace("`", "") for heading in _HEADING.findall(without_blocks(page))]
    words = [re.sub(r"[^\w\s-]", "", heading).strip().lower() for heading in headings]
    return {word.replace(" ", "-") for word in words} & {re.sub(r"[-\s]+", "-", w) for w in words}


def inline_code(page: Path) -> list[str]:
    """What stands in backquotes within lines."""
    return _INLINE.findall(without_blocks(page))


def code_lines(page: Path) -> Iterator[str]:
    """Lines of shell blocks, and code within lines."""
    for language, block in _FENCED.findall(page.read_text(encoding="utf-8")):
        if language in ("bash", "text"):
            yield from block.splitlines()
    yield from inline_code(page)
