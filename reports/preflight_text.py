"""The result of a preflight for people: what cannot be read and why, which rules that costs, and what mends it."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reports.verdict import counted
from reports.visible import inert, visible
from scanner.actions import BY_API, LAST_ACCESSED
from scanner.findings import SEVERITIES
from scanner.preflight import OF_REGIONS, UNREADABLE, Answer, Outlook, Preflight, Status
from scanner.shell import command, option

_COLUMNS = 100
_MOST_REGIONS = 3
_FILE = "guardrift-scanner.json"
_POLICY = "guardrift-scanner"
_FAILURES = {"throttled": "throttled to the end", "error": "failed"}


def render(found: Preflight) -> str:
    """The result as lines of plain text, none of which a terminal or a CI runner obeys."""
    shut = _shut_regions(found)
    sections = (
        _heading(found),
        _denied(found, shut),
        _failed(found),
        _rules(found, "unknown", "Will be unknown"),
        _names(found, "untold", "Cannot be told before the scan: AWS says it of real things only"),
        _rules(found, "untold", "May be unknown"),
        _names(found, "elsewhere", "Readable only from another account of the organization"),
        _next(found, shut),
    )
    blocks = [[inert(visible(line)).rstrip() for line in section] for section in sections]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


class _Gap(NamedTuple):
    """One permission that is missing for one reason, and where."""

    permission: str
    reason: str
    regions: tuple[str, ...]


def _heading(found: Preflight) -> Iterator[str]:
    yield f"guardrift preflight: account {found.account_id}, as {found.caller}"
    permissions = {answer.permission for answer in found.answers if answer.permission}
    unreadable = {answer.permission for answer in found.answers if answer.status in UNREADABLE}
    asked = f"{counted(len(permissions), 'permission')} in {counted(len(found.regions), 'region')}"
    if not unreadable:
        yield f"Of what a scan asks for ({asked}), nothing is refused."
    else:
        yield f"A scan asks for {asked}; {len(unreadable):,} cannot be used everywhere."
    unknown, rules = found.summary.rules.get("unknown", 0), counted(len(found.rules), "rule")
    yield f"Of {rules}, {unknown or 'none'} will be unknown for want of an answer."
    if unreadable.issuperset(OF_REGIONS):
        yield f"Which regions are enabled is not known: only {', '.join(found.regions)} was asked."


def _shut_regions(found: Preflight) -> tuple[str, ...]:
    """The regions in which everything is denied while it is not in others, as policies of an organization do it."""
    statuses: defaultdict[str, list[Status]] = defaultdict(list)
    for answer in found.answers:
        statuses[answer.region].append(answer.status)
    shut = tuple(
        region for region in found.regions if "denied" in statuses[region] and "readable" not in statuses[region]
    )
    return shut if len(shut) < len(found.regions) else ()


def _denied(found: Preflight, shut: Sequence[str]) -> Iterator[str]:
    denied = [answer for answer in found.answers if answer.status == "denied"]
    if not denied:
        return
    yield "Denied"
    closed: defaultdict[str, set[str]] = defaultdict(set)
    for answer in denied:
        if answer.region in shut:
            closed[_refusal(answer.message)].add(answer.region)
    gaps = [_Gap("everything", reason, tuple(sorted(places))) for reason, places in sorted(closed.items())]
    gaps += _gaps(answer for answer in denied if answer.region not in shut)
    yield from _table([(gap.permission, _places(gap.regions, found.regions), gap.reason) for gap in gaps])


def _failed(found: Preflight) -> Iterator[str]:
    failed = [answer for answer in found.answers if answer.status in _FAILURES]
    if not failed:
        return
    yield "Not answered"
    groups: defaultdict[tuple[str, str], list[Answer]] = defaultdict(list)
    for answer in failed:
        groups[answer.permission or answer.api, answer.status].append(answer)
    yield from _table(
        [
            (
                name,
                _places(sorted({answer.region for answer in group}), found.regions),
                f"{_FAILURES[status]}: {group[0].message}",
            )
            for (name, status), group in sorted(groups.items())
        ]
    )


def _gaps(answers: Iterable[Answer]) -> list[_Gap]:
    groups: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for answer in answers:
        groups[answer.permission or answer.api, _refusal(answer.message)].add(answer.region)
    return [_Gap(name, reason, tuple(sorted(places))) for (name, reason), places in sorted(groups.items())]


_DENIED_BY = re.compile(r"explicit deny in (an? [a-z][a-z -]*?(?:policy|boundary))\b", re.IGNORECASE)
_NOT_ALLOWED_BY = re.compile(r"because no ([a-z][a-z -]*?(?:policy|boundary)) allows", re.IGNORECASE)


def _refusal(message: str) -> str:
    """Which kind of policy refuses, where AWS says it."""
    denied, missing = _DENIED_BY.search(message), _NOT_ALLOWED_BY.search(message)
    if denied:
        return f"{denied[1]} denies it"
    return f"no {missing[1]} allows it" if missing else ""


def _rules(found: Preflight, status: str, heading: str) -> Iterator[str]:
    rules = [rule for rule in found.rules if rule.status == status]
    if not rules:
        return
    yield heading
    rules.sort(key=lambda rule: (SEVERITIES.index(rule.severity), rule.rule_id))
    width = max(len(rule.rule_id) for rule in rules)
    for rule in rules:
        yield f"  {rule.severity.upper():8}  {rule.rule_id:<{width}}  {_wants(rule, found.regions)}"


def _wants(rule: Outlook, regions: Sequence[str]) -> str:
    others = len(rule.missing) - 1
    more = f" and {others} more" if others else ""
    place = "" if rule.regions == ("*",) else f", {_places(rule.regions, regions)}"
    return f"without {rule.missing[0]}{more}{place}"


def _names(found: Preflight, status: Status, heading: str) -> Iterator[str]:
    names = sorted({answer.permission or answer.api for answer in found.answers if answer.status == status})
    if names:
        yield heading
        yield from textwrap.wrap(
            ", ".join(names), _COLUMNS, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )


def _next(found: Preflight, shut: Sequence[str]) -> Iterator[str]:
    yield "Next:"
    if found.summary.complete:
        yield "  guardrift scan"
        return
    denied = [answer for answer in found.answers if answer.status == "denied"]
    refusals = {kind: [answer for answer in denied if kind in _refusal(answer.message)] for kind in _OTHERS}
    own = [answer for answer in denied if not any(answer in refused for refused in refusals.values())]
    if own:
        yield "  Give the caller what a scan needs, and no more:"
        yield from (f"    {line}" for line in _commands(found, own))
    for kind, refused in refusals.items():
        if refused:
            yield f"  What a {kind} refuses, no policy of the caller can allow: {_OTHERS[kind]}."
    if shut:
        yield f"  Leave out what is shut: name the regions to scan by --region, without {_places(shut, ())[3:]}."
    if any(answer.status in _FAILURES for answer in found.answers):
        yield "  Ask again: calls that were throttled or failed may succeed."


_OTHERS = {
    "service control policy": "change it in the organization",
    "resource control policy": "change it in the organization",
    "permissions boundary": "change the boundary of the role or user",
    "session policy": "open the session without it",
    "VPC endpoint policy": "change it, or go another way",
    "resource-based policy": "change the policy of the resource",
}
"""Kinds of policies beside those of the caller, and who can change what they refuse."""


def _commands(found: Preflight, denied: Sequence[Answer]) -> Iterator[str]:
    is_optional = any(BY_API[answer.api].option == LAST_ACCESSED for answer in denied)
    yield f"guardrift policies scanner-role{' --last-accessed' if is_optional else ''} -o {_FILE}"
    kind, _, rest = found.caller.split(":", 5)[-1].partition("/")
    name = rest.split("/")[0] if kind == "assumed-role" else rest.rpartition("/")[2]
    document = option("--policy-document", f"file://{_FILE}")
    if kind == "assumed-role" and name.startswith("AWSReservedSSO_"):
        yield f"# and put it into the permission set of which IAM Identity Center made {name}"
    elif kind == "assumed-role":
        put = command("aws", "iam", "put-role-policy")
        yield f"{put} {option('--role-name', name)} {option('--policy-name', _POLICY)} {document}"
    elif kind == "user":
        yield f"{command('aws', 'iam', 'create-policy')} {option('--policy-name', _POLICY)} {document}"
        policy = f"arn:{found.partition}:iam::{found.account_id}:policy/{_POLICY}"
        attach = command("aws", "iam", "attach-user-policy")
        yield f"{attach} {option('--user-name', name)} {option('--policy-arn', policy)}"


def _table(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    shown = [tuple(visible(cell) for cell in row) for row in rows]
    first, second = (max(len(row[column]) for row in shown) for column in (0, 1))
    for name, place, reason in shown:
        yield f"  {name:<{first}}  {place:<{second}}  {reason}"


def _places(places: Sequence[str], regions: Sequence[str]) -> str:
    """Where something is so; nothing is said of global services."""
    if "global" in places:
        return ""
    if regions and set(places).issuperset(regions):
        return "in every region"
    if len(places) > _MOST_REGIONS:
        return f"in {places[0]}, {places[1]} and {len(places) - 2} more regions"
    return f"in {', '.join(places)}"
