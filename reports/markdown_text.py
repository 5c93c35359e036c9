"""Account text in Markdown as GitHub reads it: shown as it is, no markup, no mention, no link, no image."""

from __future__ import annotations

import re

from reports.lines import line

_MARKUP = re.compile(r"[\\`*_\[\]<>&~$!]")

# GitHub looks for these in what is already rendered, where a backslash is gone; it does not look into code.
_REFERENCE = re.compile(r"(?:@|#|://|(?<=\bwww)\.|(?<=\bGH)-)+", re.IGNORECASE)


def code(content: str, most: int) -> str:
    """A code span that shows this text, also within a table."""
    shown = line(content, most).replace("`", "\\u0060").replace("|", "\\u007c")
    return f"`{shown}`" if shown else "-"


def plain(content: str, most: int) -> str:
    """Running text in which every mark is escaped that could be read as markup or become a reference."""
    shown = _MARKUP.sub(lambda found: f"\\{found[0]}", line(content, most)).replace("|", "\\u007c")
    return _REFERENCE.sub(lambda found: f"`{found[0]}`", shown)
