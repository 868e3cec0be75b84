"""The reference of settings, from the class that reads them."""

from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from wan_perf.settings import Settings
from wan_perf_tests.docs.markdown import code, codes, page, table

GROUPS = {
    "MIST_": "Mist Cloud",
    "WAN_PERF_": "wan_perf",
    "DAGSTER_": "Dagster",
    "SNF_": "Snowflake",
}


def settings_page() -> str:
    """Every setting with its values, default and meaning, in groups by prefix."""
    about = (
        "Settings come from the environment and from `.env` in the working directory; the "
        "environment takes precedence, and what is empty takes its default. `.env.example` has "
        "them all. A secret is never shown, in messages or logs."
    )
    fields = list(Settings.model_fields.values())
    groups = [_group(prefix, title, fields) for prefix, title in GROUPS.items()]
    return page("Settings", about, *groups)


def _group(prefix: str, title: str, fields: list[FieldInfo]) -> str:
    rows = [
        (code(str(f.alias)), _values(f), _default(f.default), f.description or "")
        for f in fields
        if str(f.alias).startswith(prefix)
    ]
    return f"## {title}\n\n{table(('setting', 'values', 'default', 'meaning'), rows)}"


def _values(field: FieldInfo) -> str:
    choices = [each for each in get_args(field.annotation) if isinstance(each, str)]
    if choices:
        return codes(filter(None, choices))
    if isinstance(field.default, SecretStr):
        return "secret"
    words = {"ge": "from", "gt": "over", "le": "to"}
    ends = {
        word: getattr(m, name)
        for m in field.metadata
        for name, word in words.items()
        if hasattr(m, name)
    }
    return " ".join(f"{word} {end:,}" for word, end in ends.items())


def _default(value: Any) -> str:
    return "" if value is None or isinstance(value, SecretStr) else code(str(value))
