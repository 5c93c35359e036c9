"""Whether the instances have other credentials than the stolen ones.

Sources: "IAM roles for Amazon EC2" in the Amazon EC2 User Guide; LookupEvents in the AWS CloudTrail API Reference: the
session of an instance is named after it, and CloudTrail tells each time that EC2 assumes the role for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from policies.cutoff import format_instant
from policies.execution.api import Api
from policies.execution.records import Checked, Verdict
from policies.execution.verifying.carried import Carried
from policies.execution.verifying.denial import denial
from policies.execution.verifying.events import Event, Searching
from policies.execution.verifying.logs import lookup
from scanner.shell import option, quote

_RENEWING = (
    "It gets new ones about every hour; stopping and starting it renews them at once (a reboot does not), but memory, "
    "instance store and public address are lost."
)
_EC2 = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")


def rotation(found: Carried, api: Api) -> Iterator[Checked]:
    """One look for each instance that has to get other credentials."""
    held = denial(found)
    searching = Searching(api)
    for instance, region in found.begun.instances:
        verdict: Verdict = "unknown"
        said = "nothing was carried out, so there is no time from which on keys would be new."
        if held is not None:
            since = held.cutoff or held.since
            said = f"the cutoff is {format_instant(since)}, and no credentials can be newer yet. {_RENEWING}"
            if api.now() > since:
                verdict, said = _looked_at(searching, instance, region, since, found.begun.subject.access_key or "")
        todo = () if verdict == "holds" else _todo(instance, region, held.since if held is not None else None)
        yield Checked(at=api.now(), name="rotation", verdict=verdict, said=f"{instance}: {said}", todo=todo)


def _looked_at(searching: Searching, instance: str, region: str, since: datetime, stolen: str) -> tuple[Verdict, str]:
    answer = searching.search(region, ("ResourceName", instance), since)
    issued = [each for each in answer.events if _is_issue(each, instance) and each.at is not None and each.at >= since]
    new = [each for each in issued if each.new_key != stolen]
    if new:
        when = format_instant(max(each.at for each in new if each.at is not None))
        return "holds", f"EC2 issued it other credentials at {when}, after the cutoff."
    unread = [*answer.problems, *([f"{answer.malformed:,} events could not be read"] if answer.malformed else [])]
    if unread:
        return "unknown", f"whether it has new credentials is not known ({'; '.join(unread)})."
    return "unknown", f"no credentials that EC2 issued to it since {format_instant(since)} are seen yet. {_RENEWING}"


def _is_issue(event: Event, instance: str) -> bool:
    """Whether EC2 assumed a role for the instance, and got a key."""
    return (
        event.name == "AssumeRole"
        and not event.is_refused
        and event.invoked_by in _EC2
        and event.session in ("", instance)
        and event.new_key.startswith("ASIA")
    )


def _todo(instance: str, region: str, since: datetime | None) -> tuple[str, ...]:
    which = f"{option('--region', region)} --instance-ids {quote(instance)}"
    calls = (f"aws ec2 {call} {which}" for call in ("stop-instances", "wait instance-stopped", "start-instances"))
    again = (lookup(("ResourceName", instance), region, since),) if since is not None else ()
    return (" && ".join(calls), *again)
