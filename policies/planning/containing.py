"""The steps that put the documents in place, and those that take them away again.

Source: "Controlling access to and for IAM users and roles using tags" in the IAM User Guide; "Testing effects of SCPs"
in the AWS Organizations User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from policies.cutoff import PLACEHOLDER, format_instant
from policies.documents import named
from policies.documents.protecting import QUARANTINE_TAG
from policies.planning.calls import calls_of, whose
from policies.planning.plan import PlannedDocument, Step
from policies.planning.shell import Each, together
from policies.planning.using import who_uses
from scanner.containment.workloads import Workloads
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap
from scanner.shell import quote

BY_ORGANIZATION = frozenset({"scp", "rcp", "permission set"})
_WHERE_POLICIES = "the management account, or the one that it delegated policies to"
_WHERE_SETS = "the management account, or the one that administers IAM Identity Center"


def is_by_organization(document: PlannedDocument) -> bool:
    """Whether a document is put in place outside of the account."""
    return document.placed.layer in BY_ORGANIZATION


def by_organization(
    documents: Sequence[PlannedDocument], account: Account, cutoff: datetime | None, workloads: Workloads | None
) -> Iterator[Step]:
    """One step for each document of the organization."""
    for each in filter(is_by_organization, documents):
        calls = calls_of(each.placed, account.partition)
        is_set = each.placed.layer == "permission set"
        where = _WHERE_SETS if is_set else _WHERE_POLICIES
        yield Step(
            phase="organization",
            title=f"Put {each.file} in place",
            why=(
                f"With credentials of another account, {where}{_called(account)}: nobody in account "
                f"{account.account_id} can take it off. {_SETS if is_set else _slots(account, each)}"
            ).strip(),
            calls=calls.actions,
            commands=together(calls.apply, format_instant(cutoff) if cutoff else None),
            expected=calls.expected,
            document=each.file,
            breaks=_breaks([each], workloads),
        )


_SETS = (
    "Set INSTANCE_ARN and PERMISSION_SET_ARN first, and repeat it for every permission set that the person has "
    "(aws sso-admin list-instances, list-permission-sets-provisioned-to-account, list-account-assignments)."
)


def _called(account: Account) -> str:
    membership = account.organization.membership
    if membership is None or isinstance(membership, Gap) or not membership.management_account:
        return ""
    return f" (management account {membership.management_account})"


def _slots(account: Account, document: PlannedDocument) -> str:
    """How many policies are attached to the account already; the quota is that of the organization, and is not read."""
    kind = "SERVICE_CONTROL_POLICY" if document.placed.layer == "scp" else "RESOURCE_CONTROL_POLICY"
    policies = account.organization.policies
    if isinstance(policies, Gap):
        return ""
    attached = sum(
        each.type == kind and not isinstance(each.targets, Gap) and account.account_id in each.targets
        for each in policies
    )
    if attached < 5:
        return ""
    return (
        f"{attached} such policies are attached to the account already, and 5 can be, or 10 where the quota of May "
        "2026 applies, which was not read: if this one is refused (ConstraintViolationException), attach it to a unit "
        "above that holds the account, or detach one that only tidies up."
    )


def within_account(
    documents: Sequence[PlannedDocument],
    account: Account,
    cutoff: datetime | None,
    workloads: Workloads | None,
) -> Iterator[Step]:
    """One step for all documents in IAM, which share their cutoff, and for the tag."""
    own = [each for each in documents if not is_by_organization(each)]
    if not own:
        return
    calls = [calls_of(each.placed, account.partition) for each in own]
    tags = [_tag(*who) for who in _tagged(own)]
    actions = [action for each in calls for action in each.actions]
    actions += [f"iam:Tag{kind.title()}" for kind, _ in _tagged(own)]
    yield Step(
        phase="contain",
        title="Put the policies in place" if len(own) > 1 else f"Put {own[0].file} in place",
        why=_why(own),
        calls=tuple(dict.fromkeys(actions)),
        commands=together(
            [*(one for each in calls for one in each.apply), *tags], format_instant(cutoff) if cutoff else None
        ),
        expected=(
            "Nothing; the command ends with 0. Where a later cutoff is in place, that is said, and it is kept. If one "
            "call fails, the others are made all the same, and the command fails: run it again when that is mended."
        ),
        document=", ".join(dict.fromkeys(each.file for each in own)),
        breaks=_breaks(own, workloads),
    )


def _why(own: Sequence[PlannedDocument]) -> str:
    spreads = "A change takes some seconds to spread"
    if any("TokenIssueTime" in each.placed.document for each in own):
        spreads += "; the cutoff lies ahead for that"
    tagged = (
        f"{spreads}. The tag {QUARANTINE_TAG} is what the protect-quarantine policy of the organization goes by: where "
        "that is in place, nobody but the response role changes what carries it."
    )
    if len({each.placed.target for each in own}) < 2:
        return tagged
    return f"All at once and with one cutoff: roles that lead to one another renew each other's sessions. {tagged}"


def _breaks(documents: Sequence[PlannedDocument], workloads: Workloads | None) -> str:
    told = list(dict.fromkeys(named(each.placed.template).breaks for each in documents))
    return " ".join((*told, *who_uses(workloads)))


def _tagged(own: Sequence[PlannedDocument]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(whose(each.placed) for each in own))


def _tag(kind: str, name: str, value: str = "contained") -> Each:
    tags = quote(f"--tags=Key={QUARANTINE_TAG},Value={value}")
    return Each(f"aws iam tag-{kind} --{kind}-name=", name, f" {tags}")


def _find_tagged(account: Account) -> dict[tuple[str, str], str]:
    """Who carries the tag already, with its value."""
    roles = () if isinstance(account.roles, Gap) else account.roles
    users = () if isinstance(account.users, Gap) else account.users
    return {
        (kind, each.name): tag.value
        for kind, everybody in (("role", roles), ("user", users))
        for each in everybody
        for tag in each.tags
        if tag.key == QUARANTINE_TAG
    }


_tagged_before = Remembered(_find_tagged, most=2)


def _untag(kind: str, name: str, account: Account) -> Each:
    """Without the tag, unless it was there before."""
    value = _tagged_before.of(account).get((kind, name))
    if value is not None:
        return _tag(kind, name, value)
    return Each(f"aws iam untag-{kind} --{kind}-name=", name, f" --tag-keys={QUARANTINE_TAG}")


def removing(documents: Sequence[PlannedDocument], account: Account) -> Iterator[Step]:
    """How everything is taken away again, in the reverse order; the tag, and what is of the organization, last."""
    own = [each for each in documents if not is_by_organization(each)]
    if own:
        back = [one for each in reversed(own) for one in calls_of(each.placed, account.partition).undo]
        back += [_untag(kind, name, account) for kind, name in _tagged(own)]
        yield Step(
            phase="remove",
            title="Take the documents away",
            why=f"{_kept(own)} What was there before is put back as it was when the facts were collected.",
            calls=tuple(dict.fromkeys(_action(one.command) for one in back)),
            commands=together(back),
            expected="Nothing; the command ends with 0.",
        )
    for each in reversed([each for each in documents if is_by_organization(each)]):
        yield Step(
            phase="remove",
            title=f"Take {each.file} away, last of all",
            why=f"With credentials of the account that it was put in place from. {_kept([each])}",
            commands=together(calls_of(each.placed, account.partition).undo),
            expected="Nothing, or the status of the provisioning; the command ends with 0.",
        )


def _kept(documents: Sequence[PlannedDocument]) -> str:
    return " ".join(dict.fromkeys(f"Keep: {each.keep}" for each in documents))


def _action(call: str) -> str:
    words = call.split()
    name = next((words[at + 2] for at, word in enumerate(words[:-2]) if word.lstrip("($") == "aws"), "")
    return f"iam:{''.join(part.title() for part in name.split('-'))}"


def is_open(documents: Sequence[PlannedDocument]) -> bool:
    """Whether a cutoff is computed when the documents are put in place."""
    return any(PLACEHOLDER in each.placed.document for each in documents)
