"""Shell commands built from account text, safe to paste whatever the text is."""

from __future__ import annotations

import shlex
import unicodedata


def quote(word: str) -> str:
    """One shell word that stands for exactly this text.

    Text that a terminal would act on or hide (control characters, bidirectional overrides) is written with the escapes
    of ``$'...'``, which bash, zsh and ksh know; everything else is quoted for any POSIX shell.
    """
    if any(_is_unsafe(char) for char in word):
        return "$'" + "".join(_escape(char) for char in word) + "'"
    return shlex.quote(word)


def command(*words: str) -> str:
    """A command line of quoted words."""
    return " ".join(quote(word) for word in words)


def option(name: str, value: str) -> str:
    """An option with its value in one shell word, so that a value beginning with a dash is not read as an option."""
    return quote(f"{name}={value}")


def _is_unsafe(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _escape(char: str) -> str:
    if char in "'\\":
        return "\\" + char
    if not _is_unsafe(char):
        return char
    # UTF-8 bytes rather than \u, which depends on the locale and is unknown to bash 3.2 on macOS.
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
