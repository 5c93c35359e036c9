"""Reads Markdown as GitHub does, as far as its structure goes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

REFERENCE = re.compile(
    r"(?<![\w`])@\w"  # a mention
    r"|(?<!\w)(?:[\w./-]*#|GH-)\d"  # an issue
    r"|https?://|ftp://|mailto:|\bwww\."  # an address that becomes a link by itself
    r"|[\w.+-]+@[\w-]+\.\w",  # an e-mail address
    re.IGNORECASE,
)


class MarkdownPage(HTMLParser):
    """The elements of the page in order, its text outside code, and its code."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: list[str] = []
        self.cells: list[int] = []
        self.texts: list[str] = []
        self.codes: list[str] = []
        self._open: list[str] = []
        self.feed(_READER.render(text))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # An empty text has no code span, and a sign that would become a reference has one of its own.
        if tag != "code":
            self.shape.append(tag)
        if tag == "tr":
            self.cells.append(0)
        if tag in {"td", "th"}:
            self.cells[-1] += 1
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        (self.codes if "code" in self._open else self.texts).append(data)

    def handle_comment(self, data: str) -> None:
        self.shape.append("comment")

    @property
    def references(self) -> list[str]:
        """What GitHub would make a mention, an issue or a link of: it looks at each text on its own, never at code."""
        return [text for text in self.texts if REFERENCE.search(text)]
