"""Policies of AWS: which version is in force is told, and what nobody knows of them any more.

A baseline names them without their content. AWS changes them every week, so where the version that it names is not at
hand the one in force now stands in on both sides, and everything else can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scanner.baseline.stored import is_managed_by_aws
from scanner.drift.told import Change
from scanner.findings import Resource
from scanner.iam.artefacts import is_quarantine
from scanner.iam.sources import missing

STANDS_IN = "what it contained when it was reviewed is not known to a baseline; on both sides it counts as it is now"


def is_policy(entry: Any) -> bool:
    """Whether an entry is a managed policy."""
    return bool(entry.__struct_config__.tag == "policy")


def is_policy_of_aws(entry: Any) -> bool:
    """Whether an entry is a policy that AWS manages."""
    return is_policy(entry) and is_managed_by_aws(entry.arn)


def changed(old: Any, new: Any, resource: Resource, unknown: frozenset[str]) -> Change | None:
    """That another version of a policy is in force; None where it is the same one.

    Args:
        old: the entry of the policy.
        new: alike.
        resource: the policy.
        unknown: ARNs of policies of AWS of which a side names a version whose document is not at hand.
    """
    versions = _version(old), _version(new)
    if versions[0] == versions[1]:
        return None
    return Change(
        kind="changed",
        direction="neutral",
        severity="info",
        resource=resource,
        what="AWS changed its policy" if is_managed_by_aws(new.arn) else "another version in force",
        before=versions[0],
        after=versions[1],
        consequence=(STANDS_IN,) if new.arn in unknown else (),
    )


def _version(policy: Any) -> str | None:
    return next((version.id for version in policy.versions if version.is_default), None)


def sentences(unknown: Iterable[str]) -> frozenset[str]:
    """What the IAM engine says of policies without their documents."""
    return frozenset(missing(arn) for arn in unknown)


def forgotten(texts: Iterable[str], bounds: Iterable[str], *, gains: bool) -> tuple[str, ...]:
    """What follows from it that policies, or a boundary, are gone whose content nobody knows any more."""
    names, limits = (sorted(map(_arn, each)) for each in (texts, bounds))
    if limits and gains:
        unknown = f"what the boundary {', '.join(limits)} allowed when it was reviewed is not known to a baseline"
        return (f"{unknown}: what is told as gained may have been held", *forgotten(texts, (), gains=gains))
    if not names:
        return ()
    first = f"what {', '.join(names)} contained when it was reviewed is not known to a baseline"
    if gains:
        return (f"{first}: what is told as gained may have been held through it, and more may be lost than is told",)
    return (f"{first}: what it allowed is lost, which cannot be listed, and what it denied is denied no more",)


def released(texts: Iterable[str]) -> tuple[str, ...]:
    """What follows where AWS's quarantine of a principal is gone, of which no content has to be known."""
    return tuple(f"AWS's quarantine is taken off: {name}" for name in sorted(map(_arn, texts)) if is_quarantine(name))


def _arn(text: str) -> str:
    return text.removeprefix("policy ").partition(" is in use")[0]
