"""The never-list: principals that nobody contains, lest the responders lock themselves out."""

from __future__ import annotations

from policies.dispatch.resolved import Circumstances, Guard
from policies.dispatch.whom import Whom, name_told
from policies.subjects import Subject
from scanner.engine.declared import is_named
from scanner.iam.matching import matches
from scanner.inventory import Account

_INSTEAD = (
    "Page a human. If it is really stolen, contain it by hand from another privileged principal, after you have made "
    "sure that one is left with which you can work."
)


def never_listed(arn: str, account: Account, circumstances: Circumstances) -> str | None:
    """Why a principal is never contained, as a clause; None where it may be.

    Args:
        arn: of the role, user, root user or federated user.
        account: its ``caller`` is whoever collected it.
        circumstances: what is declared and protected.
    """
    declared = circumstances.declared
    if is_named(arn, declared.break_glass):
        return "it is declared as break-glass"
    if is_named(arn, declared.response_roles):
        return "it is declared as a role with which credentials are contained"
    if is_named(arn, circumstances.protected):
        return "it is protected"
    return "it is the principal that collected the account" if _is_caller(arn, account) else None


def never_list_guard(found: Whom, subject: Subject, account: Account, circumstances: Circumstances) -> Guard:
    """Whether the principal may be contained at all; asked by its name where it was not found."""
    arns = [found.arn] if found.arn is not None else list(_likely(found, subject, account))
    for arn in arns:
        why = never_listed(arn, account, circumstances)
        if why is None and found.arn is None:
            why = _by_last_name(arn, circumstances)
        if why is not None:
            return Guard("never-list", "refused", f"It is never contained: {why}.", _INSTEAD)
    if account.caller is None:
        return Guard("never-list", "passed", "Nothing protects it. Who collected the account is not told.")
    return Guard("never-list", "passed", "It is neither break-glass nor responder, nor who collected the account.")


def _likely(found: Whom, subject: Subject, account: Account) -> list[str]:
    name = name_told(subject)
    if name is None:
        return []
    kinds = [found.kind] if found.kind in ("role", "user") else ["role", "user"]
    return [f"arn:{account.partition}:iam::{account.account_id}:{kind}/{name}" for kind in kinds]


def _by_last_name(arn: str, circumstances: Circumstances) -> str | None:
    """The same where the path is not known: patterns are compared by kind and by what follows the last slash."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    declared = circumstances.declared
    for pattern in (*declared.break_glass, *declared.response_roles, *circumstances.protected):
        within = pattern.split(":", 5)[-1]
        if matches(within.partition("/")[0], kind) and matches(within.rpartition("/")[2], name, ignore_case=True):
            return "one of its name is, and its path is not known"
    return None


def _is_caller(arn: str, account: Account) -> bool:
    """Whether an ARN is that of whoever collected the account; the ARN of a session does not tell the role's path."""
    caller = account.caller
    if caller is None:
        return False
    if caller == arn:
        return True
    parts, own = caller.split(":", 5), arn.split(":", 5)
    if len(parts) < 6 or len(own) < 6 or parts[4] != own[4] or not parts[5].startswith("assumed-role/"):
        return False
    name = parts[5].split("/")[1]
    return own[5].startswith("role/") and own[5].rpartition("/")[2].lower() == name.lower()
