"""Words of the project that a network or data engineer would not use: no more of them, then none.

Counted are whole words in identifiers, comments, docstrings, messages, README and docs. A word that
is gone stays out; of the others there are never more than now. Who removes some lowers the figure.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KINDS = {".py", ".html", ".js", ".css", ".md", ".yaml", ".yml"}
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
SOURCES = [path for path in (ROOT / "wan_perf").rglob("*") if path.suffix in KINDS]
TESTS = [
    path for path in (ROOT / "wan_perf_tests").rglob("*.py") if path.name != Path(__file__).name
]
GONE = {
    "anew": "again, new",
    "stranger": "foreign organisation",
    "strangers": "foreign organisations",
    "patterned": "sql_asset",
    "mend": "correct, fix",
    "mends": "corrects, fixes",
    "mended": "corrected, fixed",
    "mending": "correcting, fixing",
    "sweep": "overlay of intervals",
    "swept": "overlay of intervals",
    "nearness": "evidence window",
    "steadiness": "constant series",
}
"""Nowhere in the package, README and docs; with the words in their place."""
GONE_PHRASES = {"in trouble": "failed"}
GONE_FROM_DOCS = {"told": "reported", "kept": "stored", "said": "reported", "asking": "requesting"}
"""Nowhere in README and docs, but in names of modules and stored columns."""
AT_MOST = {
    "told": (0, 0),
    "said": (1, 20),
    "heard": (2, 12),
    "asked": (8, 20),
    "asking": (1, 0),
    "held": (5, 30),
    "kept": (1, 10),
    "stretch": (1, 0),
    "stretches": (0, 0),
    "unheard": (3, 8),
    "silence": (13, 9),
    "silences": (1, 1),
}
"""How often each word may stand in the package and in its tests: about as often as now."""
_WORD = re.compile(r"[a-z]+")
_NAMES = re.compile(r"`[^`\n]*`|```.*?```|\]\([^)]*\)", re.DOTALL)


def words(paths: list[Path], *, with_names: bool = True) -> Counter[str]:
    """How often each word stands in the files; underscores and digits end a word."""
    found: Counter[str] = Counter()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        found.update(_WORD.findall((text if with_names else _NAMES.sub(" ", text)).lower()))
    return found


@pytest.fixture(scope="module")
def package() -> Counter[str]:
    return words(SOURCES)


def test_words_that_are_gone_stay_out(package: Counter[str]):
    found = package + words(PAGES)
    assert {word: found[word] for word in GONE if found[word]} == {}
    texts = {path: path.read_text(encoding="utf-8") for path in (*SOURCES, *PAGES)}
    assert [
        (path, phrase) for path in texts for phrase in GONE_PHRASES if phrase in texts[path]
    ] == []


def test_docs_have_none_of_the_words_that_only_names_still_have():
    found = words(PAGES, with_names=False)
    assert {word: found[word] for word in GONE_FROM_DOCS if found[word]} == {}


def test_no_word_becomes_more_frequent(package: Counter[str]):
    tests = words(TESTS)
    more = {
        word: (package[word], tests[word])
        for word, (in_package, in_tests) in AT_MOST.items()
        if package[word] > in_package or tests[word] > in_tests
    }
    assert more == {}, "use the words of CONTRIBUTING, section Language"


def test_a_word_within_a_name_counts():
    assert words([Path(__file__)])["anew"] >= 2
    assert _WORD.findall("_begin_anew anew2 renewal".lower()) == [
        "begin",
        "anew",
        "anew",
        "renewal",
    ]
