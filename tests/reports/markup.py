"""What a browser would see in a page: its tags, attributes, links and texts."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser


class Page(HTMLParser):
    """A parsed page.

    Attributes:
        shape: how often each tag occurs with which attribute names.
        links: the value of every attribute that a browser follows or loads.
        text: the text outside of style and script.
        code: the contents of each style and script, by tag.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: Counter[tuple[str, ...]] = Counter()
        self.links: list[str] = []
        self.metas: list[dict[str, str | None]] = []
        self.code: dict[str, str] = {}
        self._texts: list[str] = []
        self._tag = ""
        self.feed(html)
        self.close()
        self.text = "".join(self._texts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        self.shape[tag, *(name for name, _ in attrs)] += 1
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "srcset", "data"}]
        if tag == "meta":
            self.metas.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self.shape[f"/{tag}",] += 1

    def handle_comment(self, data: str) -> None:
        self.shape["comment",] += 1

    def handle_decl(self, decl: str) -> None:
        self.shape["declaration",] += 1

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.code[self._tag] = self.code.get(self._tag, "") + data
        else:
            self._texts.append(data)
