"""sqlglot as it is where its compiled half is not installed, as in an installation of wan_perf.

Belongs here: that its modules are loaded from their sources, in this process.
Keep out: what is made with it.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType


class _OfSources(MetaPathFinder):
    """Finds modules of sqlglot as Python files, though a compiled one lies beside it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None or not name.startswith("sqlglot."):
            return None
        return FileFinder(path[0], (SourceFileLoader, [".py"])).find_spec(name)


def interpret_sqlglot() -> None:
    """Have this process load sqlglot from its sources; before anything has imported it."""
    assert "sqlglot" not in sys.modules
    sys.meta_path.insert(0, _OfSources())
