"""Users that need not be there, and policies that hang on them directly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from rules.access_keys.holders import holders_of, material, told
from rules.frameworks import attack, cis, csf, well_architected
from rules.identity.people import REPORT
from rules.response.privileged import is_privileged, privileged_principals, require_privileged
from scanner.engine import Hit, NoParameters, NotNegative, Scene, Subject, Unread, rule
from scanner.engine.declared import is_named
from scanner.engine.subjects import unless_unread, users
from scanner.iam.artefacts import artefact, cleared, is_quarantine
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Gap, Undetermined, User, known

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


def _privileged_users(account: Account) -> Iterator[Subject[User] | Unread]:
    """The users who are administrators or can become one, and those of whom that cannot be told."""
    for each in privileged_principals(account):
        if isinstance(each, Unread):
            yield each
        elif isinstance(each.item, User):
            yield Subject(each.resource, each.item)


def _uses_of_all(account: Account) -> object:
    """What tells when users were last seen; a gap only where nothing does."""
    return account.credential_report if isinstance(account.access_keys, Gap) else account.access_keys


class UserUse(NoParameters, frozen=True):
    """Parameters of ``iam-user-unused``: ``days`` is how long a privileged user may go without any use."""

    days: NotNegative = 90


@rule(
    "iam-user-unused",
    severity="medium",
    phase="eradicate",
    subjects=unless_unread(_uses_of_all, _privileged_users),
    apis=(*REPORT, "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"),
    controls=(
        *cis(v7="2.11"),
        *csf("PR.AA-05"),
        *well_architected("SEC03-BP06"),
        *attack(v18="T1078.004"),
    ),
    references=(f"{_GUIDE}id_credentials_finding-unused.html", f"{_GUIDE}id_users_remove.html"),
    parameters=UserUse,
)
def iam_user_unused(user: User, scene: Scene[UserUse]) -> Hit | None:
    """A privileged user has not been used for a long time.

    ## Why
    It may do everything, or can make itself able to, and nobody would notice its first use by a thief. Asked are its
    password and its access keys, since AWS tells of these when they were used last; where it has neither, somebody who
    may make keys can bring it to life. Users that are declared as break-glass are meant to lie unused.

    ## Fix
    Ask the owner; deny it everything for some weeks, then delete it. Keep administration for roles that people assume.

    ## Breaks
    What runs once a year, and what exists for an emergency: declare the latter as break-glass.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [],
     "users": [{"name": "old", "arn": "arn:aws:iam::111122223333:user/old", "created": "2024-01-01T00:00:00Z",
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}],
     "credential_report": {"kind": "credential-report", "rows": [
       {"user": "old", "arn": "arn:aws:iam::111122223333:user/old", "password_enabled": true,
        "password_last_used": "2026-01-01T00:00:00Z"}]},
     "access_keys": []}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [],
     "users": [{"name": "ops", "arn": "arn:aws:iam::111122223333:user/ops", "created": "2024-01-01T00:00:00Z",
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}],
     "credential_report": {"kind": "credential-report", "rows": [
       {"user": "ops", "arn": "arn:aws:iam::111122223333:user/ops", "password_enabled": true,
        "password_last_used": "2026-11-01T00:00:00Z"}]},
     "access_keys": []}
    ```
    """
    limit = timedelta(days=scene.parameters.days)
    if is_named(user.arn, scene.declared.break_glass):
        return None
    if user.created is not None and scene.at - user.created <= limit:
        return None
    uses, unread = _uses(user, scene.account)
    if any(scene.at - use <= limit for use in uses):
        return None
    if unread is not None:
        raise unread
    require_privileged(user, scene.account)
    if user.created is None and not uses:
        raise Undetermined(f"the snapshot holds neither a use of {user.name} nor when it was made")
    last = max(uses, default=None)
    said = f"was last used {(scene.at - last).days} days ago" if last else "was never used by a password or access key"
    reach = holders_of(scene.account).reach_of_arn(user.arn)
    return Hit(
        f"It {said}; the limit is {limit.days}.{told(reach, 'It')}",
        material=("user:unused", *material(reach)),
        details={"last_used": last.isoformat() if last else None, "holder": reach},
    )


def _uses(user: User, account: Account) -> tuple[list[datetime], Undetermined | None]:
    """When the password and the keys of a user were used last, as far as that was read, and what was not."""
    found: list[datetime | None] = []
    unread: list[Undetermined] = []
    holders = holders_of(account)
    try:
        row = holders.rows.get(user.arn)
        if row is None:
            unread.append(Undetermined(f"{user.name} is not in the credential report"))
        else:
            found += [row.password_last_used, row.key_1_last_used, row.key_2_last_used]
    except Undetermined as reason:
        unread.append(reason)
    try:
        for key in holders.keys_of(user):
            found.append(known(key.last_used))
    except Undetermined as reason:
        unread.append(reason)
    return [each for each in found if each is not None], unread[0] if unread else None


@rule(
    "iam-user-policy-direct",
    severity="low",
    phase="contain",
    subjects=users,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(
        *cis(v7="2.13", v5="1.14"),
        *csf("PR.AA-05"),
        *well_architected("SEC03-BP02"),
        *attack(v18="T1098.003"),
    ),
    references=(f"{_GUIDE}access_policies_manage-attach-detach.html", f"{_GUIDE}best-practices.html"),
)
def iam_user_policy_direct(user: User, scene: Scene[NoParameters]) -> Hit | None:
    """Policies are attached to a user directly, and not through a group.

    ## Why
    What single users were given one by one nobody reviews, and it stays when their work changes. A thief who attaches a
    policy to the user that he took over does not stand out where this is how permissions are given. What contains an
    incident (a quarantine by AWS, a revocation, a Deny of everything) is put on a user on purpose, and is left out.

    ## Fix
    Put the user into a group that has the policy; better, give a workload a role, and people a permission set of IAM
    Identity Center.

    ## Breaks
    Nothing, where the group grants the same: compare before the policy is detached.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "attached": [
        {"name": "ReadOnlyAccess", "arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}]}
    ```

    ## Good
    ```json
    {"groups": [{"name": "readers", "arn": "arn:aws:iam::111122223333:group/readers", "attached": [
       {"name": "ReadOnlyAccess", "arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}], "policies": [], "users": [
      {"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "groups": ["readers"], "attached": [
        {"name": "AWSCompromisedKeyQuarantineV3",
         "arn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}]}]}
    ```
    """
    found = _direct_policies(user, scene.account)
    if not found:
        return None
    return Hit(
        f"It carries {', '.join(found)}.",
        material=tuple(f"direct:{name}" for name in found),
        details={"policies": list(found), "privileged": is_privileged(user, scene.account)},
    )


def _direct_policies(user: User, account: Account) -> tuple[str, ...]:
    """The policies on the user itself that are more than the containment of an incident, read or not."""
    held = policies_of(account).identity(user).sources
    containing = {each.name for each in held if artefact(each) is not None and not cleared(each).policy.statements}
    attached = [f"policy {each.arn}" for each in user.attached if not is_quarantine(each.arn)]
    inline = [f"inline policy {each.name}" for each in user.inline]
    return tuple(sorted(name for name in (*attached, *inline) if name not in containing))
