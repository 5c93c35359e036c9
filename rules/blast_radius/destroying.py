"""Who can hold the data of the account to ransom."""

from __future__ import annotations

from functools import cache

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.least_privilege.standing import (
    Exposure,
    Held,
    exposure_of,
    held_on_everything,
    is_told_by_wildcard,
    surely_escalates,
)
from rules.principals import confidence_in, is_told_elsewhere, principals, settled
from rules.response.incident import incident
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.findings import Severity
from scanner.iam.escalation.graph import graph_of
from scanner.iam.grants import interest
from scanner.iam.powers import Power
from scanner.inventory import Account, Role, User

_BUCKET, _OBJECT = "s3:::{name}", "s3:::{name}/object"
_KEY = "kms:{region}:{account}:key/4c1f4c1f-0000-4000-8000-4c1f4c1f4c1f"

_DESTROYING = {
    "s3:DeleteObject": (_OBJECT, "delete objects"),
    "s3:DeleteObjectVersion": (_OBJECT, "delete older versions"),
    "s3:PutLifecycleConfiguration": (_BUCKET, "let everything expire"),
    "s3:PutBucketVersioning": (_BUCKET, "suspend versioning"),
    "kms:ScheduleKeyDeletion": (_KEY, "schedule keys for deletion"),
    "kms:DisableKey": (_KEY, "disable keys"),
    "kms:DeleteImportedKeyMaterial": (_KEY, "delete the material of keys"),
    "kms:PutKeyPolicy": (_KEY, "lock others out of keys"),
}
_UNDONE_BY_VERSIONS = {"s3:DeleteObject", "s3:PutBucketVersioning"}


@rule(
    "iam-can-destroy-data",
    severity="high",
    phase="eradicate",
    subjects=principals,
    apis=("iam:GetAccountAuthorizationDetails", "iam:ListAccessKeys"),
    controls=(
        *cis(v7="5.7", v5="4.7"),
        *csf("PR.DS-11"),
        *well_architected("SEC08-BP04"),
        *attack(v18="T1485"),
        *attack(v18="T1490"),
    ),
    references=(
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
    ),
)
def iam_can_destroy_data(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal that is no administrator can destroy data everywhere in the account.

    ## Why
    Who may delete the older versions too, let objects expire, or take the keys away leaves nothing to restore from, and
    asks for money. High with an active access key, or where instances carry the role; else medium. One step less where
    objects can be deleted but their older versions stay. Which buckets keep versions, lock them, or have a copy is not
    known here; that of the buckets of logs is, and they have rules of their own. Counted is what policies allow on
    everything, whatever it is called; policies of buckets and keys, and organization policies, can still restrict. Who
    is an administrator, surely can become one, is declared to be one, or may change the whole service by a wildcard has
    another finding, unless this one weighs more.

    ## Fix
    Name the buckets and keys; take away s3:DeleteObjectVersion, s3:PutLifecycleConfiguration, s3:PutBucketVersioning
    and the deletion of keys from everything that only works with data. Keep copies in another account, or lock them.

    ## Breaks
    Jobs that clean up; name their buckets.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "job", "arn": "arn:aws:iam::111122223333:role/job", "instance_profiles": ["job"],
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "clean", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"], "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "job", "arn": "arn:aws:iam::111122223333:role/job", "instance_profiles": ["job"],
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "clean", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
          "Resource": "arn:aws:s3:::scratch-*/*"}]}}]}]}
    ```
    """
    if is_told_elsewhere(principal, scene):
        return None
    power = graph_of(scene.account).landscape.power(principal.arn)
    found = _destroyed(power, scene.account)
    settled(power, fails=bool(found))
    if not found or surely_escalates(principal, scene.account):
        return None
    exposure = exposure_of(principal, scene.account)
    services = {held.action.partition(":")[0] for held in found}
    severity = _severity(found, exposure)
    if is_told_by_wildcard(power, scene.account, services, severity):
        return None
    if is_told_by_wildcard(power, scene.account, services, _severity(found, Exposure())):
        exposure.settle_pass()
    contained = incident(principal, scene)
    what = ", ".join(f"{_DESTROYING[held.action][1]} ({held.action})" for held in found)
    return Hit(
        f"On everything in the account it can {what}.{exposure.words}{contained.sentence}",
        material=tuple(f"destroys:{held.action}" for held in found),
        details={
            "actions": [msgspec.to_builtins(held) for held in found],
            "active_access_keys": exposure.known_keys,
            "instance_profiles": exposure.profiles,
            "incident": contained.evidence,
        },
        severity=severity,
        confidence=confidence_in(power, certain=any(held.certain for held in found)),
    )


@cache
def _mask() -> int:
    return interest().mask(_DESTROYING)


@cache
def _asked() -> tuple[tuple[int, str, str], ...]:
    """The bit of each action, the action, and the form of what it is done to."""
    return tuple((interest().mask([action]), action, form) for action, (form, _) in _DESTROYING.items())


def _destroyed(power: Power, account: Account) -> list[Held]:
    able = power.potential & _mask()
    if not able:
        return []
    found = [held_on_everything(power, account, action, form) for bit, action, form in _asked() if able & bit]
    return [held for held in found if held is not None]


def _severity(found: list[Held], exposure: Exposure) -> Severity:
    if {held.action for held in found} <= _UNDONE_BY_VERSIONS:
        return exposure.graded("medium", "low")
    return exposure.graded("high", "medium")
