"""Account text in Markdown is read back by a parser as exactly that text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from policies.markdown import code, text

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKUP = st.text(st.sampled_from("`*_[]<>()&|~#\\!+-=1.: /ab\n\t@$\"'")) | st.text()


def shown(content: str) -> str:
    return "".join(
        char if char.isprintable() or char in "\u00a0\u3000" else f"\\u{{{ord(char):x}}}" for char in content
    )


def inline(markdown: str) -> list[tuple[str, str]]:
    """The inline parts of what must be one paragraph."""
    tokens = PARSER.parse(f"before {markdown} after")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    return [(part.type, part.content) for part in tokens[1].children or []]


@given(MARKUP)
def test_code_is_one_span(content: str) -> None:
    (before, span, after) = inline(code(content))

    assert (before, after) == (("text", "before "), ("text", " after"))
    assert span[0] == "code_inline"
    assert re.sub(r"\\u\{[0-9a-f]+\}|\s", "", shown(content)) == re.sub(r"\\u\{[0-9a-f]+\}|\s", "", span[1])


@given(MARKUP)
def test_text_is_nothing_but_text(content: str) -> None:
    parts = inline(text(content))

    assert {"text"} >= {kind for kind, _ in parts} - {"text_special"}


@given(MARKUP)
def test_text_begins_no_block(content: str) -> None:
    blocks = [token.type for token in PARSER.parse("- " + text(content))]

    assert {"bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close",
            "bullet_list_close"} >= set(blocks)  # fmt: skip
    assert blocks.count("bullet_list_open") == 1


@pytest.mark.parametrize(
    ("content", "span"),
    [
        ("app", "`app`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("", "`  `"),
        (" a", "`  a `"),
        ("a\nb", "`a\\u{a}b`"),
        ("\u202ex", "`\\u{202e}x`"),
        ("\x1b[0m", "`\\u{1b}[0m`"),
    ],
)
def test_form_of_a_code_span(content: str, span: str) -> None:
    assert code(content) == span


@pytest.mark.parametrize(
    ("content", "escaped"),
    [
        (
            "An ordinary sentence, with 10,240 (or fewer) characters.",
            "An ordinary sentence, with 10,240 (or fewer) characters.",
        ),
        ("<b>", "\\<b\\>"),
        ("https://x", "https\\://x"),
        ("www.x.org", "www\\.x.org"),
        ("a@b", "a\\@b"),
        ("1. x", "1\\. x"),
        ("- x", "\\- x"),
        ("    x", "x"),
        ("\u202ex", "\\\\u{202e}x"),
    ],
)
def test_form_of_escaped_text(content: str, escaped: str) -> None:
    assert text(content) == escaped
