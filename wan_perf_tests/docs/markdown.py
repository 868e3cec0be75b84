"""Markdown: the few forms that the generated pages consist of."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with one line a row; a bar or a line break within a cell is escaped.

    >>> print(table(("a", "b"), [("1", "x|y")]))
    | a | b |
    | --- | --- |
    | 1 | x\\|y |
    """
    lines = [_line(head), _line("---" for _ in head), *(_line(row) for row in rows)]
    return "\n".join(lines)


def code(text: str) -> str:
    """Text as code within a line; nothing where there is none."""
    return f"`{text}`" if text else ""


def codes(names: Iterable[str]) -> str:
    """Names as code, with commas between."""
    return ", ".join(map(code, names))


def page(title: str, *parts: str) -> str:
    """A generated page; it says how it is made."""
    note = "Generated from the code by `python -m wan_perf_tests.docs`; a test compares it."
    return "\n\n".join((f"# {title}", note, *parts)) + "\n"


def _line(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"
