"""The changes that a plan makes in AWS, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Iterator

from policies.documents import named
from policies.documents.protecting import QUARANTINE_TAG
from policies.execution.changes import Change, ChangeKind
from policies.execution.slots.credentials import INACTIVE
from policies.execution.slots.identity import ATTACHED
from policies.execution.slots.instances import REQUIRED
from policies.execution.tags import CONTAINED
from policies.planning import BY_ORGANIZATION, Plan, PlannedDocument, metadata_is_open
from scanner.containment import LONGEST_ROLE_SESSION, longest_session
from scanner.containment.workloads import InstanceUse
from scanner.inventory import Account, Gap, Role, User

_CREDENTIALS: tuple[ChangeKind, ...] = ("access key", "service credential")

EVERY = "*"
"""The name of a change that stands for every credential of the kind that is active when it is carried out."""


def changes_of(plan: Plan, account: Account, *, organization: bool = True, close: bool = False) -> Iterator[Change]:
    """What carrying out a plan sets.

    Args:
        plan: one that is ready, with the cutoff left open.
        account: that it was made for.
        organization: what is put in place by the organization, too.
        close: require IMDSv2 of the instances by which the credentials may have been stolen.
    """
    documents = [each for each in plan.documents if organization or each.placed.layer not in BY_ORGANIZATION]
    known = _principals(account)
    of_organization = [each for each in documents if each.placed.layer in BY_ORGANIZATION]
    own = [each for each in documents if each.placed.layer not in BY_ORGANIZATION]
    for each in of_organization:
        yield from _by_organization(each, plan, account)
    if isinstance(known.get(plan.principal), User):
        for kind in _CREDENTIALS:
            yield Change(
                kind=kind,
                principal=plan.principal,
                unique_id=plan.unique_id,
                name=EVERY,
                document=INACTIVE,
                keep="For good: what may have been stolen is replaced, and never made active again.",
            )
    for each in own:
        yield from _within_account(each, known, account)
    yield from _tags(own, known, account)
    if close:
        yield from (_metadata(each) for each in suspected_instances(plan) if metadata_is_open(each))


def suspected_instances(plan: Plan) -> tuple[InstanceUse, ...]:
    """The instance whose session is suspected, or all that carry the role where no single one is."""
    if plan.workloads is None:
        return ()
    told = {plan.subject.session, plan.subject.instance} - {None}
    return tuple(each for each in plan.workloads.instances if each.id in told) or plan.workloads.instances


def _principals(account: Account) -> dict[str, Role | User]:
    roles = () if isinstance(account.roles, Gap) else account.roles
    users = () if isinstance(account.users, Gap) else account.users
    everybody: tuple[Role | User, ...] = (*roles, *users)
    return {each.arn: each for each in everybody}


def _lasts(document: PlannedDocument, principal: Role | User | None, account: Account) -> int | None:
    """For how many seconds after its cutoff a document is needed; None where no time tells."""
    effects = named(document.placed.template).effects
    if effects is None or effects.old_session != "denied" or effects.new_session != "as before":
        return None
    longest = longest_session(principal, account).longest if principal is not None else LONGEST_ROLE_SESSION
    return int(longest.total_seconds())


def _within_account(document: PlannedDocument, known: dict[str, Role | User], account: Account) -> Iterator[Change]:
    placed = document.placed
    principal = known.get(placed.target)
    common = {
        "principal": placed.target,
        "unique_id": principal.id if principal is not None else "",
        "template": placed.template,
        "lasts": _lasts(document, principal, account),
        "keep": document.keep,
    }
    if placed.layer == "managed":
        arn = f"arn:{account.partition}:iam::{account.account_id}:policy/{placed.name}"
        yield Change(kind="managed policy", name=arn, document=placed.document, **common)  # type: ignore[arg-type]
        yield Change(kind="attachment", name=arn, document=ATTACHED, **common)  # type: ignore[arg-type]
    elif placed.layer == "boundary":
        yield Change(kind="boundary", document=placed.name, **common)  # type: ignore[arg-type]
    elif placed.layer == "trust":
        yield Change(kind="trust policy", document=placed.document, **common)  # type: ignore[arg-type]
    else:
        yield Change(kind="inline policy", name=placed.name, document=placed.document, **common)  # type: ignore[arg-type]


def _by_organization(document: PlannedDocument, plan: Plan, account: Account) -> Iterator[Change]:
    placed = document.placed
    common = {
        "target": account.account_id,
        "template": placed.template,
        "lasts": _lasts(document, None, account),
        "keep": document.keep,
    }
    if placed.layer == "permission set":
        region = _region_of_identity_center(plan.principal, account.partition)
        yield Change(
            kind="permission set policy", name=EVERY, region=region, document=placed.document, **common  # type: ignore[arg-type]
        )  # fmt: skip
        return
    yield Change(kind="organization policy", name=placed.name, document=placed.document, **common)  # type: ignore[arg-type]
    yield Change(kind="organization attachment", name=placed.name, document=ATTACHED, **common)  # type: ignore[arg-type]


def _region_of_identity_center(role: str, partition: str) -> str:
    """The region in the path of a role of IAM Identity Center, which roles of us-east-1 go without; empty: unknown."""
    parts = role.split("/")
    if parts[1:3] != ["aws-reserved", "sso.amazonaws.com"]:
        return ""
    return parts[3] if len(parts) == 5 else "us-east-1" if partition == "aws" else ""


def _tags(own: list[PlannedDocument], known: dict[str, Role | User], account: Account) -> Iterator[Change]:
    targets: dict[str, list[int | None]] = {}
    for each in own:
        principal = known.get(each.placed.target)
        targets.setdefault(each.placed.target, []).append(_lasts(each, principal, account))
    for arn, lasts in targets.items():
        found = known.get(arn)
        yield Change(
            kind="tag",
            principal=arn,
            unique_id=found.id if found is not None else "",
            name=QUARANTINE_TAG,
            document=CONTAINED,
            lasts=None if None in lasts else max(each for each in lasts if each is not None),
            keep="As long as what it marks.",
        )


def _metadata(instance: InstanceUse) -> Change:
    return Change(
        kind="metadata options",
        name=instance.id,
        region=instance.region,
        document=REQUIRED,
        keep="For good, unless software on the instance cannot do without IMDSv1.",
    )
