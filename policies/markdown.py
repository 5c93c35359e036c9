"""Account text in Markdown: shown as it is, never read as markup."""

from __future__ import annotations

import re
import unicodedata

_MARKUP = re.compile(r"[\\`*_\[\]<>&|~#$]|://|@|(?<=\bwww)\.")
_LINE_MARKS = re.compile(r"\A(?:[-+=]|[0-9]+[.)])")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def code(content: str) -> str:
    """A code span that shows this text; what a reader would not see, or would see moved, is shown as an escape."""
    shown = _visible(content)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    # A space next to the fence is dropped again, and keeps the fence apart from a backtick of the text.
    pad = " " if not shown.strip() or shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def text(content: str) -> str:
    """Running text with every mark escaped that could be read as markup or become a link."""
    escaped = _MARKUP.sub(lambda found: "\\" + found[0], _visible(content).strip())
    return _LINE_MARKS.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], escaped)


def _visible(content: str) -> str:
    return "".join(f"\\u{{{ord(char):x}}}" if unicodedata.category(char) in _UNSEEN else char for char in content)
