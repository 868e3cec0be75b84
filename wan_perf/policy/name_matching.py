"""Names as people write them: when two are the same name, and which is the closest.

Belongs here: comparing names of sites, WANs and ports between a user's file and Mist.
Keep out: what a name identifies (`inventory.contract_matching`, `circuit_file`).
"""

import difflib
import unicodedata
from collections.abc import Iterable

_SIMILARITY = 0.6
"""Share of characters in common from which on a name is offered for another. [0 to 1]"""


def folded(name: str | None) -> str:
    r"""The name without differences that people do not see; empty for None.

    Blanks are trimmed and collapsed, case and Unicode form (NFKC) are folded.

    >>> folded("  STORE\u00a0 0001 ") == folded("Store 0001")
    True
    >>> folded("Caf\u00e9") == folded("Cafe\u0301")
    True
    """
    text = unicodedata.normalize("NFKC", name or "").casefold()
    return " ".join(unicodedata.normalize("NFKC", text).split())


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that is most like the given one; None where none is.

    >>> closest("Stroe 0001", ["Store 0001", "Store 0002", "Hub"])
    'Store 0001'
    """
    by_folded = {folded(other): other for other in names}
    found = difflib.get_close_matches(folded(name), by_folded, n=1, cutoff=_SIMILARITY)
    return by_folded[found[0]] if found else None
