"""Characters that a reader cannot see, or that a terminal would obey, written out so that they can be seen."""

from __future__ import annotations

import re

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# A fixed table, because unicodedata differs between Python versions and reports must be byte-identical.
_RANGES = (
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # soft hyphen, joiners and fillers that show nothing
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2"  # marks that enclose or precede numbers
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"  # zero width, separators, bidi, selectors
    "\ud800-\udfff"  # surrogates without their partner
    "\ufff0-\ufffb\ufffe\uffff"  # annotations and noncharacters
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # signs that steer others
    "\U000e0000-\U000e0fff"  # tags and further selectors
)

HIDDEN = re.compile(f"[{_RANGES}]")
"""One control, format or otherwise invisible character, or a lone surrogate; the space is none of these."""


def visible(text: str) -> str:
    r"""The text with every hidden character as an escape such as ``\n``, ``\u202e`` or ``\U000e0041``.

    The result is one line, holds no control character and can be encoded as UTF-8. A backslash stays as it is.
    """
    return HIDDEN.sub(_escape, text)


# GitHub's runner obeys "::" after any white space at the start of a line and "##[" anywhere, Azure's "##vso[" anywhere.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[|#vso\[)")


def inert(line: str) -> str:
    """The line without what a CI runner would obey; the character that is replaced is shown as an escape."""
    return _COMMAND.sub(lambda found: f"{found[1] or ''}\\u{ord(found[0][-1]):04x}", line)


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
