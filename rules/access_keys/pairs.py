"""Keys that need not be there: a second one, and one that came with the user."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from rules.access_keys.holders import holders_of, material, told, weighed
from rules.access_keys.keys import LISTS, REFERENCES, set_status
from rules.access_keys.unused import is_for_emergencies
from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, NotNegative, Scene, Subject, Unread, rule
from scanner.engine.subjects import active_access_keys
from scanner.findings import Resource
from scanner.inventory import AccessKey, Account, Gap, NotCollected, Undetermined, UserKeys, known

_CONTROLS = (*csf("PR.AA-01"), *well_architected("SEC02-BP05"))
_TOGETHER = timedelta(minutes=1)
"""How far apart the report may put a user and the key that was made with it."""


class Rotation(NoParameters, frozen=True):
    """Parameters of ``iam-access-key-two-active``: ``rotation_days`` is the time that a change of keys may take."""

    rotation_days: NotNegative = 14


def _holders(account: Account) -> Iterator[Subject[UserKeys] | Unread]:
    """The users who have an active key, and those whose keys were not read."""
    for holder in known(account.access_keys):
        arn = holders_of(account).arn_of(holder.user)
        resource = Resource(arn, "AWS::IAM::User", holder.user, account.account_id)
        if isinstance(holder.keys, Gap):
            yield Unread(resource, holder.keys)
        elif any(key.is_active for key in holder.keys):
            yield Subject(resource, holder)


@rule(
    "iam-access-key-two-active",
    severity="medium",
    phase="contain",
    subjects=_holders,
    apis=LISTS,
    controls=(*cis(v5="1.12"), *_CONTROLS, *attack(v18="T1098.001")),
    references=REFERENCES,
    parameters=Rotation,
)
def iam_access_key_two_active(holder: UserKeys, scene: Scene[Rotation]) -> Hit | None:
    """A user has had two active access keys for longer than a change of keys takes.

    ## Why
    One of them is the key of the workload; the other was forgotten after a change, or was made by a thief, who adds a
    key of his own before anybody deactivates the first. Where two keys are normal, that one does not stand out.

    ## Fix
    See in CloudTrail which of the two is used, and from where; deactivate the other.

    ## Breaks
    Whatever still signs with the key that is deactivated: its last use is in the evidence.

    ## Bad
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2026-09-01T00:00:00Z"},
      {"id": "AKIAEXAMPLE2", "user": "ci", "status": "Active", "created": "2026-10-01T00:00:00Z"}]}]}
    ```

    ## Good
    ```json
    {"access_keys": [
      {"user": "ci", "keys": [
        {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2026-09-01T00:00:00Z"},
        {"id": "AKIAEXAMPLE2", "user": "ci", "status": "Active", "created": "2026-11-15T00:00:00Z"}]},
      {"user": "old", "keys": [
        {"id": "AKIAEXAMPLE3", "user": "old", "status": "Inactive", "created": "2026-09-01T00:00:00Z"},
        {"id": "AKIAEXAMPLE4", "user": "old", "status": "Active", "created": "2026-10-01T00:00:00Z"}]}]}
    ```
    """
    active = sorted((key for key in known(holder.keys) if key.is_active), key=lambda key: (key.created, key.id))
    if len(active) < 2:
        return None
    together, limit = scene.at - active[-1].created, timedelta(days=scene.parameters.rotation_days)
    if together <= limit:
        return None
    return Hit(
        f"{' and '.join(key.id for key in active)} have both been active for {together.days} days; "
        f"a change of keys may take {limit.days}.",
        material=tuple(f"access-key:{key.id}" for key in active),
        details={"keys": [_told(key) for key in active], "days": together.days},
    )


def _told(key: AccessKey) -> dict[str, object]:
    used = None if isinstance(key.last_used, Gap) else key.last_used
    return {"id": key.id, "created": key.created.isoformat(), "last_used": used.isoformat() if used else None}


@rule(
    "iam-access-key-set-up-unused",
    severity="medium",
    phase="eradicate",
    subjects=active_access_keys,
    apis=(*LISTS, "iam:GetAccessKeyLastUsed"),
    controls=(*cis(v5="1.10"), *_CONTROLS, *attack(v18="T1078.004")),
    references=REFERENCES,
)
def iam_access_key_set_up_unused(key: AccessKey, scene: Scene[NoParameters]) -> Hit | None:
    """An access key was made together with a console user and has never been used.

    ## Why
    Whoever set the user up ticked a box. The key is in a downloaded file or a mail, its owner signs in with a password
    and does not know of it, and its first use will be by somebody else. High where the user is privileged.

    ## Fix
    Deactivate the key, then delete it. Whoever needs one makes it when it is needed.

    ## Breaks
    Nothing that has ever run.

    ## Bad
    ```json
    {"users": [{"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "created": "2026-11-01T10:00:00Z"}],
     "groups": [], "policies": [],
     "credential_report": {"kind": "credential-report", "rows": [
       {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]},
     "access_keys": [{"user": "ann", "keys": [
       {"id": "AKIAEXAMPLE1", "user": "ann", "status": "Active", "created": "2026-11-01T10:00:20Z"}]}]}
    ```

    ## Good
    ```json
    {"users": [{"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "created": "2026-11-01T10:00:00Z"}],
     "groups": [], "policies": [],
     "credential_report": {"kind": "credential-report", "rows": [
       {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]},
     "access_keys": [{"user": "ann", "keys": [
       {"id": "AKIAEXAMPLE1", "user": "ann", "status": "Active", "created": "2026-11-03T10:00:00Z"}]}]}
    ```
    """
    if (key.last_used is None or isinstance(key.last_used, Gap)) and _came_with_user(key, scene.account):
        if is_for_emergencies(key, scene):
            return None
        if isinstance(key.last_used, Gap):
            raise NotCollected(key.last_used)
        reach = holders_of(scene.account).reach_of(key.user)
        return Hit(
            f"It was made with its user, who signs in with a password, and never used.{told(reach)}",
            material=("access-key:set-up-unused", *material(reach)),
            details={"user": key.user, "created": key.created.isoformat(), "holder": reach},
            severity=weighed(reach, "high"),
            commands=(set_status(key, "Inactive"),),
            undo=(set_status(key, "Active"),),
        )
    return None


def _came_with_user(key: AccessKey, account: Account) -> bool:
    """Whether the key is as old as its user, and the user has a password.

    Raises:
        Undetermined: one of the two is not known.
    """
    holders = holders_of(account)
    known(account.users)
    user = holders.users.get(key.user)
    if user is None or user.created is None:
        raise Undetermined(f"the snapshot does not hold when {key.user} was made")
    if abs(key.created - user.created) > _TOGETHER:
        return False
    row = holders.rows.get(user.arn)
    if row is None or row.password_enabled is None:
        raise Undetermined(f"the credential report does not say whether {key.user} has a password")
    return row.password_enabled
