"""What the package declares of itself: dependencies that are used, and what lints a commit."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import yaml

from wan_perf_tests.unit.test_layers import all_imports

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
BROUGHT = {
    "anyio": "starlette",
    "dagster-shared": "dagster",
    "markupsafe": "jinja2",
    "numpy": "pandas",
    "snowflake-connector-python": "ibis-framework",
    "sqlalchemy": "dagster",
    "sqlglot": "ibis-framework",
}
"""Imported, and brought by a dependency whose own interface they are; which one it is."""
NOT_IMPORTED = {
    "dagster-snowflake-pandas": "fixed by the users",
    "tzdata": "read by zoneinfo",
}
OPTIONAL = {"dagster-postgres": "postgres"}
"""Imported by a module of its own, with the extra that installs it."""


def name_of(requirement: str) -> str:
    return re.split(r"[<>=\[]", requirement)[0].lower()


def declared(extra: str | None = None) -> set[str]:
    every = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    return {name_of(requirement) for requirement in every}


def imported() -> set[str]:
    """Distributions that the package imports."""
    modules = {name.split(".")[0] for used in all_imports().values() for name in used}
    known = packages_distributions()
    return {_distribution(module, known) for module in modules - sys.stdlib_module_names} - {
        "wan-perf"
    }


def _distribution(module: str, known: Any) -> str:
    """The distribution of a module; of several the one that is declared or brought."""
    names = [name.lower() for name in known.get(module, [module.replace("_", "-")])]
    ours = [name for name in names if name in declared() | set(BROUGHT)]
    return (ours or names)[0]


def test_every_library_that_is_imported_is_declared():
    missing = imported() - declared() - set(BROUGHT) - set(OPTIONAL)
    assert missing == set()
    assert set(BROUGHT.values()) <= declared()
    assert all(name in declared(extra) for name, extra in OPTIONAL.items())


def test_every_library_that_is_declared_is_imported():
    assert declared() - imported() == set(NOT_IMPORTED)


def test_every_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.partition("\ndependencies = [\n")[2].partition("\n]\n")[0]
    without = [line for line in block.splitlines() if line.startswith('    "') and "#" not in line]
    assert [name_of(line.strip(' ",')) for line in without] == []


def test_the_package_names_its_licence_and_no_person():
    assert PROJECT["license"] == "LicenseRef-Proprietary"
    assert PROJECT["authors"] == [{"name": "wan_perf"}]
    versions = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if ":: Python :: 3." in c]
    assert versions == ["3.11", "3.12", "3.13"]
    assert PROJECT["requires-python"] == ">=3.11,<3.14"


def test_a_commit_is_linted_as_ci_does_it():
    found = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    [local] = found["repos"]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        command = hook["entry"].replace(" --force-exclude", "")
        assert f"    {command}" in ci.splitlines() or f"    {command} ." in ci.splitlines()
        assert command.split()[0] in declared("dev")
