"""Where tests are: each file in the folder of its kind, as CONTRIBUTING describes it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from wan_perf_tests.conftest import LONGEST_FIRST, TESTS

PACKAGE = TESTS.parent / "wan_perf"
FILES = sorted(TESTS.rglob("test_*.py"))
PROOFS = {"pytest.mark.proof", "pytest.mark.oracle", "oracle"}


def kind(path: Path) -> str:
    """The folder of wan_perf_tests that the file is in."""
    return path.relative_to(TESTS).parts[0]


def names(marks: ast.expr | list[ast.expr]) -> set[str]:
    """Names of marks, without what they are called with."""
    each = marks if isinstance(marks, list) else getattr(marks, "elts", [marks])
    return {ast.unparse(mark.func if isinstance(mark, ast.Call) else mark) for mark in each}


def marks_of_tests(path: Path) -> Iterator[set[str]]:
    """The marks of each test in the file, with those of the whole file."""
    of_all: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            of_all |= names(node.value)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield of_all | names(node.decorator_list)


def test_every_test_is_a_unit_an_integration_or_a_proof():
    assert {kind(path) for path in FILES} == {"unit", "integration", "proofs"}


def test_folders_of_unit_tests_are_packages():
    folders = {path.parent.relative_to(TESTS / "unit") for path in FILES if kind(path) == "unit"}
    assert [folder for folder in folders if not (PACKAGE / folder / "__init__.py").is_file()] == []


def test_a_file_of_proofs_alone_is_in_proofs():
    others = [path for path in FILES if kind(path) != "proofs"]
    alone = [path.name for path in others if all(PROOFS & marks for marks in marks_of_tests(path))]
    assert alone == []


def test_files_that_come_first_exist():
    assert [name for name in LONGEST_FIRST if not (TESTS / name).is_file()] == []
