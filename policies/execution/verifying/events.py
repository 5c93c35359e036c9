"""Events of CloudTrail, read with care: what is in them was written by whoever made the call.

Sources: LookupEvents in the AWS CloudTrail API Reference, which answers two requests a second for an account and
region, with 50 events each, from the last 90 days; "CloudTrail record contents" in the AWS CloudTrail User Guide. Log
files come within some 15 minutes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from policies.execution.api import Api
from policies.execution.verifying.asking import Unanswered, called
from scanner.iam.conditions import moment

LATE = timedelta(minutes=15)
"""How late events may come."""

HOMES = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where calls of global services such as IAM are told, by partition."""

_PAUSE = timedelta(seconds=0.5)
_MOST_PAGES = 40
_MOST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; a text that is not there is empty. Of what was answered no more is kept than the id of a key."""

    at: datetime | None
    name: str
    source: str
    region: str
    key: str
    type: str
    principal_id: str
    user_name: str
    issuer_id: str
    issued: datetime | None
    is_refused: bool
    invoked_by: str
    session: str
    new_key: str

    @property
    def told(self) -> str:
        """The event in a few words."""
        when = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.at else "at an unknown time"
        return f"{self.source.partition('.')[0]}:{self.name} {when} in {self.region or 'an unknown region'}"


@dataclass(slots=True)
class Found:
    """What a search gave.

    Attributes:
        malformed: how many events could not be read.
        problems: what keeps the answer from being whole.
    """

    events: list[Event] = field(default_factory=list)
    malformed: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Searching:
    """Asks CloudTrail, no faster than it answers."""

    api: Api
    _last: dict[str, datetime] = field(default_factory=dict)

    def search(self, region: str, attribute: tuple[str, str], since: datetime) -> Found:
        """The events of one attribute in a region since a time."""
        found = Found()
        token: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            self._wait(region)
            try:
                page = called(
                    self.api,
                    "cloudtrail",
                    "LookupEvents",
                    region=region,
                    LookupAttributes=[{"AttributeKey": attribute[0], "AttributeValue": attribute[1]}],
                    StartTime=since,
                    MaxResults=50,
                    **token,
                )
            except Unanswered as fault:
                found.problems.append(f"{region}: {fault.reason}")
                return found
            _add(page, found, region)
            following = page.get("NextToken")
            if not following or not isinstance(following, str):
                return found
            if token == {"NextToken": following}:
                found.problems.append(f"{region}: the pages of the answer do not end")
                return found
            token = {"NextToken": following}
        found.problems.append(f"{region}: there are more events than were read")
        return found

    def _wait(self, region: str) -> None:
        """Let half a second pass between two questions to one region."""
        now = self.api.now()
        last = self._last.get(region)
        if last is not None and now - last < _PAUSE:
            self.api.sleep((_PAUSE - max(now - last, timedelta())).total_seconds())
        self._last[region] = self.api.now()


def _add(page: dict[str, Any], found: Found, region: str) -> None:
    listed = page.get("Events")
    if not isinstance(listed, list):
        found.problems.append(f"{region}: the answer holds no list of events")
        return
    for each in listed:
        event = read_event(each)
        if event is None:
            found.malformed += 1
        else:
            found.events.append(event)


def read_event(listed: object) -> Event | None:
    """An event of an answer of LookupEvents; None where it is no event."""
    if not isinstance(listed, dict):
        return None
    try:
        record = json.loads(listed["CloudTrailEvent"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not _text(record, "eventName"):
        return None
    identity = _member(record, "userIdentity")
    session = _member(identity, "sessionContext")
    outer = listed.get("EventTime")
    answered = _member(record, "responseElements")
    return Event(
        at=_time(record.get("eventTime")) or (outer if isinstance(outer, datetime) and outer.tzinfo else None),
        name=_text(record, "eventName"),
        source=_text(record, "eventSource"),
        region=_text(record, "awsRegion"),
        key=_text(identity, "accessKeyId"),
        type=_text(identity, "type"),
        principal_id=_text(identity, "principalId"),
        user_name=_text(identity, "userName"),
        issuer_id=_text(_member(session, "sessionIssuer"), "principalId"),
        issued=_time(_member(session, "attributes").get("creationDate")),
        is_refused=bool(
            record.get("errorCode") or record.get("errorMessage") or answered.get("ConsoleLogin") == "Failure"
        ),
        invoked_by=_text(identity, "invokedBy"),
        session=_text(_member(record, "requestParameters"), "roleSessionName"),
        new_key=_text(_member(answered, "credentials"), "accessKeyId"),
    )


def _member(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    return found[:_MOST_TEXT] if isinstance(found, str) else ""


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return moment(value)
    except (ValueError, OverflowError):
        return None
