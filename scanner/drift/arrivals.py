"""Things that only one side has: what protected by being there, and what opened something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scanner.baseline.stored import NotRead
from scanner.drift import guards
from scanner.drift.admitted import Admitted, admitted
from scanner.drift.doors import of_new_group
from scanner.drift.fields import Difference, plain
from scanner.drift.of_aws import is_policy_of_aws
from scanner.drift.surroundings import Surroundings
from scanner.drift.things import POLICIES, kind_of, not_comparable, resource_of
from scanner.drift.told import Change
from scanner.drift.weighing import Weighed
from scanner.findings import SEVERITIES

_HOLDERS = {"log-bucket": ("bucket", "policy"), "topic": ("detail", "policy"), "queue": ("detail", "policy"),
            "kms-key": ("policy",), "function": ("policy",), "event-bus": ("policy",), "vpc-endpoint": ("policy",),
            "delegation-policy": ()}  # fmt: skip
"""Where a thing has its policy; one that grants or restricts for the organization only is no matter here."""

_NOT_ASKED = frozenset({"elsewhere", "not_applicable", "skipped"})
_PUBLIC = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_EVERYTHING = Admitted("low", "everyone", has_strangers=False)
"""An endpoint lets through what comes out of its own network, and by default all of it."""


def appeared(entry: Any, around: Surroundings, *, is_new: bool) -> Iterator[Change]:
    """A thing that only one side has, and that its policy was not read, so that nobody knows whom it admits.

    Args:
        entry: the thing.
        around: the side that has it.
        is_new: whether that is the new side.
    """
    weighed = _by_being_there(entry, around, is_new=is_new)
    policy = _policy(entry)
    is_own = _is_own(entry, around)
    consequence: tuple[str, ...] = ()
    if is_own:
        for opening, text in _openings(entry, policy, around):
            consequence = (*consequence, *((text,) if text and is_new else ()))
            weighed = _opened(weighed, opening, is_new=is_new)
    resource = resource_of(entry, around.account_id)
    value = plain(entry, around.documents)
    yield Change(
        kind="added" if is_new else "removed",
        direction=weighed.direction,
        severity=weighed.severity if weighed.direction == "widens" else "info",
        resource=resource,
        what=weighed.what,
        before=None if is_new else value,
        after=value if is_new else None,
        consequence=consequence,
    )
    if is_own and isinstance(policy, NotRead) and policy.status not in _NOT_ASKED:
        words = POLICIES[kind_of(entry)]
        yield not_comparable(resource, Difference(words, "", *((None, policy) if is_new else (policy, None))))


def _by_being_there(entry: Any, around: Surroundings, *, is_new: bool) -> Weighed:
    kind = kind_of(entry)
    protective, opening = guards.LOST.get(kind), guards.OPENED.get(kind)
    severity, gone, come = protective or ("info", f"{kind} removed", f"{kind} added")
    if is_policy_of_aws(entry):
        gone, come = "policy of AWS no longer used", "policy of AWS used"
    if kind in ("kms-key", "log-bucket") and not _is_own(entry, around):
        # That logs go to another account protects nothing; where they went before is told of what sends them.
        return Weighed("neutral", "info", f"{come if is_new else gone}, of another account")
    if protective:
        return Weighed("narrows" if is_new else "widens", severity, come if is_new else gone)
    if kind == "access-keys":
        return _of_keys(entry, is_new=is_new)
    if opening:
        return Weighed("widens" if is_new else "narrows", opening[0], opening[1] if is_new else opening[2])
    return Weighed("neutral", "info", come if is_new else gone)


def _of_keys(entry: Any, *, is_new: bool) -> Weighed:
    keys = entry.keys if isinstance(entry.keys, tuple) else ()
    usable = any(key.status not in ("Inactive", "Expired") for key in keys)
    if not usable:
        return Weighed("neutral", "info", "user without active keys" if is_new else "user without active keys gone")
    return Weighed("widens", "high", "key created") if is_new else Weighed("narrows", "high", "key deleted")


def _opened(weighed: Weighed, opening: Weighed, *, is_new: bool) -> Weighed:
    """The weight of a thing that opens something, too; that such a thing is gone protects unless it is missing."""
    if not is_new:
        return weighed if weighed.direction == "widens" else Weighed("narrows", "info", weighed.what)
    what = f"{weighed.what}, {opening.what}"
    worst = [opening.severity, *([weighed.severity] if weighed.direction == "widens" else [])]
    return Weighed("widens", min(worst, key=SEVERITIES.index), what)


def _openings(entry: Any, policy: Any, around: Surroundings) -> Iterator[tuple[Weighed, str]]:
    """What a thing opens by what it says itself, each with a sentence, which may be empty."""
    kind = kind_of(entry)
    found = _admitted(kind, policy, around)
    if found is not None:
        yield Weighed("widens", found.severity, "which admits others"), f"its {POLICIES[kind]} admits {found.who}"
    if kind == "log-bucket":
        if getattr(getattr(entry.bucket, "policy_status", None), "is_public", False):
            yield Weighed("widens", "critical", "which is public"), "S3 judges its policy as public"
        grants = getattr(entry.bucket, "grants", None)
        if isinstance(grants, tuple) and any(each.grantee.endswith(_PUBLIC) for each in grants):
            yield Weighed("widens", "high", "which is public by its access list"), "its access list admits everyone"
    if kind == "security-group":
        of_group = of_new_group(entry)
        if of_group is not None:
            yield of_group, ""


def _admitted(kind: str, policy: Any, around: Surroundings) -> Admitted | None:
    """Whom the policy of a thing admits beyond the account; that of an endpoint grants nothing by itself."""
    shelved = around.documents.get(getattr(policy, "document", None) or "")
    if kind == "vpc-endpoint" and policy is None:
        return _EVERYTHING
    found = admitted(shelved, around) if shelved is not None else None
    if kind != "vpc-endpoint" or found is None or found.has_strangers:
        return found
    return _EVERYTHING if found.who.startswith(_EVERYTHING.who) else None


def _policy(entry: Any) -> Any:
    """The policy of a thing: what holds its document, None where it has none or is of no kind that has, or a gap."""
    path = _HOLDERS.get(kind_of(entry))
    if path is None:
        return None
    held = entry
    for name in path:
        held = held if isinstance(held, NotRead) else getattr(held, name, None)
    return held


def _is_own(entry: Any, around: Surroundings) -> bool:
    """Whether a thing is of the account, as its ARN, or what its owner is said to be, tells."""
    kind = kind_of(entry)
    if kind == "log-bucket":
        is_elsewhere = isinstance(entry.bucket, NotRead) and entry.bucket.status == "elsewhere"
        return not is_elsewhere and around.is_own(entry.account_id)
    name = (entry.arn or entry.named) if kind == "kms-key" else getattr(entry, "arn", None)
    parts = name.split(":") if kind in _HOLDERS and isinstance(name, str) else []
    return around.is_own(parts[4] if len(parts) > 5 else None)
