"""Text for a spreadsheet: what it would run as a formula is marked as text.

Belongs here: the one guard of every file that a spreadsheet opens.
Keep out: file formats.
"""

_RUN_AS_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""First signs of a formula, also in their full width."""


def harmless(text: str | None) -> str | None:
    """Text that a spreadsheet takes for text: some drop blanks and line breaks that lead it.

    >>> harmless("=1+1"), harmless("ATT-1"), harmless(None)
    ("'=1+1", 'ATT-1', None)
    """
    if not text:
        return text
    begins = text.lstrip()
    is_formula = begins.startswith(_RUN_AS_FORMULA) or text[0] in "\t\r\n"
    return f"'{text}" if is_formula else text
