"""The arrows of the architecture: which part may import which, read from the source."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2] / "wan_perf"

ARROWS = {
    "errors": set(),
    "schema": set(),
    "policy": {"errors", "schema"},
    "env_file": {"errors"},
    "file_modes": set(),
    "time_argument": set(),
    "user_paths": {"errors"},
    "waiting": set(),
    "wording": set(),
    "setting_types": set(),
    "settings": {"env_file", "errors", "setting_types", "time_argument", "user_paths"},
    "kpi": {"policy", "schema"},
    "checks": {"kpi", "policy", "schema"},
    "mist": {"errors", "schema", "wording"},
    "inventory": {"mist", "policy", "schema"},
    "warehouse": {"errors", "schema", "waiting", "wording"},
    "published": {"errors", "schema", "warehouse"},
    "simulator": set(),
    "defs": {
        *("checks", "errors", "inventory", "kpi", "mist", "policy", "published", "schema"),
        *("settings", "waiting", "warehouse", "wording"),
    },
    "doctor": {
        *("defs", "errors", "file_modes", "inventory", "mist", "policy", "schema", "settings"),
        *("warehouse", "wording"),
    },
    "definitions": {"checks", "defs", "file_modes", "schema", "settings"},
    "cli": {
        *("definitions", "defs", "doctor", "env_file", "errors", "file_modes", "inventory"),
        *("kpi", "mist", "policy", "published", "schema", "settings", "simulator"),
        *("spreadsheet", "time_argument", "user_paths", "waiting", "warehouse", "web"),
        "wording",
    },
    "spreadsheet": set(),
    "web": {"errors", "published", "schema", "spreadsheet", "warehouse"},
    "__main__": {"cli"},
    "__init__": set(),
}
ONLY_THERE = {
    "dagster": {"defs", "definitions", "cli"},
    "mistapi": {"mist"},
    "snowflake": {"warehouse"},
    "duckdb": {"warehouse", "published"},
    "uvicorn": {"simulator", "cli"},
    "starlette": {"simulator", "cli", "web"},  # cli: the guard in front of Dagster's UI
    "jinja2": {"web"},
    "pydantic_settings": {"settings"},
}


def part_of(path: Path) -> str:
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


SOURCES = sorted(ROOT.rglob("*.py"))


@cache
def all_imports() -> dict[Path, set[str]]:
    """Imports of every module; read by the first test, not while tests are collected."""
    return {path: imports(path) for path in SOURCES}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_a_part_imports_only_what_its_arrows_allow():
    forbidden = {}
    for path, used in all_imports().items():
        part = part_of(path)
        ours = {name.split(".")[1] for name in used if name.startswith("wan_perf.")}
        if found := ours - {part} - ARROWS[part]:
            forbidden[name_of(path)] = found
    assert forbidden == {}


def test_a_library_is_imported_only_in_its_part():
    misplaced = {}
    for path, used in all_imports().items():
        libraries = {name.split(".")[0] for name in used} & ONLY_THERE.keys()
        if found := {lib for lib in libraries if part_of(path) not in ONLY_THERE[lib]}:
            misplaced[name_of(path)] = found
    assert misplaced == {}


def test_kpi_reads_no_clock_disk_or_environment():
    used = {name for path in SOURCES if part_of(path) == "kpi" for name in all_imports()[path]}
    assert {name.split(".")[0] for name in used} <= {
        *("ibis", "wan_perf", "datetime", "re", "collections", "dataclasses", "typing", "math"),
        *("functools", "operator"),
    }
    calls = [
        node.func.attr
        for path in SOURCES
        if part_of(path) == "kpi"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert not {"now", "utcnow", "today", "read_text", "open", "getenv"} & set(calls)


def test_every_arrow_has_a_part():
    assert {part_of(path) for path in SOURCES} == set(ARROWS)
