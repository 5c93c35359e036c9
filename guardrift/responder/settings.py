"""What the environment of the function says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from scanner.errors import UsageError

Mode = Literal["notify", "approve", "auto"]

_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z]+(?:-[a-z]+)+-[0-9]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_MOST_PER_HOUR = 100


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the responder behaves.

    Attributes:
        mode: whether it tells, asks, or acts on what is trusted.
        topic: the ARN of the SNS topic.
        bucket: for the journals; empty where nothing is ever carried out.
        protected: patterns of principals that are never contained.
        most_per_hour: so many principals are contained within an hour.
    """

    topic: str
    mode: Mode = "notify"
    bucket: str = ""
    protected: tuple[str, ...] = ()
    most_per_hour: int = 3

    @property
    def region(self) -> str:
        """The region of the topic."""
        return self.topic.split(":")[3]


def read_topic(environment: Mapping[str, str]) -> str:
    """The ARN of the topic; raises ``UsageError`` if there is none."""
    topic = environment.get("GUARDRIFT_TOPIC", "").strip()
    if not _TOPIC.fullmatch(topic):
        raise UsageError("GUARDRIFT_TOPIC is not the ARN of an SNS topic", "Set it to the ARN of the topic.")
    return topic


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings; raises ``UsageError`` for anything that is not understood, since nobody would notice later."""
    mode = environment.get("GUARDRIFT_MODE", "").strip() or "notify"
    if mode not in get_args(Mode):
        raise UsageError(f"GUARDRIFT_MODE is {mode[:40]!r}", "It is notify, approve or auto.")
    bucket = environment.get("GUARDRIFT_JOURNAL_BUCKET", "").strip()
    if bucket and not _BUCKET.fullmatch(bucket):
        raise UsageError(f"GUARDRIFT_JOURNAL_BUCKET {bucket[:80]!r} is no name of a bucket", "Name the bucket alone.")
    if mode != "notify" and not bucket:
        raise UsageError(
            f"GUARDRIFT_MODE {mode} needs GUARDRIFT_JOURNAL_BUCKET",
            "Nothing is changed without a journal by which it can be undone.",
        )
    found = Settings(
        topic=read_topic(environment),
        bucket=bucket,
        protected=_protected(environment.get("GUARDRIFT_PROTECT", "")),
        most_per_hour=_number(environment.get("GUARDRIFT_MAX_PER_HOUR", "").strip() or "3"),
    )
    return msgspec.structs.replace(found, mode=mode)


def _protected(text: str) -> tuple[str, ...]:
    patterns = tuple(each.strip() for each in text.split(",") if each.strip())
    for each in patterns:
        if not each.startswith(("arn:", "role/", "user/", "federated-user/", "*")) and each != "root":
            raise UsageError(
                f"GUARDRIFT_PROTECT {each[:80]!r} names nobody", "Write role/NAME, user/NAME, root or a whole ARN."
            )
    return patterns


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_PER_HOUR:
        raise UsageError(f"GUARDRIFT_MAX_PER_HOUR is {text[:40]!r}", f"It is a number from 1 to {_MOST_PER_HOUR}.")
    return int(text)
