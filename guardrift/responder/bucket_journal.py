"""A journal in a bucket: one object for each line, written once, and there before what it tells of is done.

S3 has no appending. A number that is taken already is never written again ("Conditional writes" in the Amazon S3 User
Guide), so that two runs cannot mix. The lines in the order of their names are the journal that ``guardrift contain``
reads as a file.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from policies.execution.api import Api
from policies.execution.records import Line
from scanner.collect.outcome import error_code
from scanner.errors import GuardriftError
from scanner.shell import command, quote

_ROOT = "journal/"
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"journal/([0-9]{8}T[0-9]{6}Z)-([A-Za-z0-9]+)-[0-9a-f]{8}/")
_PLAIN = re.compile(r"[A-Za-z0-9]{1,64}")
_TAKEN = frozenset({"PreconditionFailed", "412"})
_BUSY = frozenset({"ConditionalRequestConflict", "409"})
_ATTEMPTS = 5

HOUR = timedelta(hours=1)
"""Over this time principals are counted."""


def new_run(whom: str, now: datetime) -> str:
    """The name of a run: when it began, whom it contains, and something that no other run has."""
    return f"{now.strftime(_STAMP)}-{_short(whom)}-{secrets.token_hex(4)}"


def contained_since(api: Api, bucket: str, since: datetime) -> frozenset[str]:
    """Whom runs that began since then contain, as ``is_among`` compares it; raises ``ClientError``."""
    found = set()
    for prefix in _prefixes(api, bucket, f"{_ROOT}{since.strftime(_STAMP)}"):
        match = _NAME.fullmatch(prefix)
        if match is not None and datetime.strptime(match[1] + "+0000", f"{_STAMP}%z") >= since.replace(microsecond=0):
            found.add(match[2])
    return frozenset(found)


def is_among(whom: str, found: frozenset[str]) -> bool:
    """Whether a principal is one of those."""
    return _short(whom) in found


@dataclass(slots=True)
class BucketSink:
    """Keeps the lines of one run.

    Attributes:
        run: its name.
        number: of the last line.
    """

    api: Api
    bucket: str
    run: str
    number: int = 0

    def append(self, line: Line) -> None:
        """Write the line as the next object.

        Raises:
            ClientError: it could not be written, and what it tells of may not be done.
            GuardriftError: another run has written a line of that number.
        """
        key = f"{_ROOT}{self.run}/{self.number + 1:06d}.json"
        self._put(key, msgspec.json.encode(line) + b"\n")
        self.number += 1

    def close(self) -> None:
        """Nothing is held open."""

    def _put(self, key: str, body: bytes) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                self.api.call(
                    "s3", "PutObject", Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*",
                    ContentType="application/json",
                )  # fmt: skip
            except ClientError as fault:
                if error_code(fault) in _TAKEN and self._is_ours(key, body):
                    # The answer to an earlier attempt was lost.
                    return
                if error_code(fault) not in _BUSY or attempt == _ATTEMPTS - 1:
                    raise
                self.api.sleep(0.2 * 2**attempt)
            else:
                return

    def _is_ours(self, key: str, body: bytes) -> bool:
        answer = self.api.call("s3", "GetObject", Bucket=self.bucket, Key=key)
        if answer["Body"].read() != body:
            raise GuardriftError(f"another run writes to {key}", "Look who else carries out containment.")
        return True


def where(bucket: str, run: str) -> str:
    """The folder of a run, for people."""
    return f"s3://{bucket}/{_ROOT}{run}/"


def file_commands(bucket: str, run: str) -> tuple[str, ...]:
    """Commands that make a file of the journal, which ``guardrift contain`` reads."""
    return (
        command("aws", "s3", "cp", "--recursive", where(bucket, run), f"{run}/"),
        f"cat {quote(run)}/*.json > {quote(run)}.jsonl",
    )


def _prefixes(api: Api, bucket: str, after: str) -> Iterator[str]:
    more: dict[str, Any] = {}
    while True:
        answer = api.call("s3", "ListObjectsV2", Bucket=bucket, Prefix=_ROOT, Delimiter="/", StartAfter=after, **more)
        yield from (each["Prefix"] for each in answer.get("CommonPrefixes", ()))
        if not answer.get("IsTruncated"):
            return
        more = {"ContinuationToken": answer["NextContinuationToken"]}


def _short(whom: str) -> str:
    return whom if _PLAIN.fullmatch(whom) else hashlib.sha256(whom.encode("utf-8", "surrogatepass")).hexdigest()[:32]
