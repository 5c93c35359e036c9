"""What can go wrong for a user: what, why, and what to do."""

from __future__ import annotations


class GuardriftError(Exception):
    """An error that is told to the user in one message; ``hint`` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(GuardriftError):
    """An option, a file or the configuration is wrong."""


class CollectError(GuardriftError):
    """AWS cannot be asked at all: no credentials, expired ones, no network."""
