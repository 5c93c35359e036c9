"""Shell commands built from account text, safe to paste whatever the text is."""

from __future__ import annotations

import shlex
import unicodedata

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"})
# Letters and symbols to Unicode, blank to the reader: Hangul fillers and the empty Braille pattern.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def quote(word: str) -> str:
    """One shell word that stands for exactly this text.

    Text that a terminal would act on, hide or redraw (control characters, bidirectional overrides, combining marks),
    and ``!``, which some interactive shells expand even inside quotes, is written with the escapes of ``$'...'``, which
    bash, zsh and ksh know; everything else is quoted for any POSIX shell. NUL, which no argument can hold and which
    would cut the word short, becomes U+FFFD: the command then names nothing, rather than something else.
    """
    word = word.replace("\0", "\ufffd")
    if any(_is_unsafe(char) for char in word):
        return "$'" + "".join(_escape(char) for char in word) + "'"
    quoted = shlex.quote(word)
    # zsh replaces a bare word "=ls" by the path of that program.
    return f"'{quoted}'" if quoted.startswith("=") else quoted


def command(*words: str) -> str:
    """A command line of quoted words."""
    return " ".join(quote(word) for word in words)


def option(name: str, value: str) -> str:
    """An option with its value in one shell word, so that a value beginning with a dash is not read as an option."""
    return quote(f"{name}={value}")


def _is_unsafe(char: str) -> bool:
    return char == "!" or char in _BLANK or unicodedata.category(char) in _UNSAFE_CATEGORIES


def _escape(char: str) -> str:
    if char in "'\\":
        return "\\" + char
    if not _is_unsafe(char):
        return char
    # Bytes rather than \u, which depends on the locale and is unknown to bash 3.2 on macOS; octal rather than \x, which
    # in ksh and mksh takes in the hexadecimal digits of the text that follows.
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogatepass"))
