"""The plans of every role and user of an account, made before anybody needs them."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from guardrift.cli.output import note
from policies.dispatch import Circumstances
from policies.dispatch.forms import UNIQUE_ID
from policies.planning import Planner, plan_files
from policies.subjects import Subject
from scanner.engine.declared import Declared
from scanner.inventory import Account, Gap, Role, User, describe

_TOGETHER = 20
"""So many further roles are revoked by a plan that is made ahead; one on demand takes more."""


def plans_of(account: Account, declared: Declared) -> dict[str, str]:
    """The plan of every role and user; what was not collected is said, and has no plan."""
    for answer in (account.roles, account.users):
        if isinstance(answer, Gap):
            note(f"no plans for what was not read: {describe(answer)}")
    roles = () if isinstance(account.roles, Gap) else account.roles
    users = () if isinstance(account.users, Gap) else account.users
    # They are made ahead, from facts of whatever age.
    circumstances = Circumstances(at=account.taken_at, declared=declared, max_age=timedelta.max)
    planner = Planner(account, circumstances, together=_TOGETHER, proves_others=False)
    subjects = [_subject("role", each, account) for each in roles] + [_subject("user", each, account) for each in users]
    return plan_files(map(planner.plan, subjects))


def _subject(kind: Literal["role", "user"], principal: Role | User, account: Account) -> Subject:
    # Emulators of AWS have ids of their own form, by which nobody can be told apart as AWS does.
    unique_id = principal.id if UNIQUE_ID.fullmatch(principal.id) else None
    return Subject(
        kind=kind, account_id=account.account_id, name=principal.name, arn=principal.arn, unique_id=unique_id
    )
