"""Long-term access keys: each is a credential that works from anywhere until somebody stops it."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from rules.access_keys.holders import holders_of, material, told, weighed
from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.subjects import active_access_keys
from scanner.inventory import AccessKey, Gap
from scanner.shell import command, option

CONTROLS = (*csf("PR.AA-01"), *well_architected("SEC02-BP05"), *attack(v18="T1078.004"))
LISTS = (
    "iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport",
    "iam:ListAccessKeys",
)  # fmt: skip
REFERENCES = ("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",)


class KeyAge(NoParameters, frozen=True):
    """Parameters of ``iam-access-key-age``: ``max_age_days`` is the age up to which an active key is accepted."""

    max_age_days: NotNegative = 90


@rule(
    "iam-access-key-age",
    severity="medium",
    phase="eradicate",
    subjects=active_access_keys,
    apis=LISTS,
    controls=(*cis(v7="2.12", v5="1.13"), *CONTROLS),
    references=REFERENCES,
    parameters=KeyAge,
)
def iam_access_key_age(key: AccessKey, scene: Scene[KeyAge]) -> Hit | None:
    """An active access key is older than the limit.

    ## Why
    A key that lives for years has been in more laptops, pipelines and backups than anybody remembers, and a leak of
    long ago still works.

    ## Fix
    Replace the key by a role where the workload allows it. Otherwise make a second key, move the workload, deactivate
    this one, and delete it when nothing has failed for some weeks. High where the user is privileged.

    ## Breaks
    Everything that still signs with this key; where it was used last is in the evidence.

    ## Bad
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2025-01-01T00:00:00Z",
       "last_used": "2026-11-01T00:00:00Z"}]}]}
    ```

    ## Good
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Inactive", "created": "2025-01-01T00:00:00Z"},
      {"id": "AKIAEXAMPLE2", "user": "ci", "status": "Active", "created": "2026-10-01T00:00:00Z"}]}]}
    ```
    """
    age, limit = scene.at - key.created, timedelta(days=scene.parameters.max_age_days)
    if age <= limit:
        return None
    reach = holders_of(scene.account).reach_of(key.user)
    return Hit(
        f"It is {age.days} days old; the limit is {limit.days}.{told(reach)}",
        material=("access-key:older-than-limit", *material(reach)),
        details={"age_days": age.days, "holder": reach, **use_of(key)},
        severity=weighed(reach, "high"),
        commands=(set_status(key, "Inactive"),),
        undo=(set_status(key, "Active"),),
    )


def set_status(key: AccessKey, status: str) -> str:
    """The command that gives a key a status."""
    words = (option("--user-name", key.user), option("--access-key-id", key.id))
    return " ".join((command("aws", "iam", "update-access-key", "--status", status), *words))


def use_of(key: AccessKey) -> dict[str, object]:
    """When and for what a key was used last, as evidence."""
    used = None if isinstance(key.last_used, Gap) else key.last_used
    return {
        "user": key.user,
        "last_used": msgspec.to_builtins(used),
        "last_used_service": key.last_used_service,
        "last_used_region": key.last_used_region,
    }
