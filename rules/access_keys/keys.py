"""Long-term access keys: each is a credential that works from anywhere until somebody stops it."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import active_access_keys, the_account
from scanner.inventory import AccessKey, Account, Gap, Undetermined, known
from scanner.shell import command, option

_CONTROLS = (*csf("PR.AA-01"), *well_architected("SEC02-BP05"), *attack(v18="T1078.004"))
_LISTS = (
    "iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport",
    "iam:ListAccessKeys",
)  # fmt: skip
_REFERENCES = ("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",)


class KeyAge(NoParameters, frozen=True):
    """Parameters of ``iam-access-key-age``: ``max_age_days`` is the age up to which an active key is accepted."""

    max_age_days: int = 90


@rule(
    "iam-access-key-age",
    severity="medium",
    phase="eradicate",
    subjects=active_access_keys,
    apis=_LISTS,
    controls=(*cis(v7="2.12", v5="1.13"), *_CONTROLS),
    references=_REFERENCES,
    parameters=KeyAge,
)
def iam_access_key_age(key: AccessKey, scene: Scene[KeyAge]) -> Hit | None:
    """An active access key is older than the limit.

    ## Why
    A key that lives for years has been in more laptops, pipelines and backups than anybody remembers, and a leak of
    long ago still works.

    ## Fix
    Replace the key by a role where the workload allows it. Otherwise make a second key, move the workload, deactivate
    this one, and delete it when nothing has failed for some weeks.

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
    return Hit(
        f"It is {age.days} days old; the limit is {limit.days}.",
        material=("access-key:older-than-limit",),
        details={"age_days": age.days, **_use(key)},
        commands=(_status(key, "Inactive"),),
        undo=(_status(key, "Active"),),
    )


class KeyUse(NoParameters, frozen=True):
    """Parameters of ``iam-access-key-never-used``: ``grace_days`` is the time that a new key has to be used."""

    grace_days: int = 45


@rule(
    "iam-access-key-never-used",
    severity="high",
    phase="eradicate",
    subjects=active_access_keys,
    apis=(*_LISTS, "iam:GetAccessKeyLastUsed"),
    controls=(*cis(v7="2.11", v5="1.11"), *_CONTROLS),
    references=_REFERENCES,
    parameters=KeyUse,
)
def iam_access_key_never_used(key: AccessKey, scene: Scene[KeyUse]) -> Hit | None:
    """An active access key was never used.

    ## Why
    Nobody would miss it, and nobody would notice its first use: the best key to steal, or one that was made to be found
    later.

    ## Fix
    Deactivate the key; delete it when nobody has asked for it within some weeks.

    ## Breaks
    Nothing that has ever run. A job that was prepared and has not run yet would need a new key.

    ## Bad
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2025-10-01T00:00:00Z"}]}]}
    ```

    ## Good
    ```json
    {"access_keys": [{"user": "ci", "keys": [
      {"id": "AKIAEXAMPLE1", "user": "ci", "status": "Active", "created": "2026-11-19T00:00:00Z"},
      {"id": "AKIAEXAMPLE2", "user": "ci", "status": "Active", "created": "2025-10-01T00:00:00Z",
       "last_used": "2025-10-02T00:00:00Z"}]}]}
    ```
    """
    age = scene.at - key.created
    if age <= timedelta(days=scene.parameters.grace_days) or known(key.last_used) is not None:
        return None
    return Hit(
        f"It was made {age.days} days ago and never used.",
        material=("access-key:never-used",),
        details={"age_days": age.days, "user": key.user},
        commands=(_status(key, "Inactive"),),
        undo=(_status(key, "Active"),),
    )


@rule(
    "iam-root-access-key",
    severity="critical",
    phase="contain",
    subjects=the_account,
    apis=("iam:GetAccountSummary",),
    controls=(*cis(v7="2.4", v5="1.3"), *csf("PR.AA-01"), *well_architected("SEC02-BP02"), *attack(v18="T1078.004")),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",),
)
def iam_root_access_key(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """The root user has an access key.

    ## Why
    No policy limits the root user of a stand-alone or management account: whoever has the key has everything, and
    neither a Deny nor a boundary stops it.

    ## Fix
    Sign in as root, look at what used the key last, deactivate it, then delete it. In an organization, manage root
    credentials centrally and remove them from the members.

    ## Breaks
    Scripts that run as root; there should be none.

    ## Bad
    ```json
    {"summary": {"kind": "account-summary", "counters": {"AccountAccessKeysPresent": 1}}}
    ```

    ## Good
    ```json
    {"summary": {"kind": "account-summary", "counters": {"AccountAccessKeysPresent": 0}}}
    ```
    """
    if not _has_root_key(account):
        return None
    return Hit("The account's root user has at least one access key.", material=("root:access-key",))


def _has_root_key(account: Account) -> bool:
    """What the counter says, which is live; without it, the report can prove a key, but not that there is none now."""
    if not isinstance(account.summary, Gap) and "AccountAccessKeysPresent" in account.summary.counters:
        return account.summary.counters["AccountAccessKeysPresent"] > 0
    if not isinstance(account.credential_report, Gap):
        roots = [row for row in account.credential_report.rows if row.is_root]
        if any(row.key_1_active or row.key_2_active for row in roots):
            return True
    known(account.summary)
    raise Undetermined("the account summary does not count the access keys of the root user")


def _status(key: AccessKey, status: str) -> str:
    words = (option("--user-name", key.user), option("--access-key-id", key.id))
    return " ".join((command("aws", "iam", "update-access-key", "--status", status), *words))


def _use(key: AccessKey) -> dict[str, object]:
    used = None if isinstance(key.last_used, Gap) else key.last_used
    return {
        "user": key.user,
        "last_used": msgspec.to_builtins(used),
        "last_used_service": key.last_used_service,
        "last_used_region": key.last_used_region,
    }
