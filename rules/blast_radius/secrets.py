"""Who can read every secret of the account with a credential that is easy to steal."""

from __future__ import annotations

from functools import cache

import msgspec

from rules.frameworks import attack, csf, well_architected
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

_READING = {
    "secretsmanager:GetSecretValue": "secretsmanager:{region}:{account}:secret:{name}",
    "kms:Decrypt": "kms:{region}:{account}:key/4c1f4c1f-0000-4000-8000-4c1f4c1f4c1f",
    "ssm:GetParameter": "ssm:{region}:{account}:parameter/{name}",
    "ssm:GetParameters": "ssm:{region}:{account}:parameter/{name}",
    "ssm:GetParametersByPath": "ssm:{region}:{account}:parameter/{name}",
    "ssm:GetParameterHistory": "ssm:{region}:{account}:parameter/{name}",
}
_WORDS = {
    "secretsmanager": "every secret of Secrets Manager",
    "kms": "what any key of KMS encrypted",
    "ssm": "every parameter of Systems Manager",
}


@rule(
    "iam-can-read-all-secrets",
    severity="high",
    phase="contain",
    subjects=principals,
    apis=("iam:GetAccountAuthorizationDetails", "iam:ListAccessKeys"),
    controls=(*csf("ID.RA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1555.006")),
    references=(
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access.html",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/iam-policies-best-practices.html",
    ),
)
def iam_can_read_all_secrets(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A user or an instance can read every secret of the account.

    ## Why
    One leaked key, or one flaw of a program on an instance, and every password and token that lies in the account has
    to be changed, since nobody can say which of them the thief took. High with an active access key, or where an
    instance carries the role; medium for a user without a key. Parameters alone weigh less (medium and low): most are
    no secrets, and AmazonSSMManagedInstanceCore of AWS lets every instance read them; but the key that AWS makes for
    Parameter Store decrypts for whoever may read the parameter. Counted is what policies allow on everything of a kind,
    whatever it is called; policies of single secrets and keys, and organization policies, can still restrict. Other
    roles are passed over. Who is an administrator, surely can become one, is declared to be one, or may change the
    whole service by a wildcard has another finding, unless this one weighs more.

    ## Fix
    Name the secrets by a prefix (secret:app-*, parameter/app/*) or by a tag, and the keys by their ARN, or by
    kms:ViaService where a service decrypts. For instances replace AmazonSSMManagedInstanceCore by a policy of your own
    without ssm:GetParameter and ssm:GetParameters.

    ## Breaks
    Programs that read a secret which nobody wrote down: look for GetSecretValue and Decrypt events in CloudTrail.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "read", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": "*"}]}}]}],
     "access_keys": [{"user": "ci", "keys": [
       {"id": "AKIAIOSFODNN7EXAMPLE", "user": "ci", "status": "Active", "created": "2026-01-01T00:00:00Z"}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "read", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "secretsmanager:Get*",
           "Resource": "arn:aws:secretsmanager:*:111122223333:secret:ci-*"}]}}]}],
     "access_keys": [{"user": "ci", "keys": [
       {"id": "AKIAIOSFODNN7EXAMPLE", "user": "ci", "status": "Active", "created": "2026-01-01T00:00:00Z"}]}]}
    ```
    """
    if (isinstance(principal, Role) and not principal.instance_profiles) or is_told_elsewhere(principal, scene):
        return None
    power = graph_of(scene.account).landscape.power(principal.arn)
    found = _read(power, scene.account)
    settled(power, fails=bool(found))
    if not found or surely_escalates(principal, scene.account):
        return None
    exposure = exposure_of(principal, scene.account)
    services = {held.action.partition(":")[0] for held in found}
    severity = _severity(services, exposure)
    if is_told_by_wildcard(power, scene.account, services, severity):
        return None
    if is_told_by_wildcard(power, scene.account, services, _severity(services, Exposure())):
        exposure.settle_pass()
    contained = incident(principal, scene)
    what = ", and ".join(_WORDS[service] for service in _WORDS if service in services)
    return Hit(
        f"It can read {what}{_where(found)}.{exposure.words}{contained.sentence}",
        material=tuple(sorted(f"reads:{service}" for service in services)),
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
    return interest().mask(_READING)


@cache
def _asked() -> tuple[tuple[int, str, str], ...]:
    """The bit of each action, the action, and the form of what it reads."""
    return tuple((interest().mask([action]), action, form) for action, form in _READING.items())


def _read(power: Power, account: Account) -> list[Held]:
    able = power.potential & _mask()
    if not able:
        return []
    found = [held_on_everything(power, account, action, form) for bit, action, form in _asked() if able & bit]
    return [held for held in found if held is not None]


def _where(found: list[Held]) -> str:
    regions = sorted({held.region for held in found})
    return "" if "" in regions else f" in {', '.join(regions)}"


def _severity(services: set[str], exposure: Exposure) -> Severity:
    return exposure.graded("medium", "low") if services == {"ssm"} else exposure.graded("high", "medium")
