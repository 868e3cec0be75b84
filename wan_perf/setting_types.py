"""Types of settings that only some texts can be.

Belongs here: what such a text looks like, and the end of the sentence that refuses another one.
Keep out: which settings there are (`settings`), paths (`user_paths`).
"""

import re
from typing import Annotated

from pydantic import AfterValidator


def _owner(value: str) -> str:
    if not re.fullmatch(r"team:\S+|[\w.%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}", value, re.ASCII):
        raise ValueError("it is neither an e-mail address nor team: with a name after it")
    return value


def _web_address(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError("it does not begin with http:// or https:// and a host")
    return value.rstrip("/")


Owner = Annotated[str, AfterValidator(_owner)]
"""An owner as Dagster knows them: an e-mail address, or a team."""
WebAddress = Annotated[str, AfterValidator(_web_address)]
"""An address of a page without a slash at its end; empty: none."""
