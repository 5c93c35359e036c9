"""A quoted word reaches the program as exactly the text it stands for, in every shell that people paste into."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.shell import command, option, quote

ORDINARY = (
    "app", "team.app-1_x@y,z+=", "o'brien", 'a "b"', "$(id)", "`id`", "a;b&c|d>e", "*", "~", "a\\b", "é", "", "#",
    "=ls",
)  # fmt: skip
UNUSUAL = (
    "a\nb", "\t", "\x1b[2J", "\x07", "\x7f", "\x9b31m", "\u202eabc", "\u2066x", "\u200bff", "\u00adde", "\ufeff0",
    "\u2028", "it's!", "\\'!x", "!!", "e\u0301", "\u3164", "\ue000", "\ud800", "\U000e0001", "a\\\n'$(id)`",
)  # fmt: skip
ACTS = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff!]")
PRINT = "import sys; print(ascii(sys.argv[1:]))"


def words_in(shell: str, words: list[str], prefix: str = "") -> str:
    """What a program sees when a shell runs the command line."""
    path = shutil.which(shell)
    if path is None or os.name != "posix":
        pytest.skip(f"{shell} is not installed")
    line = f"{prefix}{quote(sys.executable)} -c {quote(PRINT)} {' '.join(map(quote, words))}\n"
    done = subprocess.run(
        [path], input=line.encode(), capture_output=True, timeout=30, check=True, env={"LC_ALL": "C.UTF-8"}
    )
    assert done.stderr == b""
    return done.stdout.decode().strip()


def seen(words: list[str]) -> str:
    return ascii([word.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape") for word in words])


@pytest.mark.parametrize("shell", ["bash", "zsh", "ksh", "mksh"])
def test_every_word_arrives_unchanged(shell: str) -> None:
    words = [*ORDINARY, *UNUSUAL]

    assert words_in(shell, words) == seen(words)


@pytest.mark.parametrize("shell", ["sh", "dash"])
def test_ordinary_words_arrive_unchanged_in_a_posix_shell(shell: str) -> None:
    assert words_in(shell, list(ORDINARY)) == seen(list(ORDINARY))


def test_history_expansion_finds_nothing_to_expand() -> None:
    words = ["!!", "it's !echo", "a'!!", "\\'!x", "'!?x?'"]

    assert words_in("bash", words, prefix="set -o history -o histexpand\n") == seen(words)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=[])), min_size=1, max_size=20))
@example(["\u202e" + digits for digits in ("0", "7", "a", "F", "00", "ff")])
def test_any_text_arrives_unchanged(words: list[str]) -> None:
    assert words_in("bash", words) == seen(words)


def test_nul_does_not_cut_the_name_short() -> None:
    assert words_in("bash", ["admin\0x"]) == seen(["admin\ufffdx"])


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_acts_on_the_terminal(text: str) -> None:
    assert not re.search(
        "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff!]", quote(text)
    )


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("app", "app"),
        ("", "''"),
        ("a b", "'a b'"),
        ("=ls", "'=ls'"),
        ("a=b", "a=b"),
        ("a\u202eb", "$'a\\342\\200\\256b'"),
        ("a!'\\", "$'a\\041\\'\\\\'"),
    ],
)
def test_form_of_a_quoted_word(word: str, quoted: str) -> None:
    assert quote(word) == quoted


def test_value_with_a_dash_stays_with_its_option() -> None:
    assert option("--role-name", "-x") == "--role-name=-x"
    assert option("--role-name", "a b") == "'--role-name=a b'"


def test_command_quotes_each_word() -> None:
    assert command("aws", "iam", "a b") == "aws iam 'a b'"
