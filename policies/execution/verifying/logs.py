"""Whether CloudTrail knows of a call by the contained credential that succeeded since.

Sources: LookupEvents in the AWS CloudTrail API Reference; "CloudTrail record contents" in its User Guide. Event history
holds management events alone, so that silence proves nothing for reading of data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from policies.cutoff import format_instant
from policies.execution.api import Api
from policies.execution.records import Checked, Verdict
from policies.execution.verifying.carried import Carried
from policies.execution.verifying.denial import denial
from policies.execution.verifying.events import HOMES, LATE, Event, Searching
from policies.execution.verifying.suspects import Judged, Suspect, principal_of
from policies.planning.lookups import attributes
from scanner.inventory import User
from scanner.shell import option, quote

_SPREADING = timedelta(seconds=60)
"""How long a change may take to be in force everywhere."""

_SHOWN = 5


def logs(found: Carried, api: Api, regions: Sequence[str]) -> Iterator[Checked]:
    """One look at the events of the suspected credential."""
    held = denial(found)
    if held is None:
        said = "Nothing was carried out that would deny the suspect anything, so there is no time to look from."
        yield Checked(at=api.now(), name="logs", verdict="unknown", said=said)
        return
    begun = found.begun
    suspect = Suspect(subject=begun.subject, principal=principal_of(begun), denial=held, account_id=begun.account_id)
    wanted = [each for each in dict.fromkeys(attributes(suspect.subject, suspect.principal)) if _is_of_caller(each)]
    since = held.since + _SPREADING
    if not wanted:
        said = (
            "Neither a key nor a session is known of whoever is contained, and CloudTrail finds events by these alone: "
            "ask the trail."
        )
        yield Checked(at=api.now(), name="logs", verdict="unknown", said=said)
        return
    yield _Look(api, suspect, since, regions_of(found, regions)).ask(wanted)


def regions_of(found: Carried, regions: Sequence[str]) -> tuple[str, ...]:
    """The regions that are asked: those given and those of the account, and the one in which global services tell."""
    begun = found.begun
    own = [begun.subject.region or "", *begun.regions, *(region for _, region in begun.instances)]
    return tuple(sorted({*regions, *own, HOMES.get(begun.partition, "us-east-1")} - {""}))


def lookup(attribute: tuple[str, str], region: str, since: datetime) -> str:
    """The search as a command of the AWS CLI."""
    asked = json.dumps([{"AttributeKey": attribute[0], "AttributeValue": attribute[1]}], ensure_ascii=False)
    return " ".join((
        "aws cloudtrail lookup-events",
        option("--region", region),
        quote(f"--lookup-attributes={asked}"),
        option("--start-time", format_instant(since)),
        quote("--query=Events[].CloudTrailEvent"),
        "--output=text",
    ))  # fmt: skip


def _is_of_caller(attribute: tuple[str, str]) -> bool:
    """Whether it finds what somebody did, rather than what was done to a resource."""
    return attribute[0] != "ResourceName" and bool(attribute[1])


class _Look:
    def __init__(self, api: Api, suspect: Suspect, since: datetime, regions: tuple[str, ...]) -> None:
        self.api, self.suspect, self.since, self.regions = api, suspect, since, regions
        self.judged: dict[Judged, list[Event]] = {}
        self.problems: list[str] = []

    def ask(self, wanted: Sequence[tuple[str, str]]) -> Checked:
        searching = Searching(self.api)
        if self.api.now() <= self.since:
            whole = format_instant(self.since + LATE)
            said = f"It is not in force everywhere yet. The logs are complete from {whole} on: look again."
            return Checked(at=self.api.now(), name="logs", verdict="unknown", said=said)
        # What came by now is told by the clock of the beginning.
        at = self.api.now()
        seen: set[Event] = set()
        malformed = 0
        for attribute in wanted:
            for region in self.regions:
                found = searching.search(region, attribute, self.since)
                self.problems += found.problems
                malformed += found.malformed
                for event in found.events:
                    if event not in seen:
                        seen.add(event)
                        self._judge(event)
        if malformed:
            self.problems.append(f"{malformed:,} events could not be read")
        verdict, said = self._verdict(at)
        todo = [lookup(each, region, self.since) for region in self.regions for each in wanted]
        return Checked(
            at=self.api.now(), name="logs", verdict=verdict, said=said, todo=() if verdict == "holds" else tuple(todo)
        )

    def _judge(self, event: Event) -> None:
        if event.at is not None and event.at < self.since:
            return
        judged = self.suspect.judge(event)
        if event.at is None and judged == "got through":
            judged = "unclear"
        self.judged.setdefault(judged, []).append(event)

    def _verdict(self, at: datetime) -> tuple[Verdict, str]:
        through, unclear = self.judged.get("got through", []), self.judged.get("unclear", [])
        until, where = at - LATE, f"in {', '.join(self.regions)}"
        if through:
            return "fails", f"The suspect got through since {format_instant(self.since)}: {_told(through)}."
        if self.problems:
            return "unknown", f"CloudTrail did not tell all {where}: {'; '.join(self.problems[:_SHOWN])}."
        if unclear:
            return "unknown", f"Of some events it is not clear whether they had to be denied: {_told(unclear)}."
        if until < self.since:
            whole = format_instant(self.since + LATE)
            return "unknown", f"Nothing got through so far {where}. The logs are complete from {whole} on: look again."
        refused = len(self.judged.get("refused", ()))
        of_user = " Sessions of GetFederationToken, and of roles that the user assumed, have other names."
        return "holds", (
            f"Nothing of the suspect got through from {format_instant(self.since)} to {format_instant(until)} {where}; "
            f"calls that were refused: {refused:,}. Events that read data are not looked up, nor other regions."
            f"{of_user if isinstance(self.suspect.principal, User) else ''}"
        )


def _told(events: Sequence[Event]) -> str:
    named = list(dict.fromkeys(event.told for event in events))
    more = f" and {len(named) - _SHOWN:,} more" if len(named) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more
