"""Text for a spreadsheet: what it would run as a formula is marked as text.

Belongs here: the one guard of every file that a spreadsheet opens.
Keep out: file formats.
"""

import unicodedata

_FORMULA_SIGNS = tuple("=+-@")


def harmless(text: str | None) -> str | None:
    """Text that a spreadsheet takes for text, marked where it might take it for a formula.

    Spreadsheets drop blanks, line breaks and invisible characters before the first sign, and some
    read its wide, small and raised forms as the sign itself.

    >>> harmless("=1+1"), harmless("ATT-1"), harmless(None)
    ("'=1+1", 'ATT-1', None)
    """
    if not text:
        return text
    first = next((c for c in text if unicodedata.category(c)[0] not in "ZC"), "")
    is_formula = unicodedata.normalize("NFKC", first).startswith(_FORMULA_SIGNS)
    return f"'{text}" if is_formula or text[0] in "\t\r\n" else text
