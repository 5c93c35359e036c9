"""Changes of everything but principals: what stopped or opened, and in which field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scanner.baseline.parts import by_kind
from scanner.baseline.shelf import ShelvedDocument
from scanner.drift import guards, openings
from scanner.drift.documents import causes, reworded
from scanner.drift.doors import BESIDE
from scanner.drift.fields import Difference, differences, is_unread, plain
from scanner.drift.scope import Place
from scanner.drift.surroundings import Surroundings
from scanner.drift.told import Change
from scanner.drift.weighing import Weighed
from scanner.findings import Resource, Severity

Documents = Mapping[str, ShelvedDocument]

_NEUTRAL: Severity = "info"
POLICIES = {
    "log-bucket": "bucket policy", "kms-key": "key policy", "event-bus": "bus policy", "topic": "topic policy",
    "queue": "queue policy", "function": "function policy", "vpc-endpoint": "endpoint policy",
    "organization-policy": "organization policy", "delegation-policy": "delegation policy",
}  # fmt: skip
"""What the policies are called that things of a kind have."""


def place_of(entry: Any) -> Place:
    """The part and the region of an entry."""
    part = by_kind()[kind_of(entry)]
    return part.path, entry.region if part.is_regional else "global"


def kind_of(entry: Any) -> str:
    """The kind of an entry, such as ``trail``."""
    return str(entry.__struct_config__.tag)


def resource_of(entry: Any, account_id: str) -> Resource:
    """The thing of an entry."""
    kind = kind_of(entry)
    name = entry.entry.removeprefix(f"{kind} ")
    arn = getattr(entry, "arn", None)
    region = getattr(entry, "region", None)
    return Resource(
        arn=arn if isinstance(arn, str) and arn.startswith("arn:") else entry.entry,
        type=kind,
        name=getattr(entry, "name", None) or name,
        account_id=account_id,
        region=region if isinstance(region, str) else None,
    )


def altered(old: Any, new: Any, before: Surroundings, after: Surroundings) -> Iterator[Change]:
    """The fields by which a thing is other."""
    resource = resource_of(new, after.account_id)
    for found in _whole_selectors(old, new):
        if found.is_gap:
            yield not_comparable(resource, found)
            continue
        of_document = _of_document(found, resource, before.documents, after.documents)
        yield of_document or _of_field(found, new, before, after)


def _whole_selectors(old: Any, new: Any) -> Iterator[Difference]:
    """The differences, the selectors of a trail as one."""
    has_told = False
    for found in differences(old, new):
        if kind_of(new) == "trail" and found.path.startswith("selectors") and not found.is_gap:
            if not has_told:
                yield Difference("selectors", "", old.selectors, new.selectors)
            has_told = True
        else:
            yield found


def not_comparable(resource: Resource, found: Difference) -> Change:
    """A field that one side did not read."""
    unread = found.before if is_unread(found.before) else found.after
    api = getattr(unread, "api", "")
    side = "old" if is_unread(found.before) else "new"
    words = f"{found.field}: not read on the {side} side" + (f" ({api}: {unread.status})" if api else "")
    return Change(kind="not_comparable", direction="neutral", severity="info", resource=resource, what=words)


def _of_field(found: Difference, new: Any, before: Surroundings, after: Surroundings) -> Change:
    kind = kind_of(new)
    beside = BESIDE.get((kind, found.path))
    weigh = guards.FIELDS.get((kind, found.path)) or openings.FIELDS.get((kind, found.path))
    weighed = openings.of_root(found) if kind == "credential-row" and new.user == "<root_account>" else None
    weighed = weighed or (beside(found, new, before, after) if beside is not None else None)
    weighed = weighed or (weigh(found) if weigh is not None else None)
    weighed = weighed or Weighed("neutral", _NEUTRAL, found.field)
    named = f"{weighed.what} ({found.key})" if found.key and weighed.what != found.field else weighed.what
    return Change(
        kind="changed",
        direction=weighed.direction,
        severity=weighed.severity if weighed.direction == "widens" else "info",
        resource=resource_of(new, after.account_id),
        what=named,
        before=plain(found.before, before.documents),
        after=plain(found.after, after.documents),
    )


def _of_document(found: Difference, resource: Resource, before: Documents, after: Documents) -> Change | None:
    """A policy that says something else; None for what is no policy."""
    if resource.type not in POLICIES or not found.path.endswith(("policy", "document")):
        return None
    digests = [getattr(each, "document", each) for each in (found.before, found.after)]
    old, new = before.get(digests[0] or ""), after.get(digests[1] or "")
    if old is None and new is None:
        return None
    changed = reworded(old, new)
    words = POLICIES[resource.type]
    if resource.type == "vpc-endpoint" and (old is None or new is None):
        # An endpoint without a policy lets everything through.
        changed = changed.__class__(changed.gone, changed.come, widens=new is None, narrows=old is None)
    direction = "widens" if changed.widens else "narrows" if changed.narrows else "neutral"
    return Change(
        kind="changed",
        direction=direction,  # type: ignore[arg-type]
        severity="high" if direction == "widens" else "info",
        resource=resource,
        what=f"{words} {direction}" if direction != "neutral" else f"{words} changed",
        before=list(changed.gone),
        after=list(changed.come),
        cause=tuple(sorted(causes(changed, words))),
    )
