from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.visible import visible

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("role/admin", "role/admin"),
        ("line 1\r\nline 2\t", r"line 1\r\nline 2\t"),
        ("\x00\x1b[31m\x7f\x9b", r"\u0000\u001b[31m\u007f\u009b"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("a\u200bb\ufeff\u2028", r"a\u200bb\ufeff\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        (r"C:\new", r"C:\new"),
        ("Zoë 日本語 😀", "Zoë 日本語 😀"),
    ],
)
def test_hidden_characters_are_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_every_control_format_and_separator_character_is_hidden() -> None:
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    missed = [
        f"U+{code:04X}"
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in hidden and visible(chr(code)) == chr(code)
    ]
    assert missed == []


@given(ANY_TEXT)
def test_the_result_is_one_line_of_utf_8_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert shown.encode().decode() == shown
    assert visible(shown) == shown
