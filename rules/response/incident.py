"""The state of an incident: policies that lie on a principal to contain it, and how rules tell of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.principals import active_keys
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import users
from scanner.iam.artefacts import Artefact, is_quarantine
from scanner.iam.powers import power_of
from scanner.iam.sources import policies_of
from scanner.inventory import Role, User

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


class Incident(msgspec.Struct, frozen=True):
    """What of an incident lies on a principal.

    Attributes:
        evidence: one entry for each policy: ``kind``, ``source``, and of a revocation ``cutoff`` and ``age_days``.
        sentence: what a reader has to know of it, beginning with a space; empty where there is nothing.
    """

    evidence: list[dict[str, object]]
    sentence: str


def incident(principal: User | Role, scene: Scene[Any]) -> Incident:
    """The policies of an incident on a principal, as evidence and in words."""
    found = power_of(principal, policies_of(scene.account)).artefacts
    if not found:
        return Incident([], "")
    holding = [each.source for each in found if each.kind != "session revocation"]
    revoking = [each for each in found if each.kind == "session revocation"]
    sentence = f" At present it is held back by {', '.join(holding)}." if holding else ""
    sentence += "".join(f" A revocation is active since {shown(each.since)}, by {each.source}." for each in revoking)
    return Incident([told(each, scene.at) for each in found], sentence)


def told(found: Artefact, at: datetime) -> dict[str, object]:
    """A policy of an incident as evidence, with the age of a revocation."""
    evidence: dict[str, object] = {"kind": found.kind, "source": found.source}
    if found.since is not None:
        # A cutoff lies some seconds ahead of the call that sets it.
        evidence |= {"cutoff": shown(found.since), "age_days": max((at - found.since).days, 0)}
    return evidence


def shown(when: datetime | None) -> str:
    """A time in words, in UTC."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if when else "an unknown time"


@rule(
    "iam-user-key-quarantined",
    severity="critical",
    phase="contain",
    subjects=users,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*csf("DE.AE-08"), *well_architected("SEC10-BP04"), *attack(v18="T1552.001")),
    references=(f"{_GUIDE}id_credentials_access-keys.html", f"{_GUIDE}security-creds-programmatic-access.html"),
)
def iam_user_key_quarantined(user: User, scene: Scene[NoParameters]) -> Hit | None:
    """AWS has quarantined a user because its key was found in public.

    ## Why
    AWS attaches AWSCompromisedKeyQuarantine to a user whose access key it found in public code. The policy denies what
    is used for fraud, and contains nothing: reading secrets, parameters, tables and buckets, assuming roles, and for a
    user who may change IAM taking the quarantine off again all stay as they were.

    ## Fix
    Take it for a leaked credential: deactivate every key of the user, deny it everything, look in CloudTrail for what
    was done with the key since it became public, and only then detach the quarantine.

    ## Breaks
    Whatever still signs with the key, which whoever found it can do as well.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "attached": [
        {"name": "AWSCompromisedKeyQuarantineV3",
         "arn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "attached": [
        {"name": "AWSCompromisedKeyQuarantineV3",
         "arn": "arn:aws:iam::111122223333:policy/AWSCompromisedKeyQuarantineV3"}]}]}
    ```
    """
    found = sorted(policy.arn for policy in user.attached if is_quarantine(policy.arn))
    if not found:
        return None
    return Hit(
        f"AWS attached {', '.join(found)} to it: a key of it was found in public.",
        material=tuple(f"quarantine:{arn}" for arn in found),
        details={"policies": found, "active_access_keys": active_keys(user, scene.account)},
    )
