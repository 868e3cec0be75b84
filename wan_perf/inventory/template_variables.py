"""Variables in templates: `{{name}}` in the place of a name, a number or a switch.

Belongs here: which variables a template needs for its WAN ports, and the template of a site.
Keep out: where the values come from (`site_variables`), what a configuration means
(`circuit_members`).

Mist replaces them by the variables of the site that a gateway is at, whose values are text.
"""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import fields, replace

from wan_perf.mist.client.odd_values import options
from wan_perf.mist.endpoints.records.configuration import Template
from wan_perf.mist.endpoints.records.statistics import WAN_USAGE

_NAME = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_SWITCHES = {"true": True, "false": False}
Value = TypeVar("Value")


def wan_part(template: Template) -> Template:
    """The template with its WAN ports only: variables of other ports are not needed."""
    return replace(
        template,
        port_configs={
            ports: config
            for ports, config in (template.port_configs or {}).items()
            if config.usage == WAN_USAGE or "{{" in (config.usage or "")
        },
    )


def variables_in(template: Template) -> frozenset[str]:
    """Names of the variables that a template needs for its WAN ports and the order of its paths."""
    return frozenset(_names(msgspec.to_builtins(wan_part(template))))


def resolve(template: Template, variables: Mapping[str, str | None]) -> Template:
    """The template with the variables of a site; one without a usable value is not replaced."""
    return _resolve(template, variables)


def unusable(template: Template, variables: Mapping[str, str | None]) -> dict[str, str | None]:
    """The variables of a template that a site does not define or whose values are of another kind.

    Returns:
        Name and value; None where the site does not define it.
    """
    left = variables_in(resolve(template, variables))
    return {name: variables.get(name) for name in sorted(left)}


def is_variable(value: object) -> bool:
    """Whether a value is text with a variable in it."""
    return isinstance(value, str) and "{{" in value


def known(value: Value | str | None) -> Value | None:
    """A configured number or switch; None if it is a variable without a value."""
    return None if isinstance(value, str) else value


def _names(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(_NAME.findall(value))
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    return set().union(*map(_names, parts)) if isinstance(parts, list) else set()


def _resolve(value: Any, variables: Mapping[str, str | None], kind: Any = str) -> Any:
    if isinstance(value, msgspec.Struct):
        return replace(
            value,
            **{
                part.name: _resolve(inner, variables, part.type)
                for part in fields(value)
                if (inner := getattr(value, part.name)) is not None
            },
        )
    if isinstance(value, dict):
        return {_substitute(key, variables): _resolve(v, variables) for key, v in value.items()}
    if isinstance(value, list):
        return [_resolve(item, variables) for item in value]
    return _convert(value, _substitute(value, variables), kind) if is_variable(value) else value


def _substitute(text: str, variables: Mapping[str, str | None]) -> str:
    return _NAME.sub(lambda found: variables.get(found[1]) or found[0], text)


def _convert(before: str, text: str, kind: Any) -> Any:
    """The text as a value of its field's type; `before` if it is none."""
    kinds = {get_args(o)[0] if get_origin(o) is Annotated else o for o in options(kind)}
    if is_variable(text) or kinds == {str}:
        return text
    if bool in kinds:
        return _SWITCHES.get(text.strip().lower(), before)
    try:
        number = float(text)
    except ValueError:
        return before
    if not math.isfinite(number) or (float not in kinds and not number.is_integer()):
        return before
    return int(number) if number.is_integer() else number
