"""Documents in their places: what they are filled in with, and whether there is room for all of them together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from policies.cutoff import PLACEHOLDER, format_instant
from policies.dispatch import Resolved
from policies.dispatch.deciding import instance_of
from policies.documents.written import Values, Written
from policies.placed import Placed
from policies.subjects import Subject
from scanner.containment import inline_headroom, managed_slots
from scanner.containment.headroom import policy_size
from scanner.containment.instances import locate
from scanner.inventory import Account, Role, Undetermined, User

_EXAMPLE = "2026-11-20T23:00:00Z"
_LONGEST_NAME = 128
_ANY_PERMISSION_SET = "arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-0000000000000000"
"""Stands for the permission set, whose id the account does not tell: the commands take it from the shell."""


def values_of(resolved: Resolved, account: Account, cutoff: datetime | None, principals: Sequence[str] = ()) -> Values:
    """What templates are filled in with for a subject.

    Args:
        resolved: whom it is.
        account: its account.
        cutoff: a concrete time; None where the commands compute it.
        principals: ARNs of others that a document of the organization names, too.
    """
    principal, subject = resolved.principal, resolved.subject
    instance, region = instance_and_region(subject, account)
    is_told = instance is not None and region is not None
    return Values(
        role=principal if isinstance(principal, Role) else None,
        user=principal if isinstance(principal, User) else None,
        session=resolved.session or "",
        instance=f"arn:{account.partition}:ec2:{region}:{account.account_id}:instance/{instance}" if is_told else "",
        principals=tuple(dict.fromkeys((*((resolved.arn,) if resolved.arn else ()), *principals))),
        account_id=subject.account_id or "" if subject.kind == "foreign-account" else "",
        source_identity=subject.source_identity or "",
        user_id=subject.user_id or "",
        cutoff=format_instant(cutoff) if cutoff is not None else PLACEHOLDER,
        partition=account.partition,
    )


def instance_and_region(subject: Subject, account: Account) -> tuple[str | None, str | None]:
    """The instance whose session is suspected, and where it is, as far as that is known."""
    instance = instance_of(subject)
    return instance, subject.region or _region_of(instance, account)


def _region_of(instance: str | None, account: Account) -> str | None:
    if instance is None:
        return None
    try:
        found = locate(instance, account)
    except Undetermined:
        return None
    return None if found is None else found.region


def place(
    written: Sequence[Written], resolved: Resolved, account: Account, taken: Sequence[Placed]
) -> list[Placed] | str:
    """The documents in their places; why not where there is no room.

    Args:
        written: the documents.
        resolved: whom they are for.
        account: its account.
        taken: further ones, which take their part of the room.
    """
    found: list[Placed] = []
    for each in written:
        if each.layer in ("declarative policy", "stack"):
            return "It contains nothing by itself."
        layer: str = each.layer
        name = each.name
        if layer == "inline" and resolved.principal is not None:
            fits = _fitting(each, resolved.principal, account, [*taken, *found])
            if fits is None:
                return "There is neither room for an inline policy nor a slot for a managed one."
            layer, name = fits
        if layer in ("scp", "rcp"):
            name = _of_its_own(each, resolved, account)
        is_own = layer in ("inline", "managed", "boundary", "trust")
        target = (each.target or resolved.arn or "") if is_own else account.account_id
        found.append(
            Placed(
                template=each.template,
                layer=layer,  # type: ignore[arg-type]  # the two that act nowhere were refused above
                target=_ANY_PERMISSION_SET if layer == "permission set" else target,
                name=name,
                document=each.document,
                previous=_there(resolved, account, layer, name) if each.previous is None else each.previous,
            )
        )
    return found


def _fitting(
    written: Written, principal: Role | User, account: Account, others: Sequence[Placed]
) -> tuple[str, str] | None:
    """The layer and the name with which there is room beside what is there, and what comes with it."""
    beside = [each for each in others if each.target == principal.arn]
    room = inline_headroom(principal, written.name)
    used = sum(_size(each.document) for each in beside if each.layer == "inline")
    # What the others take the place of is counted as used still: less room, rather than too much.
    if room.free - used >= _size(written.document):
        return "inline", written.name
    name = managed_name(written.template, principal.name)
    is_attached = any(each.name == name for each in principal.attached)
    free = managed_slots(principal, account).free - sum(each.layer == "managed" for each in beside)
    return ("managed", name) if is_attached or free > 0 else None


def _size(document: str) -> int:
    return policy_size(document.replace(PLACEHOLDER, _EXAMPLE))


def managed_name(template: str, principal: str) -> str:
    """The name of the managed policy for one principal; IAM takes 128 characters, and the names differ."""
    name = f"ir-{template}-{principal}"
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(principal.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{name[: _LONGEST_NAME - 17]}-{digest}"


def _of_its_own(written: Written, resolved: Resolved, account: Account) -> str:
    """The name of a policy of the organization, where names are unique: the next incident has another one."""
    subject = resolved.subject
    told = (account.account_id, resolved.arn or "", subject.user_id or "", subject.account_id or "")
    digest = hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{written.name}-{digest}"


def _there(resolved: Resolved, account: Account, layer: str, name: str) -> str | None:
    """The policy of that name that is there already, to be put back."""
    principal = resolved.principal
    if principal is None:
        return None
    if layer == "inline":
        return next((bytes(each.document).decode() for each in principal.inline if each.name == name), None)
    if layer == "managed" and any(each.name == name for each in principal.attached):
        return _default_version(account, name)
    return None


def _default_version(account: Account, name: str) -> str | None:
    policies = account.policies if isinstance(account.policies, tuple) else ()
    own = (each for each in policies if each.name == name and f":{account.account_id}:" in each.arn)
    versions = (version for each in own for version in each.versions if version.is_default)
    return next((bytes(each.document).decode() for each in versions), None)
