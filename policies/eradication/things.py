"""What the comparison tells of everything but identities: code that runs by itself, policies of resources, the network.

Sources: the API references of Amazon EventBridge, AWS Lambda, Amazon SNS, Amazon SQS, AWS KMS, Amazon S3, Amazon EC2,
AWS CloudTrail, Amazon GuardDuty, AWS Organizations and AWS Account Management.
"""

from __future__ import annotations

from policies.eradication.comparison import Comparison
from policies.eradication.of_resources import WAYS
from policies.eradication.told import Remnant
from policies.eradication.ways import Ways
from scanner.drift.told import Change, Diff
from scanner.inventory import REFUSED

_OF_IDENTITIES = frozenset({
    "user", "role", "group", "policy", "access-keys", "credential-row", "mfa-device", "service-credential",
    "saml-provider", "oidc-provider", "instance-profile", "role-settings", "account-summary",
})  # fmt: skip
"""What is compared without the diff, whose weights are for another question: whom a containment denies has lost all."""

_COMPARED = frozenset({
    f"account.{part}"
    for part in ("users", "groups", "roles", "policies", "instance_profiles", "credential_report", "access_keys",
                 "virtual_mfa_devices", "service_credentials", "saml_providers", "oidc_providers")
})  # fmt: skip
"""Parts of which it is told elsewhere that one side did not read them."""

_RUNS = frozenset({
    "event-rule", "function", "subscription", "launch-template", "launch-configuration", "scaling-group", "instance",
    "managed-instance", "image",
})  # fmt: skip
"""Things that may run or call something; of these every change counts, whatever its weight."""

_BY_HAND = "There is no ready command for it: put back what was, if nobody of yours changed it."


def things(found: Comparison, diff: Diff) -> None:
    """Note what the diff tells of everything but identities, and what it could not compare."""
    for change in diff.changes:
        if change.kind == "not_comparable":
            if change.resource.name not in _COMPARED:
                where = f" in {change.resource.region}" if change.resource.region else ""
                found.unknown.append(f"{change.resource.type} {change.resource.name}{where}: {change.what}")
        elif change.resource.type not in _OF_IDENTITIES and _matters(change):
            found.add(_remnant(found, change))
    rows = [row for row in diff.unseen if row.side == "both" and row.part not in _COMPARED]
    for row in rows:
        if row.status in REFUSED:
            found.unknown.append(f"{row.part}: {row.api} {row.status} on both sides ({', '.join(row.regions)})")
    skipped = {row.part.partition(".")[2].replace("_", " ") for row in rows if row.status == "skipped"}
    found.not_asked.extend(sorted(skipped))


def _matters(change: Change) -> bool:
    """What appeared, and what widened; a thing that is gone matters where it protected."""
    if change.direction == "widens":
        return True
    return change.kind == "added" or (change.kind == "changed" and change.resource.type in _RUNS)


def _remnant(found: Comparison, change: Change) -> Remnant:
    make = WAYS.get((change.resource.type, change.kind)) or WAYS.get((change.resource.type, "any"))
    ways = make(found, change) if make is not None else Ways()
    notes = [*([] if ways.hold or ways.remove or ways.note else [_BY_HAND]), ways.note, *change.consequence]
    return Remnant(
        urgency=ways.urgency,
        what=change.what,
        resource=change.resource,
        hold=ways.hold,
        remove=ways.remove,
        breaks=ways.breaks,
        note=" ".join(each for each in notes if each),
    )
