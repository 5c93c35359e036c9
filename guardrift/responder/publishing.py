"""Messages to the SNS topic, within what SNS takes and without what a reader of it would obey.

Source: Publish in the Amazon SNS API Reference, for the length and characters of subject and message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from policies.execution.api import Api
from reports.visible import visible

LONGEST_SUBJECT = 99
LONGEST_MESSAGE = 200_000
"""Bytes; SNS takes 262,144, attributes and what the subscriber wraps around it included."""

_NOT_ASCII = re.compile(r"[^\x20-\x7e]")
_CUT = "... (cut: the message would be longer than SNS takes)"


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        subject: what happened, in a few words.
        lines: of the text; account text in them is shown with its hidden characters as escapes.
    """

    subject: str
    lines: tuple[str, ...]


def publish(message: Message, api: Api, topic: str) -> None:
    """Send a message; raises ``ClientError`` or ``BotoCoreError``."""
    api.call(
        "sns", "Publish", region=topic.split(":")[3], TopicArn=topic,
        Subject=subject(message.subject), Message=body(message.lines),
    )  # fmt: skip


def subject(text: str) -> str:
    """One line of ASCII that begins with a letter."""
    line = _NOT_ASCII.sub("?", visible(f"guardrift: {text}"))
    return line if len(line) <= LONGEST_SUBJECT else f"{line[: LONGEST_SUBJECT - 3]}..."


def body(lines: Sequence[str]) -> str:
    """The text, cut at the end of a line where there is too much of it."""
    kept: list[str] = []
    left = LONGEST_MESSAGE - len(_CUT) - 1
    for line in lines:
        shown = visible(line)
        left -= len(shown.encode()) + 1
        if left < 0:
            kept.append(_CUT)
            break
        kept.append(shown)
    return "\n".join(kept) + "\n"


def clipped(text: str, most: int = 400) -> str:
    """Text of a finding or an account, bounded."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
