"""From a subject and an account to whom it is, what to do, and which guards speak against it."""

from __future__ import annotations

from policies.dispatch.deciding import decide
from policies.dispatch.forms import malformed
from policies.dispatch.guards import account_guard, finding_guard, fresh_guard, headroom_guard, revocable_guard
from policies.dispatch.protecting import never_list_guard
from policies.dispatch.resolved import Circumstances, Guard, Resolved
from policies.dispatch.whom import Whom, whom
from policies.subjects import Subject
from scanner.containment.kinds import Kinds, kinds_of, one_kind
from scanner.inventory import Account

_ORDER = ("refused", "unknown", "passed")
_LOOK = "Look at where the finding comes from, and name the role or user yourself."
_NOT_ASKED = "It was not looked for, since it is not known to be of this account."


def resolve(subject: Subject, account: Account, circumstances: Circumstances) -> Resolved:
    """Whom a subject is in an account, what to do about it, and whether that may be done.

    Nothing is looked for by name in an account that the subject is not known to be of: another principal may have that
    name there.
    """
    of_account = account_guard(subject, account, circumstances)
    fault = malformed(subject)
    if fault is not None:
        found = _nobody(subject, Guard("principal-is-known", "refused", fault, _LOOK))
    elif of_account.verdict == "passed" or (of_account.verdict == "unknown" and subject.unique_id is not None):
        found = whom(subject, account, circumstances)
    else:
        found = _nobody(subject, Guard("principal-is-known", "unknown", _NOT_ASKED))
    if of_account.verdict == "unknown" and found.principal is not None:
        of_account = Guard("own-account", "passed", f"The unique id is one of account {account.account_id}.")
    kinds = _kinds(found, account)
    is_sure = of_account.verdict == "passed" and fault is None
    decided = decide(found, subject, kinds, account) if is_sure else None
    guards = (
        never_list_guard(found, subject, account, circumstances),
        finding_guard(circumstances),
        of_account,
        *found.guards,
        revocable_guard(found, subject, decided, account),
        headroom_guard(found.principal, account),
        fresh_guard(account, circumstances),
    )
    return Resolved(
        subject=subject,
        principal=found.principal,
        arn=found.arn,
        session=found.session,
        kinds=kinds,
        decided=decided,
        guards=tuple(sorted(guards, key=lambda guard: _ORDER.index(guard.verdict))),
    )


def _nobody(subject: Subject, why: Guard) -> Whom:
    """The principal of a subject that was not looked for."""
    guards = (
        why,
        Guard("one-principal", "unknown", why.reason),
        Guard("same-identity", "unknown", why.reason),
        Guard("key-is-known", "unknown", why.reason),
    )
    return Whom(kind=subject.kind, principal=None, arn=None, session=subject.session, guards=guards)


def _kinds(found: Whom, account: Account) -> Kinds:
    if found.principal is not None:
        return kinds_of(found.principal, account)
    if found.kind == "root":
        return one_kind("root", "it is the root user")
    if found.kind == "federated-user" and found.arn is not None:
        return one_kind("federated-user", "its ARN is that of a federated user")
    if found.kind == "person":
        return one_kind("identity-center-role", "the person works with permission sets of IAM Identity Center")
    return Kinds(())
