"""Modules and functions stay small enough to be read at once."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "wan_perf"
MODULE_LINES, FUNCTION_LINES = 300, 60
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Each function and its lines without those of functions within it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, FUNCTION):
            within = sum(length(n) for n in ast.walk(node) if isinstance(n, FUNCTION) and n != node)
            yield f"{file.relative_to(PACKAGE)}: {node.name}", length(node) - within


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_no_module_is_longer_than_300_lines():
    lines = {
        str(file.relative_to(PACKAGE)): len(file.read_text(encoding="utf-8").splitlines())
        for file in PACKAGE.rglob("*.py")
    }
    assert len(lines) > 100
    assert {name: n for name, n in lines.items() if n > MODULE_LINES} == {}


def test_no_function_is_longer_than_60_lines():
    lengths = [found for file in PACKAGE.rglob("*.py") for found in functions(file)]
    assert len(lengths) > 1000
    assert [f"{name}, {n} lines" for name, n in lengths if n > FUNCTION_LINES] == []
