"""Users, roles and groups that are new, were made anew, or hold something else than they did.

Sources: the IAM API Reference; "Deleting roles" and "Deleting users" in the IAM User Guide for what has to go first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.commands import iam, put_role_policy, put_user_policy
from policies.documents.holding import freeze_trust
from policies.documents.sessions import REVOKE_POLICY, revoke_sessions
from policies.documents.users import QUARANTINE_POLICY, quarantine_user
from policies.documents.writing import NotWritable, serialise
from policies.eradication.comparison import Comparison, text_of
from policies.eradication.holdings import compare_holdings
from policies.eradication.told import Remnant
from scanner.containment import NotRevocable, revocability
from scanner.inventory import Gap, Group, Role, User

_EVIDENCE = (
    "Disable it first, and save what it is (aws iam get-account-authorization-details): deleted, it takes its unique "
    "id and its traces along, and sessions of it can no longer be told."
)


def principals(found: Comparison) -> None:
    """Note every user, role and group that is new or other."""
    old, new = found.old, found.new
    for kind, both in (
        ("user", found.both(old.users, new.users, "users")),
        ("role", found.both(old.roles, new.roles, "roles")),
        ("group", found.both(old.groups, new.groups, "groups")),
    ):
        if both is None:
            continue
        held: Sequence[User | Role | Group] = both[0]
        before = {each.arn: each for each in held}
        present: Sequence[User | Role | Group] = both[1]
        for each in present:
            known = before.get(each.arn)
            is_anew = known is not None and bool(known.id and each.id) and known.id != each.id
            if known is None or is_anew:
                _created(found, each, kind, is_anew=is_anew)
            else:
                compare_holdings(found, known, each)


def _created(found: Comparison, each: User | Role | Group, kind: str, *, is_anew: bool) -> None:
    found.add(
        Remnant(
            urgency="permission" if isinstance(each, Group) else "principal",
            what=f"{kind} {'made anew under its name' if is_anew else 'created'}",
            resource=found.resource(each.arn, kind, each.name),
            created=each.created,
            hold=tuple(_holding(found, each)),
            remove=tuple(_removing(found, each)),
            breaks=f"Everything that uses the {kind}.",
            note=_note(each),
        )
    )


def _note(each: User | Role | Group) -> str:
    if isinstance(each, Group):
        return ""
    kept = revocability(each) if isinstance(each, Role) else None
    if isinstance(kept, NotRevocable):
        return f"{kept.reason} {kept.alternative}"
    return _EVIDENCE


def _holding(found: Comparison, each: User | Role | Group) -> Iterator[str]:
    if isinstance(each, User):
        if (each.arn, QUARANTINE_POLICY) not in found.artefacts:
            yield put_user_policy(each.name, QUARANTINE_POLICY, serialise(quarantine_user()))
    elif isinstance(each, Role) and not isinstance(revocability(each), NotRevocable):
        try:
            frozen = freeze_trust(text_of(each.trust))
            yield iam("update-assume-role-policy", role_name=each.name, policy_document=frozen)
        except NotWritable:
            # Without room for the Deny there are the sessions to revoke at least.
            pass
        yield put_role_policy(each.name, REVOKE_POLICY, serialise(revoke_sessions()))


def _removing(found: Comparison, each: User | Role | Group) -> Iterator[str]:
    if isinstance(each, Role) and isinstance(revocability(each), NotRevocable):
        return
    kind = type(each).__name__.lower()
    named = {f"{kind}_name": each.name}
    for attached in each.attached:
        yield iam(f"detach-{kind}-policy", **named, policy_arn=attached.arn)
    names = dict.fromkeys(policy.name for policy in each.inline)
    if isinstance(each, Role):
        # That which the commands above put there has to go, too.
        names |= {REVOKE_POLICY: None}
        for profile in each.instance_profiles:
            yield iam("remove-role-from-instance-profile", instance_profile_name=profile, **named)
    elif isinstance(each, User):
        names |= {QUARANTINE_POLICY: None}
        yield from _of_user(found, each)
    else:
        yield from _members(found, each)
    for name in names:
        yield iam(f"delete-{kind}-policy", **named, policy_name=name)
    yield iam(f"delete-{kind}", **named)


def _of_user(found: Comparison, user: User) -> Iterator[str]:
    keys, report = found.new.access_keys, found.new.credential_report
    held = () if isinstance(keys, Gap) else next((each.keys for each in keys if each.user == user.name), ())
    for key in () if isinstance(held, Gap) else held:
        yield iam("delete-access-key", user_name=user.name, access_key_id=key.id)
    rows = () if isinstance(report, Gap) else report.rows
    if any(row.user == user.name and row.password_enabled for row in rows):
        yield iam("delete-login-profile", user_name=user.name)
    for group in user.groups:
        yield iam("remove-user-from-group", user_name=user.name, group_name=group)


def _members(found: Comparison, group: Group) -> Iterator[str]:
    users = found.new.users
    for user in () if isinstance(users, Gap) else users:
        if group.name in user.groups:
            yield iam("remove-user-from-group", user_name=user.name, group_name=group.name)
